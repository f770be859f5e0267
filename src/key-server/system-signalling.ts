import { type Key, keyLine } from '../manifests/hls/keys.ts'
import { element, type XmlElement, xmlText } from '../manifests/xml.ts'
import { ByteWriter, bytesOfUuid } from '../media/bytes.ts'
import { writeProtectionSystem } from '../media/mp4/protection-system.ts'
import {
  AES_128,
  CLEAR_KEY_AES_128,
  COMMON,
  DASH_CLEAR_KEY,
  FAIRPLAY,
  PLAYREADY,
  WIDEVINE,
} from '../model/drm-systems.ts'
import { playReadyObject } from './playready.ts'

/** A key that is asked for. `scheme` is undefined where the request names none, as those of SPEKE 1.0. */
export type NamedKey = { readonly kid: string; readonly key: Buffer; readonly scheme: 'cenc' | 'cbcs' | undefined }

/** What players of one DRM system are told of a key. */
export type SystemSignalling = {
  /** A whole `pssh` box. */
  readonly pssh?: Buffer
  /** XML */
  readonly contentProtectionData?: string
  /** Attributes of EXT-X-KEY. */
  readonly hls?: Omit<Key, 'method'>
  /** True where an encryptor makes them of `pssh` itself, in SPEKE 1.0. */
  readonly isInPssh?: true
  readonly playReadyObject?: Buffer
}

/** `keyUrl` is that of one key, `licenceUrl` that of clear key licences. */
export type KeyUrls = { readonly keyUrl: (kid: string) => string; readonly licenceUrl: string }

/** Undefined for a DRM system that the key server does not know. */
export function signallingOf(systemId: string, named: NamedKey, urls: KeyUrls): SystemSignalling | undefined {
  return SIGNALLING[systemId]?.(systemId, named, urls)
}

type Signalling = (systemId: string, key: NamedKey, urls: KeyUrls) => SystemSignalling

const SIGNALLING: Readonly<Record<string, Signalling>> = {
  // Players without KEYFORMAT take the key as it is, RFC 8216 §4.3.2.4, and some know no value of it.
  [AES_128]: (_, { kid }, { keyUrl }) => ({ hls: { uri: keyUrl(kid) } }),
  [CLEAR_KEY_AES_128]: identity,
  [FAIRPLAY]: identity,
  [WIDEVINE]: (systemId, { kid, scheme }) => {
    const pssh = box(systemId, widevineData(kid, scheme))
    const hls = { uri: dataUri(pssh), keyFormat: `urn:uuid:${systemId}`, keyFormatVersions: '1', keyId: kid }
    return { pssh, contentProtectionData: xmlText(psshElement(pssh)), hls, isInPssh: true }
  },
  [PLAYREADY]: (systemId, { kid, key, scheme = 'cenc' }) => {
    const object = playReadyObject({ kid, key, scheme })
    const pssh = box(systemId, object)
    const pro = element('pro', { xmlns: 'urn:microsoft:playready' }, [object.toString('base64')])
    const uri = `data:text/plain;charset=UTF-16;base64,${object.toString('base64')}`
    return {
      pssh,
      contentProtectionData: xmlText(psshElement(pssh)) + xmlText(pro),
      hls: { uri, keyFormat: 'com.microsoft.playready', keyFormatVersions: '1' },
      isInPssh: true,
      playReadyObject: object,
    }
  },
  [COMMON]: (systemId, { kid }) => {
    const pssh = box(systemId, new Uint8Array(), [bytesOfUuid(kid)])
    // As hls.js reads it, which wants to know the KID before it has a header.
    const uri = dataUri(bytesOfUuid(kid))
    const hls = { uri, keyFormat: 'org.w3.clearkey', keyFormatVersions: '1', keyId: kid }
    return { pssh, contentProtectionData: xmlText(psshElement(pssh)), hls }
  },
  [DASH_CLEAR_KEY]: (systemId, { kid }, { licenceUrl }) => ({
    pssh: box(systemId, new Uint8Array(), [bytesOfUuid(kid)]),
    contentProtectionData: xmlText(
      element('Laurl', { xmlns: 'https://dashif.org/CPS', licenseType: 'EME-1.0' }, [licenceUrl]),
    ),
  }),
}

function identity(_: string, { kid }: NamedKey, { keyUrl }: KeyUrls): SystemSignalling {
  return { hls: { uri: keyUrl(kid), keyFormat: 'identity', keyFormatVersions: '1' } }
}

/** The whole line of a playlist. */
export function hlsLine(
  tag: 'EXT-X-KEY' | 'EXT-X-SESSION-KEY',
  hls: Omit<Key, 'method'>,
  scheme: 'cenc' | 'cbcs',
): string {
  return keyLine(tag, { method: scheme === 'cbcs' ? 'SAMPLE-AES' : 'SAMPLE-AES-CTR', ...hls })
}

function box(systemId: string, data: Uint8Array, keyIds?: readonly Uint8Array[]): Buffer {
  const writer = new ByteWriter()
  writeProtectionSystem(writer, { systemId: bytesOfUuid(systemId), ...(keyIds && { keyIds }), data })
  return Buffer.from(writer.result())
}

/** WidevinePsshData, a message of Protocol Buffers: key_ids (2), and protection_scheme (9) as a four-character code. */
function widevineData(kid: string, scheme: 'cenc' | 'cbcs' | undefined): Uint8Array {
  const keyId = Buffer.concat([Buffer.from([(2 << 3) | 2, 16]), bytesOfUuid(kid)])
  return scheme ? Buffer.concat([keyId, Buffer.from([9 << 3]), varint(Buffer.from(scheme).readUInt32BE())]) : keyId
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}

function psshElement(pssh: Buffer): XmlElement {
  return element('pssh', { xmlns: 'urn:mpeg:cenc:2013' }, [pssh.toString('base64')])
}

function dataUri(bytes: Uint8Array): string {
  return `data:text/plain;base64,${Buffer.from(bytes).toString('base64')}`
}
