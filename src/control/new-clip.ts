import { type UtcMs, utcMs } from '../media/time.ts'
import { type Clip, newEdition } from '../model/clip.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ControlContext } from './control-context.ts'

/** How often the content of a new clip is looked up, until retention has deleted none of it meanwhile. */
const CREATE_TRIES = 3

/** A clip that is asked for, of the first of these endpoints that has a format, or of any. */
export type NewClip = Pick<Clip, 'id' | 'startTime' | 'endTime' | 'start' | 'end' | 'cut'> & {
  readonly endpoints: readonly OriginEndpoint[]
  readonly originEndpointId?: string
  readonly expiresAt?: UtcMs
  readonly ruleId?: string
}

type Refusal = 'duplicate' | 'no-endpoint' | 'clip-quota' | 'byte-quota' | 'content-deleted'

/** Stores a clip. `seenUntil` is a moment that is certainly in the past. Throws RuleViolation for its content. */
export async function storeClip(
  { resources, clips, clock, limits }: Pick<ControlContext, 'resources' | 'clips' | 'clock' | 'limits'>,
  { endpoints, ...asked }: NewClip,
  seenUntil: UtcMs = utcMs(0),
): Promise<Clip | Refusal> {
  const { channelId, channelGuid } = endpoints[0]!
  const { start, end } = asked
  for (let tries = 1; ; tries++) {
    const now = clock()
    const span = { start, end }
    const { shown, ...content } = await clips.content({ endpoints, span, now: utcMs(Math.max(now, seenUntil)) })
    const times = { createdAt: now, modifiedAt: now, revision: 1, edition: newEdition(now) }
    const clip: Clip = { ...asked, channelId, channelGuid, ...content, ...times }
    const quotas = { maxClips: limits.maxClips, maxBytes: limits.maxClipBytes }
    const result = await resources.createClip(clip, quotas, shown)
    if (result === 'created') return clip
    if (result !== 'content-deleted' || tries === CREATE_TRIES) return result
  }
}
