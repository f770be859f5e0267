import type { UtcMs } from '../media/time.ts'
import type { Tags } from './channel.ts'
import type { Packaging } from './packaging.ts'

/** An origin endpoint, independent of the API that created it; defaults are filled in. */
export type OriginEndpoint = {
  /** 32 hex digits; names the endpoint in its ARN and playback URLs. */
  readonly guid: string
  readonly id: string
  readonly channelId: string
  readonly channelGuid: string
  readonly description?: string
  /** Name of manifests that have none of their own; harvests also name the source's streams after it. */
  readonly manifestName: string
  readonly startoverWindowSeconds: number
  readonly timeDelaySeconds: number
  /** IPv4 CIDR blocks; empty means everyone. */
  readonly whitelist: readonly string[]
  readonly origination: 'ALLOW' | 'DENY'
  readonly authorization?: { readonly cdnIdentifierSecret: string; readonly secretsRoleArn: string }
  readonly packaging: Packaging
  readonly tags: Tags
  readonly createdAt: UtcMs
  /** When the configuration last changed; becomes `?m=` on segment URLs. */
  readonly modifiedAt: UtcMs
  readonly revision: number
}

/** The settings of an origin endpoint that a client can set and later replace. */
export type EndpointSettings = Pick<
  OriginEndpoint,
  | 'description'
  | 'manifestName'
  | 'startoverWindowSeconds'
  | 'timeDelaySeconds'
  | 'whitelist'
  | 'origination'
  | 'authorization'
  | 'packaging'
>

/** What the longest live window and what is held back of it take together, seconds. */
const LONGEST_LIVE_WINDOW = 600

/**
 * How far back the content of an endpoint's channel is needed for it, in seconds; 0 where live viewing alone decides.
 */
export function keptSeconds({
  startoverWindowSeconds,
  timeDelaySeconds,
}: Pick<OriginEndpoint, 'startoverWindowSeconds' | 'timeDelaySeconds'>): number {
  return Math.max(startoverWindowSeconds, timeDelaySeconds === 0 ? 0 : timeDelaySeconds + LONGEST_LIVE_WINDOW)
}

/** The endpoint's packaging, narrowed to a container. Throws when it is in another container. */
export function packagingIn<C extends Packaging['container']>(
  { id, packaging }: OriginEndpoint,
  container: C,
): Extract<Packaging, { readonly container: C }> {
  if (!isIn(packaging, container)) throw new Error(`origin endpoint ${id} is packaged as ${packaging.container}`)
  return packaging
}

function isIn<C extends Packaging['container']>(
  packaging: Packaging,
  container: C,
): packaging is Extract<Packaging, { readonly container: C }> {
  return packaging.container === container
}
