import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import hlsParser from 'hls-parser'
import { Parser as M3u8Parser } from 'm3u8-parser'
import { ticksFromSeconds } from '../../media/time.ts'
import { hlsReferences } from '../references.ts'
import { type Key, keyLine, versionOfKey } from './keys.ts'
import { writeMediaPlaylist } from './media-playlist.ts'
import { writeMultivariantPlaylist } from './multivariant-playlist.ts'

hlsParser.setOptions({ strictMode: true })

const IV = '000102030405060708090a0b0c0d0e0f'
const PLAIN: Key = { method: 'AES-128', uri: 'https://keys.example/1' }
const FAIRPLAY: Key = {
  method: 'SAMPLE-AES',
  uri: 'skd://1',
  iv: IV,
  keyFormat: 'com.apple.streamingkeydelivery',
  keyFormatVersions: '1',
}
const LINE = '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="data:text/plain;base64,AAAA",KEYFORMAT="x"'

const playlist = (...keys: (readonly (Key | { line: string })[])[]) =>
  writeMediaPlaylist({
    version: 6,
    targetDuration: 6,
    mediaSequence: 7,
    discontinuitySequence: 0,
    independentSegments: false,
    segments: keys.map((each, i) => ({
      uri: `${i}.ts`,
      duration: ticksFromSeconds(6),
      discontinuity: i === 1,
      gap: false,
      map: 'init.mp4',
      ...(each.length > 0 && { keys: each }),
    })),
    ended: true,
  })

describe('keys of HLS playlists', () => {
  it('have the attributes of RFC 8216, and a UUID as KEYID', () => {
    assert.equal(keyLine('EXT-X-KEY', PLAIN), '#EXT-X-KEY:METHOD=AES-128,URI="https://keys.example/1"')
    assert.equal(
      keyLine('EXT-X-SESSION-KEY', FAIRPLAY),
      '#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="skd://1",IV=0x000102030405060708090a0b0c0d0e0f,' +
        'KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"',
    )
    const keyId = '0a1b2c3d-0000-4000-8000-0123456789ab'
    assert.match(keyLine('EXT-X-KEY', { ...PLAIN, keyId }), /,KEYID=0x0a1b2c3d0000400080000123456789ab$/)
    assert.deepEqual([PLAIN, { ...PLAIN, iv: IV }, FAIRPLAY, { line: LINE }].map(versionOfKey), [1, 2, 5, 5])
  })

  it('cannot be left by what a provider has told', () => {
    const line = keyLine('EXT-X-KEY', { ...PLAIN, uri: 'a"\n#EXT-X-ENDLIST\r\n' })
    assert.equal(line, `#EXT-X-KEY:METHOD=AES-128,URI="a''#EXT-X-ENDLIST''"`)
    // The end of a line to the expressions by which players read.
    assert.match(keyLine('EXT-X-KEY', { ...PLAIN, uri: 'a\u2028b.ts\u2029' }), /,URI="a'b\.ts'"$/)
  })

  it('stand in front of EXT-X-MAP, given lines as they are, and are read by foreign parsers', () => {
    const text = playlist([PLAIN], [{ line: LINE }], [])
    assert.match(text, /#EXT-X-KEY:METHOD=AES-128,[^\n]+\n#EXT-X-MAP:[^\n]+\n#EXTINF/)
    assert.ok(text.includes(`0.ts\n#EXT-X-DISCONTINUITY\n${LINE}\n#EXTINF`))
    const theirs = hlsParser.parse(text) as hlsParser.types.MediaPlaylist
    assert.deepEqual(
      theirs.segments.map(({ key }) => [key?.method, key?.uri]),
      [
        ['AES-128', PLAIN.uri],
        ['SAMPLE-AES', 'data:text/plain;base64,AAAA'],
        ['SAMPLE-AES', 'data:text/plain;base64,AAAA'],
      ],
    )
    const parser = new M3u8Parser()
    parser.push(playlist([{ ...PLAIN, iv: IV }], [PLAIN]))
    parser.end()
    type Keyed = { readonly key?: { readonly method: string; readonly uri: string; readonly iv?: Uint32Array } }
    const keys = (parser.manifest.segments as readonly Keyed[]).map(({ key }) => key)
    const read = { method: 'AES-128', uri: PLAIN.uri }
    assert.deepEqual(
      keys.map((key) => ({ method: key?.method, uri: key?.uri })),
      [read, read],
    )
    assert.deepEqual([...(keys[0]?.iv ?? [])], [0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f])
  })

  it('are session keys of a parent playlist', () => {
    const stream = { uri: '1.m3u8', bandwidth: 1000, codecs: 'avc1.64001f' }
    const text = writeMultivariantPlaylist({
      version: 5,
      independentSegments: true,
      sessionKeys: [FAIRPLAY, { line: LINE.replace('KEY', 'SESSION-KEY') }],
      variants: [stream],
      renditions: [],
    })
    const theirs = hlsParser.parse(text) as hlsParser.types.MasterPlaylist
    assert.deepEqual(
      theirs.sessionKeyList.map(({ uri, format }) => [uri, format]),
      [
        ['skd://1', FAIRPLAY.keyFormat],
        ['data:text/plain;base64,AAAA', 'x'],
      ],
    )
    assert.deepEqual([...hlsReferences(text).references], ['1.m3u8'])
  })

  it('name no file of an asset, however long they are', () => {
    const { references, kind, ended } = hlsReferences(playlist([{ ...PLAIN, uri: `data:,${'A'.repeat(100_000)}` }]))
    assert.deepEqual([[...references], kind, ended], [['init.mp4', '0.ts'], 'media', true])
  })
})
