import { type Deliverable, type DeliverableKind, isPresentation } from './deliverable.ts'
import type { Encryption } from './encryption.ts'
import { type HarvestOptions, ownKindOf } from './harvest-job.ts'
import type { OriginEndpoint } from './origin-endpoint.ts'
import type { Packaging } from './packaging.ts'
import { refuse } from './rules.ts'

type Packaged = Pick<OriginEndpoint, 'packaging'>

/** The endpoint as if it were in the clear. */
export function inTheClear<Endpoint extends Packaged>(endpoint: Endpoint): Endpoint {
  return withEncryption(endpoint, undefined)
}

/** The endpoint with another encryption, which has to be one of its container; undefined for none. */
export function withEncryption<Endpoint extends Packaged>(endpoint: Endpoint, encryption?: Encryption): Endpoint {
  const { encryption: _, ...packaging } = endpoint.packaging
  return { ...endpoint, packaging: { ...packaging, ...(encryption && { encryption }) } as Packaging }
}

/** The endpoint as the assets of jobs with these options present it. */
export function assetEndpoint<Endpoint extends Packaged>(endpoint: Endpoint, options?: HarvestOptions): Endpoint {
  return options?.encryption === 'NONE' ? inTheClear(endpoint) : endpoint
}

/**
 * True for what would show in the clear what an encrypted endpoint encrypts: everything with pictures or sound but the
 * endpoint's own presentation, since keys are given, and signalled, for that alone.
 */
export function isInTheClear(endpoint: Packaged, kind: DeliverableKind): boolean {
  if (!endpoint.packaging.encryption || kind === ownKindOf(endpoint)) return false
  return kind !== 'SUBTITLES' && kind !== 'METADATA'
}

/** Throws RuleViolation for deliverables of an encrypted endpoint that would be in the clear, unless all is to be. */
export function checkAsServed(endpoint: Pick<OriginEndpoint, 'id' | 'packaging'>, options?: HarvestOptions): void {
  if (options?.encryption === 'NONE') return
  for (const [i, deliverable] of (options?.deliverables ?? []).entries()) {
    if (!isInTheClear(endpoint, deliverable.kind)) continue
    refuse(`deliverables[${i}]`, reasonFor(deliverable, endpoint))
  }
}

function reasonFor(deliverable: Deliverable, endpoint: Pick<OriginEndpoint, 'id' | 'packaging'>): string {
  const { kind } = deliverable
  const own = ownKindOf(endpoint)
  const keys = isPresentation(deliverable) ? `, because the keys of ${endpoint.id} are for ${own} alone` : ''
  const rule = `must not be of kind ${kind}: it would be in the clear${keys}, and ${endpoint.id} is encrypted`
  return `${rule}; encryption: NONE allows that`
}

/**
 * Throws RuleViolation for ranges of several endpoints of which one is encrypted: an asset has the keys of one, and who
 * may watch that need not be allowed to watch another. `endpoints` are those of the ranges, in their order.
 */
export function checkRangesAsServed(
  endpoints: readonly Pick<OriginEndpoint, 'id' | 'packaging'>[],
  options?: HarvestOptions,
): void {
  if (options?.encryption === 'NONE') return
  const encrypted = endpoints.find(({ packaging }) => packaging.encryption)
  const other = endpoints.findIndex(({ id }) => id !== endpoints[0]?.id)
  if (!encrypted || other < 0) return
  const rule = `must be ${endpoints[0]!.id}, as of ranges[0]: ${encrypted.id} is encrypted, and an asset has the keys of one endpoint`
  refuse(`ranges[${other}].originEndpointId`, `${rule}; encryption: NONE allows that`)
}
