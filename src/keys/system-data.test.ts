import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { playReadyObject, psshBox } from '../../test/keys/key-server.ts'
import type { CpixSystem } from '../manifests/cpix/answer.ts'
import { PLAYREADY, WIDEVINE } from '../model/drm-systems.ts'
import { KeyProviderFailed } from './key-provider.ts'
import { systemOfSpeke1, systemOfSpeke2 } from './system-data.ts'

const base64 = (text: string | Uint8Array) => Buffer.from(text as string).toString('base64')
const PSSH = base64(psshBox(WIDEVINE, Buffer.from('data')))

const EMPTY: CpixSystem = {
  kid: '',
  systemId: WIDEVINE,
  pssh: '',
  contentProtectionData: '',
  uriExtXKey: '',
  keyFormat: '',
  keyFormatVersions: '',
  protectionHeader: '',
  mediaSignaling: '',
  masterSignaling: '',
}

const speke1 = (said: Partial<CpixSystem>) => systemOfSpeke1({ ...EMPTY, ...said })
const speke2 = (said: Partial<CpixSystem>) => systemOfSpeke2({ ...EMPTY, ...said }, ['SAMPLE-AES'])
const data = (xml: string) => speke2({ contentProtectionData: base64(xml) }).contentProtectionData

describe('what an answer tells of a DRM system', () => {
  it('is absent where it is empty', () => {
    assert.deepEqual(speke1({}), { systemId: WIDEVINE })
    assert.deepEqual(speke2({}), { systemId: WIDEVINE })
  })

  it('may have base64 in lines', () => {
    assert.equal(speke1({ uriExtXKey: 'aHR0\n\tcHM6\r\nLy9h' }).uriExtXKey, 'https://a')
  })

  it('may have several tags of playlists', () => {
    const lines = ['#EXT-X-KEY:METHOD=SAMPLE-AES,URI="a,METHOD=NONE"', '#EXT-X-KEY:URI="b",METHOD=SAMPLE-AES']
    assert.deepEqual(speke2({ mediaSignaling: base64(`${lines.join('\n')}\n`) }).mediaTags, lines)
  })

  it('has elements for MPDs written anew: with their own namespaces, without comments and declarations', () => {
    const given =
      '<?xml version="1.0"?><!-- no --><x:pssh xmlns:x="urn:mpeg:cenc:2013">AAAA</x:pssh>\n' +
      `<mspr:pro b='1"' xml:lang="en" y:z="2" xmlns:y="urn:y"><![CDATA[<&]]><in xmlns=""/></mspr:pro>`
    assert.equal(
      data(given),
      '<pssh xmlns="urn:mpeg:cenc:2013">AAAA</pssh><pro xmlns="urn:microsoft:playready" b="1&quot;" xml:lang="en" ' +
        'xmlns:a2="urn:y" a2:z="2">&lt;&amp;<in xmlns=""/></pro>',
    )
  })

  it('may have the PlayReady object in a pssh box, or in the PSSH alone', () => {
    const box = base64(psshBox(PLAYREADY, playReadyObject()))
    const object = base64(playReadyObject())
    for (const said of [{ protectionHeader: box }, { protectionHeader: object }, { pssh: box }]) {
      assert.equal(speke1({ systemId: PLAYREADY, ...said }).protectionHeader, object)
    }
  })
})

describe('what cannot be used of a DRM system', () => {
  const media = (line: string) => () => speke2({ mediaSignaling: base64(line) })
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['a URI with a quote', () => speke1({ uriExtXKey: base64('a"b') }), /URIExtXKey that has quotes/],
    [
      'a URI with a line break',
      () => speke1({ uriExtXKey: base64('a\n#EXT-X-KEY') }),
      /URIExtXKey that has quotes or control/,
    ],
    ['a key format with a quote', () => speke1({ keyFormat: base64('"') }), /KeyFormat that has quotes/],
    ['text that is not UTF-8', () => speke1({ uriExtXKey: base64(Buffer.from([0xff])) }), /no text in UTF-8/],
    [
      'text of more than 16 KiB',
      () => speke1({ uriExtXKey: base64('a'.repeat(16_385)) }),
      /16385 bytes, more than 16384/,
    ],
    ['no base64', () => speke1({ uriExtXKey: 'a' }), /URIExtXKey that is not in base64/],
    ['another tag', media('#EXT-X-MAP:URI="a"'), /do not all begin with #EXT-X-KEY:/],
    ['a second line that is a URI', media('#EXT-X-KEY:METHOD=SAMPLE-AES\nhttps://evil.example/'), /do not all begin/],
    ['a carriage return', media('#EXT-X-KEY:METHOD=SAMPLE-AES\r#EXTINF:1,'), /has control characters/],
    ['a line separator of Unicode', media('#EXT-X-KEY:METHOD=SAMPLE-AES\u2028evil.ts'), /has control characters/],
    ['another METHOD', media('#EXT-X-KEY:METHOD=NONE'), /METHOD=NONE instead of SAMPLE-AES/],
    ['a METHOD in a string', media('#EXT-X-KEY:URI=",METHOD=SAMPLE-AES"'), /a line without METHOD/],
    ['blank tags', media('\n \n'), /playlist media without a line/],
    [
      'a tag of the other playlist',
      () => speke2({ masterSignaling: base64('#EXT-X-KEY:METHOD=SAMPLE-AES') }),
      /#EXT-X-SESSION-KEY:/,
    ],
    [
      'a PSSH of another system',
      () => speke2({ pssh: base64(psshBox(PLAYREADY, Buffer.alloc(0))) }),
      /of the DRM system 9a04/,
    ],
    [
      'a PSSH that is cut',
      () => speke2({ pssh: base64(Buffer.from(PSSH, 'base64').subarray(0, 30)) }),
      /not one whole pssh box/,
    ],
    [
      'a PSSH of more than 64 KiB',
      () => speke2({ pssh: base64(psshBox(WIDEVINE, Buffer.alloc(65_536))) }),
      /PSSH of 65568 bytes, more than 65536/,
    ],
    [
      'a PSSH and more',
      () => speke2({ pssh: base64(Buffer.concat([Buffer.from(PSSH, 'base64'), Buffer.alloc(8)])) }),
      /not one whole pssh/,
    ],
    [
      'another pssh in the elements',
      () => speke2({ pssh: PSSH, contentProtectionData: base64('<pssh xmlns="urn:mpeg:cenc:2013">AAAA</pssh>') }),
      /whose pssh is not the PSSH beside it/,
    ],
    ['an element without a namespace', () => data('<pssh/>'), /pssh is not of a DRM system's namespace/],
    [
      'an element of the MPD',
      () => data('<BaseURL xmlns="urn:mpeg:dash:schema:mpd:2011">x</BaseURL>'),
      /BaseURL is not of/,
    ],
    [
      'an element of the MPD further in',
      () =>
        data(
          `<a xmlns="urn:a">${'<b>'.repeat(20)}<Period xmlns="urn:mpeg:dash:schema:mpd:2011"/>${'</b>'.repeat(20)}</a>`,
        ),
      /Period is not of/,
    ],
    [
      'a link',
      () => data('<a xmlns="urn:a"><b xmlns:x="http://www.w3.org/1999/xlink" x:href="https://evil.example/"/></a>'),
      /element b has a link/,
    ],
    [
      'a long namespace that many elements are of',
      () => data(`<a xmlns="urn:a" xmlns:b="${'b'.repeat(32_000)}">${'<b:b/>'.repeat(5000)}</a>`),
      /with a namespace of 32000 characters/,
    ],
    [
      'a namespace that is written too often',
      () => data(`<a xmlns="urn:a" xmlns:b="${'b'.repeat(250)}">${'<b:b/>'.repeat(5000)}</a>`),
      /of \d{7} characters when it is written anew, more than 65536/,
    ],
    ['text beside elements', () => data('x<a xmlns="urn:a"/>'), /text beside its elements/],
    ['no element', () => data('<!-- -->'), /without an element/],
    ['an element that closes what is around it', () => data('</data><a xmlns="urn:a"/><data>'), /not well-formed/],
    ['an entity', () => data('<a xmlns="urn:a">&x;</a>'), /not well-formed/],
    ['elements of more than 64 KiB', () => data(`<a xmlns="urn:a">${'x'.repeat(65_536)}</a>`), /more than 65536/],
    [
      'no PlayReady object',
      () => speke1({ systemId: PLAYREADY, protectionHeader: base64('nothing here') }),
      /no whole PlayReady object/,
    ],
  ]
  for (const [name, read, expected] of cases) {
    it(`is refused: ${name}`, () => {
      assert.throws(read, (error: Error) => error instanceof KeyProviderFailed && expected.test(error.message))
    })
  }
})
