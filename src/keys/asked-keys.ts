import { digestUuid } from '../digest-uuid.ts'
import { type SystemElement, writeSpeke1Request, writeSpeke2Request } from '../manifests/cpix/request.ts'
import { AES_128, CLEAR_KEY_AES_128, FAIRPLAY } from '../model/drm-systems.ts'
import { type KeyRule, keyRulesOf, type TrackType } from '../model/key-track-types.ts'
import type { EncryptedPackaging } from '../model/packaging.ts'

/** What is asked of a key server for a key period. */
export type AskedKeys = {
  readonly version: '1.0' | '2.0'
  readonly contentId: string
  readonly periodIndex: number
  /** SPEKE 2.0 only. */
  readonly scheme: 'cenc' | 'cbcs' | undefined
  /** The IV that the endpoint's settings name, 16 bytes. */
  readonly iv: Buffer | undefined
  readonly keys: readonly AskedKey[]
  readonly systems: readonly AskedSystem[]
}

export type AskedKey = {
  /** UUID in lower case. */
  readonly kid: string
  readonly trackType: TrackType
  readonly video?: KeyRule
  readonly audio?: KeyRule
}

/** SPEKE 2.0 names the elements; SPEKE 1.0 always asks for all that it has. */
export type AskedSystem = { readonly systemId: string; readonly elements: readonly SystemElement[] }

export function askedKeys(packaging: EncryptedPackaging, periodIndex: number): AskedKeys {
  const { encryption } = packaging
  const { spekeKeyProvider: provider, constantInitializationVector: iv, method } = encryption
  const { resourceId } = provider
  const isSpeke2 = provider.encryptionContractConfiguration !== undefined
  const { video, audio } = keyRulesOf(encryption)
  const keys = new Map<TrackType, AskedKey>()
  const add = (rule: KeyRule, kind: 'video' | 'audio') => {
    const { trackType } = rule
    const kid = keyIdOf(resourceId, periodIndex, trackType)
    keys.set(trackType, { kid, trackType, ...keys.get(trackType), [kind]: rule })
  }
  for (const rule of video) add(rule, 'video')
  for (const rule of audio) add(rule, 'audio')
  return {
    version: isSpeke2 ? '2.0' : '1.0',
    contentId: resourceId,
    periodIndex,
    scheme: isSpeke2 ? (method === 'CBCS' ? 'cbcs' : 'cenc') : undefined,
    iv: iv === undefined ? undefined : Buffer.from(iv, 'hex'),
    keys: [...keys.values()],
    systems: provider.systemIds.map((id) => {
      const systemId = id.toLowerCase()
      return { systemId, elements: elementsFor(systemId, packaging) }
    }),
  }
}

/**
 * The KID of a key: the same for the same resource, key period and track type, so that any process at any time asks for
 * the same key.
 */
export function keyIdOf(resourceId: string, periodIndex: number, trackType: TrackType): string {
  return digestUuid(JSON.stringify([resourceId, periodIndex, trackType]))
}

/** The request as a CPIX document. `certificate` in DER: the keys are to be encrypted for it. */
export function requestText(asked: AskedKeys, certificate: Uint8Array | undefined): string {
  const { contentId, periodIndex, scheme, iv, keys, systems } = asked
  const common = {
    contentId,
    periodIndex,
    ...(iv && { explicitIv: iv.toString('base64') }),
    ...(certificate && { certificate: Buffer.from(certificate).toString('base64') }),
  }
  if (scheme) {
    const bounded = keys.map(({ kid, trackType, video, audio }) => ({
      kid,
      trackType,
      ...(video && { video: boundsOf(video) }),
      ...(audio && { audio: boundsOf(audio) }),
    }))
    return writeSpeke2Request({ ...common, scheme, keys: bounded, systems })
  }
  const [key] = keys
  return writeSpeke1Request({ ...common, kid: key!.kid, systemIds: systems.map(({ systemId }) => systemId) })
}

function boundsOf({ trackType: _, ...bounds }: KeyRule): Omit<KeyRule, 'trackType'> {
  return bounds
}

/** In the order of the schema. What players of HLS get from a playlist alone is asked for as tags of playlists. */
function elementsFor(systemId: string, { container, manifests }: EncryptedPackaging): readonly SystemElement[] {
  const isHls = manifests.some(({ type }) => type === 'HLS')
  if ([FAIRPLAY, AES_128, CLEAR_KEY_AES_128].includes(systemId)) return ['HLSSignalingData']
  return ['PSSH', 'ContentProtectionData', ...(container === 'CMAF' && isHls ? (['HLSSignalingData'] as const) : [])]
}
