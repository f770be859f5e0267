import { quoted, writeAttributeList } from './attribute-list.ts'

/** How players get a content key, RFC 8216 §4.3.2.4 (EXT-X-KEY). Each field names the attribute it becomes. */
export type Key = {
  /** METHOD; SAMPLE-AES-CTR is that of RFC 8216bis §4.4.4.4. */
  readonly method: 'AES-128' | 'SAMPLE-AES' | 'SAMPLE-AES-CTR'
  readonly uri: string
  /** IV, 32 hexadecimal digits; absent where that is the media sequence number, or is found elsewhere. */
  readonly iv?: string
  /** KEYFORMAT */
  readonly keyFormat?: string
  /** KEYFORMATVERSIONS */
  readonly keyFormatVersions?: string
  /** KEYID, a UUID: of no RFC, read by players of Widevine. */
  readonly keyId?: string
}

/** A key, or a whole line for one: that is written as it is, and whoever has given it answers for it. */
export type WrittenKey = Key | { readonly line: string }

/** The tag of media playlists, and that of multivariant playlists, which has the same attributes (§4.3.4.5). */
export type KeyTag = 'EXT-X-KEY' | 'EXT-X-SESSION-KEY'

/** The line of a key, without a line break. */
export function keyLine(tag: KeyTag, key: WrittenKey): string {
  if ('line' in key) return key.line
  return `#${tag}:${writeAttributeList([
    ['METHOD', key.method],
    ['URI', quoted(key.uri)],
    ['KEYID', key.keyId && `0x${key.keyId.replaceAll('-', '')}`],
    ['IV', key.iv && `0x${key.iv}`],
    ['KEYFORMAT', quoted(key.keyFormat)],
    ['KEYFORMATVERSIONS', quoted(key.keyFormatVersions)],
  ])}`
}

/** The EXT-X-VERSION that playlists with a key need at least, RFC 8216 §7. */
export function versionOfKey(key: WrittenKey): number {
  // A given line may have any attribute.
  if ('line' in key || key.keyFormat !== undefined || key.keyFormatVersions !== undefined) return 5
  return key.iv ? 2 : 1
}
