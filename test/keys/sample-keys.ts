import { createHash, createSecretKey } from 'node:crypto'
import type { DrmSystem, KeyDescription } from '../../src/model/content-keys.ts'
import { keyRulesOf } from '../../src/model/key-track-types.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { ContentKey, ContentKeys } from '../../src/packaging/content-keys.ts'

/** The bytes of the key of a KID, for those who decrypt. */
export function keyBytes(kid: string): Buffer {
  return createHash('sha256').update(`key ${kid}`).digest().subarray(0, 16)
}

/** What a provider says of each key in each of its systems. */
export type SampleSystems = (kid: string, systemId: string) => Omit<DrmSystem, 'systemId'>

/** Keys that follow from the provider's resource id, the key period and the track type, and what is said of them. */
export function sampleKeys(
  systemsOf: SampleSystems = (kid) => ({ uriExtXKey: `https://keys.example/${kid}`, keyFormat: 'identity' }),
  more: Pick<KeyDescription, 'explicitIv'> = {},
): ContentKeys {
  const keysOf = ({ packaging: { encryption } }: OriginEndpoint, period: number): readonly ContentKey[] => {
    if (!encryption) throw new Error('the endpoint is not encrypted')
    const { resourceId, systemIds } = encryption.spekeKeyProvider
    const { video, audio } = keyRulesOf(encryption)
    return [...new Set([...video, ...audio].map(({ trackType }) => trackType))].map((trackType) => {
      const digits = createHash('sha256').update(`${resourceId}/${period}/${trackType}`).digest('hex')
      const kid = [
        digits.slice(0, 8),
        digits.slice(8, 12),
        digits.slice(12, 16),
        digits.slice(16, 20),
        digits.slice(20, 32),
      ]
      const id = kid.join('-')
      const systems = systemIds.map((systemId) => ({ systemId, ...systemsOf(id, systemId) }))
      return { trackType, kid: id, systems, ...more, key: createSecretKey(keyBytes(id)) }
    })
  }
  const described = (endpoint: OriginEndpoint, period: number): readonly KeyDescription[] =>
    keysOf(endpoint, period).map(({ key: _, ...description }) => description)
  return {
    find: async (endpoint, period) => keysOf(endpoint, period),
    onRecord: async (endpoint, period) => described(endpoint, period),
    describe: async (endpoint, periods) => new Map(periods.map((period) => [period, described(endpoint, period)])),
  }
}
