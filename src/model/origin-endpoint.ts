import type { UtcMs } from '../media/time.ts'
import type { Tags } from './channel.ts'
import type { Packaging } from './packaging.ts'

/** An origin endpoint, independent of the API that created it; defaults are filled in. */
export type OriginEndpoint = {
  /** 32 hexadecimal digits that identify the endpoint in its ARN and playback URLs. */
  readonly guid: string
  readonly id: string
  readonly channelId: string
  readonly channelGuid: string
  readonly description?: string
  /** Name of manifests that have none of their own; harvests also use it in the names of the source's streams. */
  readonly manifestName: string
  readonly startoverWindowSeconds: number
  readonly timeDelaySeconds: number
  /** IPv4 CIDR blocks; empty admits everyone. */
  readonly whitelist: readonly string[]
  readonly origination: 'ALLOW' | 'DENY'
  readonly authorization?: { readonly cdnIdentifierSecret: string; readonly secretsRoleArn: string }
  readonly packaging: Packaging
  readonly tags: Tags
  readonly createdAt: UtcMs
  /** Time of the last change of the configuration; it becomes `?m=` on segment URLs. */
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

/** Seconds of the longest live window, including content that is held back. */
const LONGEST_LIVE_WINDOW = 600

/** Seconds of past content of its channel that an endpoint needs; 0 when live viewing alone decides. */
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
