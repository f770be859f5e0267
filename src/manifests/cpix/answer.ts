import { attributeOf, elementsIn, type ReadElement, textOf } from '../xml-tree.ts'
import { CPIX, PSKC, SPEKE, XMLENC } from './cpix-names.ts'

/** Thrown for a document that is no answer in CPIX. The message continues a sentence whose subject is the document. */
export class MalformedCpix extends Error {
  override readonly name = 'MalformedCpix'
}

/** What an answer says, as it is written: bytes are in base64. What it does not say is undefined, or empty. */
export type CpixAnswer = {
  readonly contentId: string | undefined
  readonly keys: readonly CpixKey[]
  readonly systems: readonly CpixSystem[]
  readonly delivery: CpixDelivery | undefined
}

export type CpixKey = {
  /** KID in lower case. */
  readonly kid: string
  readonly scheme: string | undefined
  readonly explicitIv: string | undefined
  /** The key itself. */
  readonly plain: string | undefined
  readonly encrypted: CpixSecret | undefined
}

/** An encrypted value, RFC 6030 §6. */
export type CpixSecret = {
  readonly algorithm: string | undefined
  readonly cipherValue: string
  readonly mac: string | undefined
}

/** The keys that content keys are encrypted with, themselves encrypted for a certificate. */
export type CpixDelivery = {
  readonly documentKey: CpixSecret
  readonly documentAlgorithm: string | undefined
  readonly macKey: CpixSecret
  readonly macAlgorithm: string | undefined
}

/** What is said of a key for one DRM system; both ids are in lower case. */
export type CpixSystem = {
  readonly kid: string
  readonly systemId: string
  readonly pssh: string
  readonly contentProtectionData: string
  readonly uriExtXKey: string
  readonly keyFormat: string
  readonly keyFormatVersions: string
  readonly protectionHeader: string
  readonly mediaSignaling: string
  readonly masterSignaling: string
}

/** Reads an answer in CPIX. Elements of other names and namespaces are ignored. Throws MalformedCpix. */
export function readCpixAnswer(root: ReadElement): CpixAnswer {
  if (root.namespace !== CPIX || root.name !== 'CPIX')
    throw new MalformedCpix(`is no CPIX document but ${root.name.slice(0, 100)}`)
  return {
    contentId: attributeOf(root, 'contentId') ?? attributeOf(root, 'id'),
    keys: elementsIn(root, CPIX, 'ContentKeyList', 'ContentKey').map(keyOf),
    systems: elementsIn(root, CPIX, 'DRMSystemList', 'DRMSystem').map(systemOf),
    delivery: deliveryOf(elementsIn(root, CPIX, 'DeliveryDataList', 'DeliveryData')),
  }
}

function keyOf(node: ReadElement): CpixKey {
  const secret = secretIn(node)
  const plain = secret && only(secret, PSKC, 'PlainValue')
  return {
    kid: idOf(node, 'kid'),
    scheme: attributeOf(node, 'commonEncryptionScheme'),
    explicitIv: attributeOf(node, 'explicitIV'),
    plain: plain && textOf(plain).trim(),
    encrypted: secret && encryptedValueIn(secret),
  }
}

function systemOf(node: ReadElement): CpixSystem {
  const said = (name: string, namespace = CPIX) => {
    const found = only(node, namespace, name)
    return found ? textOf(found).trim() : ''
  }
  const signaling = (playlist: string) => {
    const found = elementsIn(node, CPIX, 'HLSSignalingData').filter(
      (child) => attributeOf(child, 'playlist') === playlist,
    )
    if (found.length > 1) throw new MalformedCpix(`has HLSSignalingData of the playlist ${playlist} twice`)
    return found[0] ? textOf(found[0]).trim() : ''
  }
  return {
    kid: idOf(node, 'kid'),
    systemId: idOf(node, 'systemId'),
    pssh: said('PSSH'),
    contentProtectionData: said('ContentProtectionData'),
    uriExtXKey: said('URIExtXKey'),
    keyFormat: said('KeyFormat', SPEKE),
    keyFormatVersions: said('KeyFormatVersions', SPEKE),
    protectionHeader: said('ProtectionHeader', SPEKE),
    mediaSignaling: signaling('media'),
    masterSignaling: signaling('master'),
  }
}

/** One is asked for, so one is read. */
function deliveryOf([node]: readonly ReadElement[]): CpixDelivery | undefined {
  const documentNode = node && only(node, CPIX, 'DocumentKey')
  const secret = documentNode && secretIn(documentNode)
  const documentKey = secret && encryptedValueIn(secret)
  const method = node && only(node, CPIX, 'MACMethod')
  // SPEKE has cpix:Key with an EncryptedValue in it, RFC 6030 pskc:MACKey without.
  const macNode = method && (only(method, CPIX, 'Key') ?? only(method, PSKC, 'MACKey'))
  const macKey = macNode && (encryptedValueIn(macNode) ?? cipherOf(macNode))
  if (!documentKey || !macKey) return undefined
  return {
    documentKey,
    documentAlgorithm: attributeOf(documentNode, 'Algorithm'),
    macKey,
    macAlgorithm: attributeOf(method, 'Algorithm'),
  }
}

function secretIn(node: ReadElement): ReadElement | undefined {
  const data = only(node, CPIX, 'Data')
  return data && only(data, PSKC, 'Secret')
}

function encryptedValueIn(node: ReadElement): CpixSecret | undefined {
  const value = only(node, PSKC, 'EncryptedValue')
  return value && cipherOf(value, only(node, PSKC, 'ValueMAC'))
}

function cipherOf(node: ReadElement, mac?: ReadElement): CpixSecret | undefined {
  const method = only(node, XMLENC, 'EncryptionMethod')
  const data = only(node, XMLENC, 'CipherData')
  const value = data && only(data, XMLENC, 'CipherValue')
  if (!value) return undefined
  return {
    algorithm: method && attributeOf(method, 'Algorithm'),
    cipherValue: textOf(value).trim(),
    mac: mac && textOf(mac).trim(),
  }
}

function idOf(node: ReadElement, name: string): string {
  return (attributeOf(node, name) ?? '').toLowerCase()
}

function only(node: ReadElement, namespace: string, name: string): ReadElement | undefined {
  const found = elementsIn(node, namespace, name)
  if (found.length > 1) throw new MalformedCpix(`has ${found.length} elements ${name} where there is one`)
  return found[0]
}
