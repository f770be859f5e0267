import type { CpixSystem } from '../manifests/cpix/answer.ts'
import { xmlText } from '../manifests/xml.ts'
import { elementOf, type ReadElement, textOf } from '../manifests/xml-tree.ts'
import { MalformedMedia, uuidOf } from '../media/bytes.ts'
import { readProtectionSystem } from '../media/mp4/protection-system.ts'
import { allSteps } from '../media/steps.ts'
import type { DrmSystem } from '../model/content-keys.ts'
import { PLAYREADY } from '../model/drm-systems.ts'
import { badAnswer } from './bad-answer.ts'
import { fromBase64 } from './base64.ts'
import { MalformedXml, readXml } from './xml-reader.ts'

const MOST_TEXT = 16 * 1024
const MOST_DATA = 64 * 1024
const MOST_NAMESPACE = 256

const CENC = 'urn:mpeg:cenc:2013'
const MPD = 'urn:mpeg:dash:schema:mpd:2011'
const XLINK = 'http://www.w3.org/1999/xlink'
/** Prefixes that MPDs declare, so that key servers may use them undeclared. */
const PREFIXES = { cenc: CENC, mspr: 'urn:microsoft:playready' }

/** The METHOD of EXT-X-KEY that fits the endpoint: several where players know one by several names. */
export type Methods = readonly string[]

/** What an answer in SPEKE 1.0 tells of a DRM system, decoded and checked. Throws KeyProviderFailed. */
export function systemOfSpeke1(said: CpixSystem): DrmSystem {
  const { systemId } = said
  const uriExtXKey = text(said.uriExtXKey, 'URIExtXKey', attributeText)
  const keyFormat = text(said.keyFormat, 'KeyFormat', attributeText)
  const keyFormatVersions = text(said.keyFormatVersions, 'KeyFormatVersions', attributeText)
  const pssh = boxOf(said)
  const data = protectionData(said, pssh)
  const header = protectionHeader(said, pssh)
  return {
    systemId,
    ...(pssh && { pssh }),
    ...(data !== undefined && { contentProtectionData: data }),
    ...(uriExtXKey !== undefined && { uriExtXKey }),
    ...(keyFormat !== undefined && { keyFormat }),
    ...(keyFormatVersions !== undefined && { keyFormatVersions }),
    ...(header !== undefined && { protectionHeader: header }),
  }
}

/** What an answer in SPEKE 2.0 tells of a DRM system, decoded and checked. Throws KeyProviderFailed. */
export function systemOfSpeke2(said: CpixSystem, methods: Methods): DrmSystem {
  const pssh = boxOf(said)
  const data = protectionData(said, pssh)
  const mediaTags = tags(said.mediaSignaling, 'media', '#EXT-X-KEY:', methods)
  const masterTags = tags(said.masterSignaling, 'master', '#EXT-X-SESSION-KEY:', methods)
  return {
    systemId: said.systemId,
    ...(pssh && { pssh }),
    ...(data !== undefined && { contentProtectionData: data }),
    ...(mediaTags && { mediaTags }),
    ...(masterTags && { masterTags }),
  }
}

/** Text in base64; undefined when it is empty. */
function text(base64: string, name: string, check: (value: string, name: string) => void): string | undefined {
  if (base64 === '') return undefined
  const bytes = fromBase64(base64, name)
  if (bytes.length > MOST_TEXT) badAnswer(`a ${name} of ${bytes.length} bytes, more than ${MOST_TEXT}`)
  let value = ''
  try {
    value = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    badAnswer(`a ${name} that is no text in UTF-8`)
  }
  check(value, name)
  return value
}

/** It becomes a quoted-string of a playlist, RFC 8216 §4.2. */
function attributeText(value: string, name: string): void {
  if (/["\p{Cc}\p{Zl}\p{Zp}\ufeff]/u.test(value)) badAnswer(`a ${name} that has quotes or control characters`)
}

/** Whole lines of a playlist; undefined when there are none. */
function tags(base64: string, playlist: string, tag: string, methods: Methods): readonly string[] | undefined {
  const name = `HLSSignalingData of the playlist ${playlist}`
  const whole = text(base64, name, (value) => {
    // Expressions of JavaScript, by which players read playlists, take U+2028 and U+2029 for the end of a line.
    if (/[^\P{Cc}\n]|[\p{Zl}\p{Zp}\ufeff]/u.test(value)) badAnswer(`${name} that has control characters`)
  })
  if (whole === undefined) return undefined
  const lines = whole.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) return badAnswer(`${name} without a line`)
  for (const line of lines) {
    if (!line.startsWith(tag)) badAnswer(`${name} whose lines do not all begin with ${tag}`)
    const method = methodOf(line.slice(tag.length))
    if (method === undefined) badAnswer(`${name} that has a line without METHOD`)
    if (!methods.includes(method))
      badAnswer(`${name} that has METHOD=${shortened(method)} instead of ${methods.join(' or ')}`)
  }
  return lines
}

/** The value of METHOD, an enumerated-string, among attributes of which others may be quoted. */
function methodOf(attributes: string): string | undefined {
  const parts = attributes.match(/(?:"[^"]*"|[^,"])+/g) ?? []
  return parts.find((part) => part.startsWith('METHOD='))?.slice('METHOD='.length)
}

function shortened(value: string): string {
  return value.slice(0, 40)
}

function boxOf({ pssh, systemId }: CpixSystem): Uint8Array | undefined {
  if (pssh === '') return undefined
  const bytes = fromBase64(pssh, 'PSSH')
  if (bytes.length > MOST_DATA) badAnswer(`a PSSH of ${bytes.length} bytes, more than ${MOST_DATA}`)
  const found = uuidOf(parsed(bytes).systemId)
  if (found !== systemId) badAnswer(`a PSSH of the DRM system ${found} instead of ${systemId}`)
  return bytes
}

function parsed(bytes: Uint8Array) {
  try {
    return readProtectionSystem(bytes)
  } catch (error) {
    if (error instanceof MalformedMedia) return badAnswer(`a PSSH that is not one whole pssh box (${error.message})`)
    throw error
  }
}

/** Elements for a ContentProtection descriptor, written anew so that nothing else gets into an MPD. */
function protectionData({ contentProtectionData }: CpixSystem, pssh: Uint8Array | undefined): string | undefined {
  const name = 'ContentProtectionData'
  if (contentProtectionData === '') return undefined
  const bytes = fromBase64(contentProtectionData, name)
  if (bytes.length > MOST_DATA) badAnswer(`a ${name} of ${bytes.length} bytes, more than ${MOST_DATA}`)
  const { children } = elements(bytes, name)
  const nodes = children.filter((child): child is ReadElement => typeof child !== 'string')
  const [first] = nodes
  if (!first) return badAnswer(`a ${name} without an element`)
  if (children.some((child) => typeof child === 'string' && child.trim() !== '')) {
    badAnswer(`a ${name} that has text beside its elements`)
  }
  for (const node of nodes) checkForeign(node, name)
  for (const node of nodes) {
    if (node.namespace !== CENC || node.name !== 'pssh') continue
    if (pssh && !fromBase64(textOf(node), `pssh in ${name}`).equals(pssh)) {
      badAnswer(`a ${name} whose pssh is not the PSSH beside it`)
    }
  }
  const written = nodes.map((node) => xmlText(elementOf(node))).join('')
  // Namespaces are declared where they are used, and may be as often as there are elements.
  if (written.length > MOST_DATA) {
    badAnswer(`a ${name} of ${written.length} characters when it is written anew, more than ${MOST_DATA}`)
  }
  return written
}

/** Refuses elements of an MPD, at any depth, and links that players would follow to take in what is there. */
function checkForeign({ namespace, name: local, attributes, children }: ReadElement, name: string, depth = 0): void {
  if (namespace === MPD || (namespace === '' && depth === 0)) {
    badAnswer(`a ${name} whose element ${shortened(local)} is not of a DRM system's namespace`)
  }
  if (attributes.some((attribute) => attribute.namespace === XLINK)) {
    badAnswer(`a ${name} whose element ${shortened(local)} has a link (XLink)`)
  }
  for (const used of [namespace, ...attributes.map((attribute) => attribute.namespace)]) {
    if (used.length > MOST_NAMESPACE) badAnswer(`a ${name} with a namespace of ${used.length} characters`)
  }
  for (const child of children) if (typeof child !== 'string') checkForeign(child, name, depth + 1)
}

function elements(bytes: Buffer, name: string): ReadElement {
  try {
    // The declaration of a document has no place in front of elements.
    const inner = bytes
      .toString('latin1')
      .replace(/^\xef\xbb\xbf/, '')
      .replace(/^<\?xml[^>]{0,200}\?>/, '')
    return allSteps(readXml(Buffer.from(`<data>${inner}</data>`, 'latin1'), PREFIXES))
  } catch (error) {
    if (error instanceof MalformedXml) return badAnswer(`a ${name} that ${error.message}`)
    throw error
  }
}

/** A PlayReady object; some key servers give the pssh box that has it, or that alone. */
function protectionHeader(said: CpixSystem, pssh: Uint8Array | undefined): string | undefined {
  const name = 'ProtectionHeader'
  if (said.systemId !== PLAYREADY) return undefined
  if (said.protectionHeader === '') return pssh && objectText(parsed(pssh).data)
  const bytes = fromBase64(said.protectionHeader, name)
  if (bytes.length > MOST_DATA) badAnswer(`a ${name} of ${bytes.length} bytes, more than ${MOST_DATA}`)
  const isBox = bytes.toString('latin1', 4, 8) === 'pssh'
  return objectText(isBox ? parsed(bytes).data : bytes) ?? badAnswer(`a ${name} that is no whole PlayReady object`)
}

/** A PlayReady object begins with its length, little-endian. */
function objectText(object: Uint8Array): string | undefined {
  const bytes = Buffer.from(object)
  return bytes.length > 6 && bytes.readUInt32LE(0) === bytes.length ? bytes.toString('base64') : undefined
}
