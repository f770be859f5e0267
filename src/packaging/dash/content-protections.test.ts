import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse } from 'mpd-parser'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import { type SystemsSketch, samplePssh, systemsEncryption } from '../../../test/keys/sample-systems.ts'
import { audio, CLOCK, ORIGIN, overEra, variant, video, written } from '../../../test/origin/sample-channel.ts'
import { type DashSettings, dashEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { PLAYREADY, WIDEVINE } from '../../model/drm-systems.ts'
import { keyRulesOf } from '../../model/key-track-types.ts'
import type { Era } from '../../model/output-segment.ts'
import { withKeys } from '../content-keys.ts'
import { dash } from './format.ts'

const HEIGHTS = [360, 720, 1080, 2160, 4320]
const surround = { ...audio(258, 'deu'), codec: 'ac-3', configuration: '10110b00', channels: 6, samplesPerFrame: 1536 }
/** Pictures of each size that presets tell apart, stereo and 5.1. */
const ERA: Era = {
  id: 1,
  origin: ORIGIN,
  clock: CLOCK,
  streams: HEIGHTS.map((height, i) =>
    variant(i + 1, 1_000_000 * (i + 1), [video(height), audio(257, 'eng'), surround]),
  ),
}
const WINDOW = overEra(ERA, 7, [{}, {}, {}])
const KEYS = sampleKeys(samplePssh)

async function mpdOf(settings: DashSettings): Promise<string> {
  const endpoint = dashEndpoint(settings)
  const text = written(dash, endpoint, 'index.mpd', await withKeys(endpoint, WINDOW, KEYS))!.text
  assert.ok(parse(text, { manifestUri: 'https://origin.example/index.mpd' }).playlists.length >= HEIGHTS.length)
  return text
}

const encrypted = (sketch: SystemsSketch = {}, settings: DashSettings = {}) =>
  mpdOf({ ...settings, encryption: systemsEncryption('CENC', sketch) })

/** The adaptation sets of a manifest of one Period as text. */
const setsIn = (text: string) => text.split(/(?=<AdaptationSet )/).slice(1)
const kidsIn = (text: string) => [...text.matchAll(/cenc:default_KID="([^"]*)"/g)].map(([, kid]) => kid!)
const LOWER_UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe('ContentProtection', () => {
  it('says of each adaptation set the scheme, the KID and what its DRM systems need', async () => {
    for (const manifestLayout of ['FULL', 'COMPACT'] as const) {
      const text = await encrypted({}, { manifestLayout, includeIframeOnlyStream: true })
      const sets = setsIn(text)
      assert.equal(sets.length, 4)
      const [kid] = kidsIn(text)
      assert.match(kid!, LOWER_UUID)
      const { pssh } = samplePssh(kid!, WIDEVINE)
      const { contentProtectionData } = samplePssh(kid!, PLAYREADY)
      const expected = `
   <ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc" cenc:default_KID="${kid}"/>
   <ContentProtection schemeIdUri="urn:uuid:${WIDEVINE}">
    <cenc:pssh>${Buffer.from(pssh!).toString('base64')}</cenc:pssh>
   </ContentProtection>
   <ContentProtection schemeIdUri="urn:uuid:${PLAYREADY}">
    ${contentProtectionData}
   </ContentProtection>
`
      for (const set of sets) assert.ok(set.includes(expected), set)
      assert.match(text, /<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:cenc="urn:mpeg:cenc:2013"/)
      for (const set of sets) assert.doesNotMatch(set.slice(set.indexOf('<Representation ')), /ContentProtection/)
    }
  })

  it('is read by a foreign parser', async () => {
    const text = await encrypted()
    const { playlists } = parse(text, { manifestUri: 'https://origin.example/index.mpd' })
    for (const { contentProtection } of playlists as unknown as { contentProtection: Record<string, unknown> }[]) {
      assert.deepEqual(Object.keys(contentProtection ?? {}), [
        'mp4protection',
        'com.widevine.alpha',
        'com.microsoft.playready',
      ])
      const pssh = (contentProtection['com.widevine.alpha'] as { readonly pssh: Uint8Array }).pssh
      assert.deepEqual(Buffer.from(pssh), Buffer.from(samplePssh(kidsIn(text)[0]!, WIDEVINE).pssh!))
    }
  })

  it('stands once above all Periods where the layout asks for that and one key covers all', async () => {
    const text = await encrypted({}, { manifestLayout: 'DRM_TOP_LEVEL_COMPACT' })
    const [head, ...sets] = text.split(/(?=<AdaptationSet )/)
    assert.equal(head!.match(/<ContentProtection /g)?.length, 3)
    assert.ok(head!.indexOf('<ContentProtection ') < head!.indexOf('<Period '))
    assert.doesNotMatch(sets.join(''), /ContentProtection/)
    const presets = ['PRESET-VIDEO-1', 'PRESET-AUDIO-1'] as const
    const compact = await encrypted({ presets }, { manifestLayout: 'COMPACT' })
    assert.equal(await encrypted({ presets }, { manifestLayout: 'DRM_TOP_LEVEL_COMPACT' }), compact)
  })

  it('names neither keys nor boxes where keys change within what the manifest shows', async () => {
    const text = await encrypted({ rotates: true })
    for (const set of setsIn(text)) {
      assert.ok(
        set.includes(`
   <ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"/>
   <ContentProtection schemeIdUri="urn:uuid:${WIDEVINE}"/>
   <ContentProtection schemeIdUri="urn:uuid:${PLAYREADY}"/>
`),
      )
    }
    assert.doesNotMatch(text, /cenc:|pssh/)
  })

  it('is of nothing in the clear, and not in the namespaces then', async () => {
    assert.doesNotMatch(await mpdOf({}), /ContentProtection|cenc/)
  })

  const PRESETS = [
    ...([1, 2, 3, 4, 5, 6, 7, 8] as const).map((n) => [`PRESET-VIDEO-${n}`, 'PRESET-AUDIO-2'] as const),
    ['PRESET-VIDEO-1', 'PRESET-AUDIO-1'],
    ['PRESET-VIDEO-1', 'PRESET-AUDIO-3'],
    ['SHARED', 'SHARED'],
    ['UNENCRYPTED', 'PRESET-AUDIO-2'],
    ['PRESET-VIDEO-5', 'UNENCRYPTED'],
  ] as const
  for (const presets of PRESETS) {
    it(`divides adaptation sets by their keys: ${presets.join(', ')}`, async () => {
      const text = await encrypted({ presets })
      const { video: pictures, audio: sound } = keyRulesOf(systemsEncryption('CENC', { presets }))
      const types = (rules: readonly { readonly trackType: string }[]) =>
        new Set(rules.map(({ trackType }) => trackType))
      const sets = setsIn(text)
      const [video, audio] = ['video', 'audio'].map((kind) =>
        sets.filter((set) => set.includes(`contentType="${kind}"`)),
      )
      // Every size, and 5.1 besides stereo, but no 7.1.
      assert.equal(video!.length, Math.max(1, pictures.length))
      assert.equal(audio!.length, 2)
      const kids = [...video!, ...audio!].map(kidsIn)
      assert.ok(kids.every(({ length }, i) => length === ((i < video!.length ? pictures : sound).length === 0 ? 0 : 1)))
      const heard = types(sound.filter(({ minChannels = 0 }) => minChannels <= 6)).size
      const shared = presets[0] === 'SHARED'
      assert.equal(new Set(kids.flat()).size, shared ? 1 : pictures.length + heard)
      // Players switch between the sizes all the same.
      const switching = video!.map((set) => /adaptation-set-switching:2016" value="([\d,]*)"/.exec(set)?.[1])
      const ids = video!.map((set) => /id="(\d+)"/.exec(set)![1]!)
      const others = (id: string) => ids.filter((each) => each !== id).join()
      assert.deepEqual(switching, ids.length > 1 ? ids.map(others) : [undefined])
      assert.ok(video!.every((set) => set.includes('role:2011" value="main"')))
    })
  }
})
