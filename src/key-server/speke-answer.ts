import { CPIX, PSKC, SPEKE } from '../manifests/cpix/cpix-names.ts'
import { writeXml } from '../manifests/xml.ts'
import { attributeOf, elementOf, type ReadElement } from '../manifests/xml-tree.ts'
import { KeyEncryption } from './key-encryption.ts'
import { node } from './node.ts'
import { SpekeRefusal } from './speke-refusal.ts'
import { readSpekeRequest, type SpekeRequest, type SpekeVersion, statedKid } from './speke-request.ts'
import { hlsLine, type KeyUrls, type NamedKey, type SystemSignalling, signallingOf } from './system-signalling.ts'

export type SpekeAnswer = { readonly version: SpekeVersion; readonly text: string; readonly kids: readonly string[] }

/** What a key server knows: its keys, and its own URLs. */
export type KeyServerKeys = KeyUrls & {
  /** The key of a KID, 16 bytes. */
  readonly keyOf: (kid: string) => Buffer
}

/**
 * The document of a request again, with the keys, and the elements asked for of each DRM system that it has; others are
 * left out. Throws SpekeRefusal.
 */
export function answerTo(root: ReadElement, header: string | undefined, keys: KeyServerKeys): SpekeAnswer {
  const request = readSpekeRequest(root, header)
  const encryption = request.certificate && new KeyEncryption(request.certificate)
  const answered = withChildren(root, (list) => {
    switch (list.name) {
      case 'ContentKeyList':
        return withChildren(list, (key) => contentKey(key, keys, encryption))
      case 'DRMSystemList':
        return withChildren(list, (system) => drmSystem(system, request, keys))
      case 'DeliveryDataList':
        return withChildren(list, (data) => ({
          ...data,
          children: [...data.children, ...(encryption?.delivery() ?? [])],
        }))
      default:
        return list
    }
  })
  return { version: request.version, text: writeXml(elementOf(answered)), kids: [...request.schemes.keys()] }
}

/** The element with each child element of CPIX as `change` makes it; undefined leaves it out. Text is dropped. */
function withChildren(parent: ReadElement, change: (child: ReadElement) => ReadElement | undefined): ReadElement {
  const children = parent.children.flatMap((child) => {
    if (typeof child === 'string') return []
    return child.namespace === CPIX ? (change(child) ?? []) : child
  })
  return { ...parent, children }
}

function contentKey(of: ReadElement, { keyOf }: KeyServerKeys, encryption: KeyEncryption | undefined): ReadElement {
  if (of.name !== 'ContentKey') return of
  const key = keyOf(statedKid(of))
  const secret = encryption ? encryption.secret(key) : [node(PSKC, 'PlainValue', {}, [key.toString('base64')])]
  return { ...of, children: [node(CPIX, 'Data', {}, [node(PSKC, 'Secret', {}, secret)])] }
}

function drmSystem(of: ReadElement, { schemes, version }: SpekeRequest, keys: KeyServerKeys): ReadElement {
  if (of.name !== 'DRMSystem') return of
  const kid = statedKid(of)
  const systemId = (attributeOf(of, 'systemId') ?? '').toLowerCase()
  const named: NamedKey = { kid, key: keys.keyOf(kid), scheme: schemes.get(kid) }
  const signalling = signallingOf(systemId, named, keys)
  if (!signalling)
    throw new SpekeRefusal(`Unsupported DRMSystem@systemId ${systemId.replaceAll(/[^0-9a-f-]/g, '').slice(0, 36)}`)
  const children = of.children.flatMap((child) => {
    if (typeof child === 'string') return []
    const value = saidOf(child, signalling, named, version)
    return value === undefined ? [] : { ...child, children: [Buffer.from(value).toString('base64')] }
  })
  return { ...of, children }
}

/** What an element says, before it is put into base64; undefined where its DRM system has none. */
function saidOf(
  asked: ReadElement,
  { pssh, contentProtectionData, hls, isInPssh, playReadyObject }: SystemSignalling,
  { scheme }: NamedKey,
  version: SpekeVersion,
): Buffer | string | undefined {
  // SPEKE 1.0 has some names in a namespace of its own.
  const isOfSpeke = asked.namespace === SPEKE && version === '1.0'
  const attributes = isInPssh ? undefined : hls
  switch (asked.name) {
    case 'PSSH':
      return pssh
    case 'ContentProtectionData':
      return contentProtectionData
    case 'URIExtXKey':
      return attributes?.uri
    case 'KeyFormat':
      return isOfSpeke ? attributes?.keyFormat : undefined
    case 'KeyFormatVersions':
      return isOfSpeke ? attributes?.keyFormatVersions : undefined
    case 'ProtectionHeader':
      return isOfSpeke ? playReadyObject : undefined
    case 'SmoothStreamingProtectionHeaderData':
      return playReadyObject
    case 'HLSSignalingData': {
      const playlist = attributeOf(asked, 'playlist')
      if (!hls || !scheme || (playlist !== 'media' && playlist !== 'master')) return undefined
      return hlsLine(playlist === 'media' ? 'EXT-X-KEY' : 'EXT-X-SESSION-KEY', hls, scheme)
    }
    default:
      return undefined
  }
}
