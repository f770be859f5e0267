import { statfs } from 'node:fs/promises'
import type { MachineClocks } from './clock.ts'
import type { Config } from './config/config.ts'
import { addressText } from './config/value-kind.ts'
import { expiring } from './configured-tls.ts'
import type { ProcessStatus } from './control/status.ts'
import type { Mount } from './http/handler.ts'
import { answering, healthMounts, type ReadinessCheck, unlessStopping } from './http/health.ts'
import type { Listeners } from './http/listeners.ts'
import type { Certificates } from './tls/certificates.ts'

/** A disk is full with less than this free, or less than this part of it: a segment may not fit any more. */
const [LEAST_BYTES, LEAST_PART] = [16 * 2 ** 20, 1 / 16]

type Deps = {
  readonly version: string
  readonly machine: MachineClocks
  /** By name, what must answer for the process to be ready. */
  readonly services: Readonly<Record<string, () => Promise<unknown>>>
  readonly certificates: Certificates | undefined
  readonly listeners: Listeners
  readonly hasBegunToStop: AbortSignal
}

/** `/healthz` and `/readyz`, and what the API tells of this process. */
export function configuredHealth(
  config: Config,
  deps: Deps,
): { readonly mounts: readonly Mount[]; readonly status: () => Promise<ProcessStatus> } {
  const { version, machine, certificates, listeners, hasBegunToStop } = deps
  const startedAt = machine.wall()
  const began = machine.monotonic()
  const check = unlessStopping(readiness(config, deps), hasBegunToStop)
  return {
    mounts: healthMounts(check, () => (certificates ? expiring(certificates, machine.wall) : [])),
    async status() {
      return {
        version,
        startedAt,
        uptimeSeconds: Math.floor((machine.monotonic() - began) / 1000),
        roles: [...config.roles],
        listeners: listeners.opened.map(({ name, tls, ...address }) => ({ name, address: addressText(address), tls })),
        unready: await check(),
        certificates: (certificates?.pairs ?? []).map(({ files, names, validFrom, validUntil }) => ({
          file: files.certificate,
          names,
          validFrom,
          validUntil,
        })),
      }
    },
  }
}

function readiness(
  { archiveBucket, dataFolder }: Pick<Config, 'archiveBucket' | 'dataFolder'>,
  { services, machine }: Pick<Deps, 'services' | 'machine'>,
): ReadinessCheck {
  // A node keeps nothing in its folder that it needs.
  if (archiveBucket !== undefined) return answering(services, machine.monotonic)
  let full = false
  const disk = async () => {
    full = await isFull(dataFolder)
  }
  // One look for all who ask meanwhile: where a disk does not answer, each takes a thread of Node's pool.
  const answers = answering({ ...services, 'the disk of the data folder': disk }, machine.monotonic)
  return async () => {
    const away = await answers()
    return full ? [...away, 'the disk of the data folder is full'] : away
  }
}

async function isFull(folder: string): Promise<boolean> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return bavail * bsize < Math.min(LEAST_BYTES, blocks * bsize * LEAST_PART)
}
