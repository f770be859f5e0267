import { CPIX, XMLDSIG } from '../manifests/cpix/cpix-names.ts'
import { attributeOf, elementsIn, type ReadElement, textOf } from '../manifests/xml-tree.ts'
import { readKid } from './derived-keys.ts'
import { SpekeRefusal } from './speke-refusal.ts'

export type SpekeVersion = '1.0' | '2.0'

/** What a request asks for, in SPEKE 1.0 or 2.0. KIDs and system ids are in lower case. */
export type SpekeRequest = {
  readonly version: SpekeVersion
  /** The scheme of each KID; undefined in SPEKE 1.0, which names none. */
  readonly schemes: ReadonlyMap<string, 'cenc' | 'cbcs' | undefined>
  /** Certificate in DER that the keys are to be encrypted for. */
  readonly certificate: Buffer | undefined
}

const MOST = { keys: 64, systems: 512 }

/**
 * Reads a request; `header` is that of X-Speke-Version. Throws SpekeRefusal, with the words that servers of SPEKE have
 * for it where there are any.
 */
export function readSpekeRequest(root: ReadElement, header: string | undefined): SpekeRequest {
  if (root.namespace !== CPIX || root.name !== 'CPIX') throw new SpekeRefusal('Missing CPIX')
  const version = versionOf(root, header)
  const keys = elementsIn(root, CPIX, 'ContentKeyList', 'ContentKey')
  const systems = elementsIn(root, CPIX, 'DRMSystemList', 'DRMSystem')
  if (keys.length === 0) throw new SpekeRefusal('Missing ContentKey')
  if (keys.length > MOST.keys) throw new SpekeRefusal(`More than ${MOST.keys} ContentKey elements`)
  if (systems.length > MOST.systems) throw new SpekeRefusal(`More than ${MOST.systems} DRMSystem elements`)
  const schemes = new Map<string, 'cenc' | 'cbcs' | undefined>()
  for (const key of keys) {
    const kid = statedKid(key)
    if (schemes.has(kid)) throw new SpekeRefusal(`Duplicate ContentKey for KID ${kid}`)
    schemes.set(kid, version === '2.0' ? schemeOf(key, kid) : undefined)
  }
  if (new Set(schemes.values()).size > 1) {
    throw new SpekeRefusal('Non compliant ContentKey@commonEncryptionScheme combination')
  }
  for (const system of systems) {
    const kid = statedKid(system)
    if (!schemes.has(kid)) throw new SpekeRefusal(`Missing ContentKey for KID ${kid}`)
  }
  if (version === '2.0') checkContract(root, schemes)
  return { version, schemes, certificate: certificateIn(root) }
}

/** Throws SpekeRefusal. */
export function statedKid(of: ReadElement): string {
  return readKid(attributeOf(of, 'kid') ?? '') ?? refuse(`Malformed ${of.name}@kid`)
}

function versionOf(root: ReadElement, header: string | undefined): SpekeVersion {
  const stated = attributeOf(root, 'version')
  if (header !== undefined && !['1.0', '2.0'].includes(header)) throw new SpekeRefusal('Unsupported X-Speke-Version')
  if (header !== '2.0') {
    if (attributeOf(root, 'id') === undefined) throw new SpekeRefusal('Missing CPIX@id')
    return '1.0'
  }
  if (attributeOf(root, 'contentId') === undefined) throw new SpekeRefusal('Missing CPIX@contentId')
  if (stated !== '2.3') throw new SpekeRefusal('Unsupported CPIX@version')
  return '2.0'
}

function schemeOf(key: ReadElement, kid: string): 'cenc' | 'cbcs' {
  const scheme = attributeOf(key, 'commonEncryptionScheme')
  if (scheme === undefined) return refuse(`Missing ContentKey@commonEncryptionScheme for KID ${kid}`)
  if (scheme !== 'cenc' && scheme !== 'cbcs') {
    return refuse(`Unsupported ContentKey@commonEncryptionScheme for KID ${kid}`)
  }
  return scheme
}

/** Every key is for tracks that a rule names. */
function checkContract(root: ReadElement, schemes: ReadonlyMap<string, unknown>): void {
  const rules = elementsIn(root, CPIX, 'ContentKeyUsageRuleList', 'ContentKeyUsageRule')
  if (rules.length === 0) throw new SpekeRefusal('Missing CPIX encryption contract')
  const used = new Set<string>()
  for (const rule of rules) {
    const filters = ['VideoFilter', 'AudioFilter'].flatMap((name) => elementsIn(rule, CPIX, name))
    const kid = statedKid(rule)
    if (!schemes.has(kid) || filters.length === 0 || !attributeOf(rule, 'intendedTrackType')) {
      throw new SpekeRefusal('Malformed encryption contract')
    }
    used.add(kid)
  }
  if (used.size < schemes.size) throw new SpekeRefusal('Malformed encryption contract')
}

function certificateIn(root: ReadElement): Buffer | undefined {
  const deliveries = elementsIn(root, CPIX, 'DeliveryDataList', 'DeliveryData')
  const [delivery] = deliveries
  if (!delivery) return undefined
  if (deliveries.length > 1) throw new SpekeRefusal('More than one DeliveryData')
  const [text] = elementsIn(delivery, CPIX, 'DeliveryKey').flatMap((key) =>
    elementsIn(key, XMLDSIG, 'X509Data', 'X509Certificate'),
  )
  if (!text) throw new SpekeRefusal('Missing X509Certificate')
  return Buffer.from(textOf(text), 'base64')
}

function refuse(message: string): never {
  throw new SpekeRefusal(message)
}
