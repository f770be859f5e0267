import { createSecretKey, type KeyObject } from 'node:crypto'
import {
  type CpixAnswer,
  type CpixKey,
  type CpixSystem,
  MalformedCpix,
  readCpixAnswer,
} from '../manifests/cpix/answer.ts'
import type { ReadElement } from '../manifests/xml-tree.ts'
import type { Steps } from '../media/steps.ts'
import type { DrmSystem } from '../model/content-keys.ts'
import { FAIRPLAY } from '../model/drm-systems.ts'
import type { EncryptedPackaging } from '../model/packaging.ts'
import type { ContentKey } from '../packaging/content-keys.ts'
import type { AskedKey, AskedKeys, AskedSystem } from './asked-keys.ts'
import { badAnswer } from './bad-answer.ts'
import { fromBase64 } from './base64.ts'
import { type KeyCertificate, KeyDecryption } from './encrypted-keys.ts'
import { type Methods, systemOfSpeke1, systemOfSpeke2 } from './system-data.ts'

const KEY_BYTES = 16
const SHORTEST_UUID = /^[0-9a-f-]{36}$/

/** What the keys of an answer are for. `certificate`: they must be encrypted for it. */
export type AnswerContext = {
  readonly packaging: EncryptedPackaging
  readonly asked: AskedKeys
  readonly certificate: KeyCertificate | undefined
}

/** The keys of an answer, checked against what was asked. Throws KeyProviderFailed. */
export function* answeredKeys(document: ReadElement, context: AnswerContext): Steps<readonly ContentKey[]> {
  const { asked, certificate } = context
  const answer = cpixOf(document)
  if (answer.contentId !== asked.contentId) {
    badAnswer(
      answer.contentId === undefined ? 'a document without a content id' : 'another content id than it was asked for',
    )
  }
  if (!certificate) return yield* keysOf(answer, context, undefined)
  if (!answer.delivery)
    return badAnswer("keys that are not encrypted, although they were asked for with the endpoint's certificate")
  const decryption = new KeyDecryption(answer.delivery, certificate)
  try {
    return yield* keysOf(answer, context, decryption)
  } finally {
    decryption.close()
  }
}

function* keysOf(
  answer: CpixAnswer,
  context: AnswerContext,
  decryption: KeyDecryption | undefined,
): Steps<readonly ContentKey[]> {
  const keys: ContentKey[] = []
  for (const key of context.asked.keys) keys.push(yield* keyOf(key, answer, context, decryption))
  return keys
}

function cpixOf(document: ReadElement): CpixAnswer {
  try {
    return readCpixAnswer(document)
  } catch (error) {
    if (error instanceof MalformedCpix) return badAnswer(`a document that ${error.message}`)
    throw error
  }
}

/** In a step for each DRM system, of which each may have documents of its own. */
function* keyOf(
  { kid, trackType }: AskedKey,
  answer: CpixAnswer,
  context: AnswerContext,
  decryption: KeyDecryption | undefined,
): Steps<ContentKey> {
  const { packaging, asked } = context
  const { keys } = answer
  const found = keys.filter((each) => each.kid === kid)
  const [said] = found
  if (!said) {
    const others = keys.map((key) => key.kid).filter((other) => SHORTEST_UUID.test(other))
    return badAnswer(`no key ${kid}, but ${others.length === 0 ? 'none' : others.slice(0, 3).join(', ')}`)
  }
  if (found.length > 1) badAnswer(`the key ${kid} twice`)
  if (asked.scheme && said.scheme !== asked.scheme) {
    badAnswer(`the key ${kid} for another encryption scheme than ${asked.scheme}`)
  }
  const explicitIv = ivOf(said, asked, packaging)
  const systems: DrmSystem[] = []
  for (const system of asked.systems) {
    systems.push(systemOf(system, kid, answer.systems, context))
    yield
  }
  return { trackType, kid, ...(explicitIv && { explicitIv }), systems, key: secretOf(said, decryption) }
}

function secretOf({ kid, plain, encrypted }: CpixKey, decryption: KeyDecryption | undefined): KeyObject {
  let bytes: Buffer
  if (decryption) {
    if (!encrypted)
      return badAnswer(`the key ${kid} not encrypted, although it was asked for with the endpoint's certificate`)
    bytes = decryption.decrypt(encrypted)
  } else if (plain === undefined || plain === '') {
    return badAnswer(encrypted ? `the key ${kid} encrypted, which it was not asked for` : `no value of the key ${kid}`)
  } else bytes = fromBase64(plain, 'PlainValue')
  try {
    if (bytes.length !== KEY_BYTES) badAnswer(`the key ${kid} of ${bytes.length} bytes instead of ${KEY_BYTES}`)
    return createSecretKey(bytes)
  } finally {
    bytes.fill(0)
  }
}

/** IVs of cenc are made of the numbers of samples, whatever an answer names. */
function ivOf({ kid, explicitIv }: CpixKey, { iv }: AskedKeys, packaging: EncryptedPackaging): Buffer | undefined {
  if (explicitIv === undefined || packaging.encryption.method === 'CENC') return undefined
  const bytes = fromBase64(explicitIv, 'explicitIV')
  if (bytes.length !== KEY_BYTES) badAnswer(`an explicitIV of ${bytes.length} bytes instead of ${KEY_BYTES}`)
  if (iv && !iv.equals(bytes)) badAnswer(`another explicitIV of the key ${kid} than it was asked for`)
  return bytes
}

function systemOf(
  { systemId, elements }: AskedSystem,
  kid: string,
  systems: readonly CpixSystem[],
  { packaging, asked: { version } }: AnswerContext,
): DrmSystem {
  const found = systems.filter((each) => each.kid === kid && each.systemId === systemId)
  const [said] = found
  if (!said) return badAnswer(`nothing for the DRM system ${systemId} of the key ${kid}`)
  if (found.length > 1) badAnswer(`the DRM system ${systemId} of the key ${kid} twice`)
  if (version === '1.0') {
    const system = systemOfSpeke1(said)
    const missing = missingOfSpeke1(system, packaging)
    if (missing !== undefined) badAnswer(`no ${missing} for the DRM system ${systemId} of the key ${kid}`)
    return system
  }
  // What was not asked for is not read.
  const wanted = (element: AskedSystem['elements'][number], value: string) => {
    if (!elements.includes(element)) return ''
    return value === '' ? badAnswer(`an empty ${element} for the DRM system ${systemId} of the key ${kid}`) : value
  }
  const read: CpixSystem = {
    ...said,
    pssh: wanted('PSSH', said.pssh),
    contentProtectionData: wanted('ContentProtectionData', said.contentProtectionData),
    mediaSignaling: wanted('HLSSignalingData', said.mediaSignaling),
    masterSignaling: wanted('HLSSignalingData', said.masterSignaling),
  }
  return systemOfSpeke2(read, METHODS[packaging.encryption.method] ?? [])
}

/** METHOD of EXT-X-KEY by the methods of endpoints in CMAF; cenc has two names. */
const METHODS: Readonly<Record<string, Methods>> = {
  CBCS: ['SAMPLE-AES'],
  CENC: ['SAMPLE-AES-CTR', 'SAMPLE-AES-CENC'],
}

/** What players of the package need, and SPEKE 1.0 leaves open. */
function missingOfSpeke1(system: DrmSystem, { container, manifests }: EncryptedPackaging): string | undefined {
  const { systemId, pssh, contentProtectionData, uriExtXKey, protectionHeader } = system
  if (container === 'ISM') return protectionHeader === undefined ? 'ProtectionHeader' : undefined
  if (container === 'TS' || systemId === FAIRPLAY) return uriExtXKey === undefined ? 'URIExtXKey' : undefined
  if (manifests.some(({ type }) => type === 'DASH')) {
    return pssh || contentProtectionData !== undefined ? undefined : 'PSSH or ContentProtectionData'
  }
  return pssh || uriExtXKey !== undefined ? undefined : 'PSSH or URIExtXKey'
}
