import { isoDateTime, utcMs } from '../../media/time.ts'
import type { HarvestJob } from '../../model/harvest-job.ts'
import type { SummaryWindow } from '../../model/output-segment.ts'
import { type ContentKeys, withKeys } from '../../packaging/content-keys.ts'
import type { ExactEdges } from '../../packaging/exact/exact-edges.ts'
import type { Resources } from '../../stores/resources.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'

/**
 * Throws HarvestFailed where a job would write in the clear, without having asked for that, what an endpoint encrypts
 * by now: jobs keep the endpoint as it was when they were created.
 */
export async function checkStillClear(
  { endpoint, otherEndpoints = [], options }: Pick<HarvestJob, 'endpoint' | 'otherEndpoints' | 'options'>,
  resources: Pick<Resources, 'originEndpointById'>,
): Promise<void> {
  if (endpoint.packaging.encryption || options?.encryption === 'NONE') return
  for (const { id } of [endpoint, ...otherEndpoints]) {
    // Also one of the same id that has taken the place of a deleted one.
    const now = await resources.originEndpointById(id)
    if (!now?.packaging.encryption) continue
    const message = `Origin endpoint ${id} has been encrypted since the job was created, and the asset would be in the clear.`
    throw new HarvestFailed('EncryptedSince', message)
  }
}

/**
 * The summary of a window with what is public of the keys of its segments, where its endpoint is encrypted. Throws
 * NoContentKey.
 */
export async function keyedSummary(
  { endpoint }: Pick<HarvestJob, 'endpoint'>,
  { summary }: Pick<HarvestWindow, 'summary'>,
  edges: Pick<ExactEdges, 'segments'> | undefined,
  keys: Pick<ContentKeys, 'describe'>,
): Promise<SummaryWindow> {
  // A segment that begins later is encrypted by the key of that moment.
  const begun = [...(edges?.segments.values() ?? [])].filter((edge) => edge !== undefined)
  return withKeys(endpoint, summary, keys, begun)
}

/** How an asset is encrypted, for its report: which keys it needs, and when; never the keys. None in the clear. */
export function encryptionEntry({ endpoint }: Pick<HarvestJob, 'endpoint'>, { keys }: Pick<SummaryWindow, 'keys'>) {
  const { encryption } = endpoint.packaging
  if (!encryption || !keys) return {}
  const { method, keyRotationIntervalSeconds: seconds } = encryption
  const dateOf = (period: number) => isoDateTime(utcMs(period * seconds * 1000))
  const keyPeriods = [...keys].map(([period, described]) => ({
    ...(seconds > 0 && { keyPeriod: period, startTime: dateOf(period), endTime: dateOf(period + 1) }),
    keys: described.map(({ trackType, kid }) => ({ trackType, keyId: kid })),
  }))
  return { encryption: { method, keyPeriods } }
}
