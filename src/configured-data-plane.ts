import type { Config } from './config/config.ts'
import { openCdnIdentifiers } from './configured-secrets.ts'
import { nginxAccel } from './http/accel.ts'
import type { Mount } from './http/handler.ts'
import { createIngest, type IngestDeps } from './ingest/ingest.ts'
import type { IngressObserver } from './ingest/ingress.ts'
import type { EgressObserver } from './origin/egress.ts'
import { ManifestWorker } from './origin/manifests/worker.ts'
import { createOrigin, type OriginDeps } from './origin/origin.ts'
import type { Viewer } from './origin/viewer.ts'
import { periodically } from './periodic.ts'
import type { Failed, Stopping } from './stopping.ts'

/** Interval at which MP4 files are freed that viewers no longer request. */
const MOVIES_MS = 10_000

type Deps = Omit<
  IngestDeps & OriginDeps,
  'accel' | 'identifiers' | 'limits' | 'manifestWorker' | 'missesPerSecond' | 'movieLimits' | 'observers'
> & {
  /** What reads anew when the process is told to. */
  readonly reloaders: (() => Promise<void> | void)[]
  readonly heardBy: { readonly egress: readonly EgressObserver[]; readonly ingress: readonly IngressObserver[] }
}

/** Where encoders send and players ask; `viewer` sees what players do, where there are any. */
export type DataPlane = { readonly mounts: readonly Mount[]; readonly viewer: Viewer | undefined }

/** Opens the data plane, as far as this process has the roles for it. */
export async function startDataPlane(
  config: Config,
  { heardBy, reloaders, ...deps }: Deps,
  { closers }: Pick<Stopping, 'closers'>,
  failed: Failed,
): Promise<DataPlane> {
  const mounts: Mount[] = []
  let viewer: Viewer | undefined
  if (config.roles.has('ingest')) {
    const ingest = createIngest({
      ...deps,
      observers: heardBy.ingress,
      limits: {
        maxSegmentBytes: config.maxSegmentBytes,
        requestsPerSecond: config.ingestRequestsPerSecond,
        requestBurst: 2 * config.ingestRequestsPerSecond,
        nonceLifetimeMs: config.nonceLifetimeMs,
      },
    })
    closers.push(() => ingest.close())
    mounts.push(ingest)
  }
  if (config.roles.has('origin')) {
    const { clock: steady, log } = deps
    const identifiers = await openCdnIdentifiers(config, { steady, log, reloaders }, { closers })
    const manifestWorker = new ManifestWorker(deps.contentKeys, steady)
    closers.push(() => manifestWorker.close())
    const origin = createOrigin({
      ...deps,
      identifiers,
      accel: config.accel && nginxAccel(deps.clients),
      missesPerSecond: config.playbackMissesPerSecond,
      observers: heardBy.egress,
      memoryCacheBytes: config.memoryCacheBytes,
      manifestWorker,
      movieLimits: {
        isAllowed: config.mp4OnRequest,
        longestMs: config.maxMp4DurationMs,
        atOnce: config.maxMp4Requests,
        atOncePerClient: config.maxMp4RequestsPerAddress,
        tableBytes: config.mp4TablesBytes,
      },
    })
    closers.push(() => origin.close())
    closers.push(periodically(MOVIES_MS, async () => origin.tick(), failed('freeing MP4 files')))
    mounts.push(origin)
    viewer = origin.viewer
  }
  return { mounts, viewer }
}
