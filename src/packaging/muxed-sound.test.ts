/** Sound that the encoder's playlist announces without a URI: it rides with the pictures, RFC 8216 §4.3.4.1. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DOMParser } from '@xmldom/xmldom'
import hlsParser from 'hls-parser'
import { assetOf, audio, CLOCK, ORIGIN, overEra, variant, video, written } from '../../test/origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../../test/origin/sample-endpoints.ts'
import type { AudioDescription } from '../media/track.ts'
import type { ManifestFilter } from '../model/manifest-filter.ts'
import type { Era, SourceStream } from '../model/output-segment.ts'
import type { MuxedAudio } from '../model/stream-role.ts'
import { cmaf } from './cmaf/format.ts'
import { dash } from './dash/format.ts'
import { hls } from './hls-ts/format.ts'
import { mss } from './mss/format.ts'

hlsParser.setOptions({ strictMode: true })

const CMAF = cmafEndpoint()

const english: MuxedAudio = { name: 'English', language: 'en', isDefault: true, autoselect: true }
const apart = (index: number, role: Partial<MuxedAudio> & { name: string; groupId?: string }): SourceStream => ({
  index,
  playlist: `a${index}.m3u8`,
  role: { kind: 'audio', groupId: 'a', isDefault: false, autoselect: true, ...role },
  tracks: [audio(300)],
  container: 'mpeg-ts',
  bitrates: [128_000],
})
const group = (...muxedAudio: readonly MuxedAudio[]) => ({ audioGroup: 'a', muxedAudio })
const eraOf = (...streams: readonly SourceStream[]): Era => ({ id: 1, origin: ORIGIN, clock: CLOCK, streams })

/** A ladder that carries English, and German beside it. */
const LADDER = eraOf(
  variant(1, 2_000_000, [video(540), audio(257)], group(english)),
  variant(2, 1_000_000, [video(360), audio(257)], group(english)),
  apart(3, { name: 'Deutsch', language: 'de' }),
)

const windowOver = (era: Era) => overEra(era, 1, [{}, {}, {}, {}])

function hlsParent(era: Era, useAudioRenditionGroup = false, filter?: ManifestFilter) {
  const style = { kind: 'live', ...(filter && { filter }) } as const
  const text = written(hls, hlsEndpoint({ useAudioRenditionGroup }), 'index.m3u8', windowOver(era), style)?.text ?? ''
  hlsParser.parse(text)
  return text
}

/** The audio renditions of a parent playlist, and what its variants name. */
const renditions = (text: string) => text.match(/(?<=#EXT-X-MEDIA:TYPE=AUDIO,).*/g) ?? []
const named = (text: string) =>
  [...text.matchAll(/#EXT-X-STREAM-INF:.*?(?:AUDIO="(.*?)")?\n(.*)/g)].map(([, a, b]) => `${a} ${b}`)

function cmafRenditions(era: Era, filter?: ManifestFilter) {
  const style = { kind: 'live', ...(filter && { filter }) } as const
  const text = written(cmaf, CMAF, 'main/news.m3u8', windowOver(era), style)?.text ?? ''
  hlsParser.parse(text)
  return renditions(text).map((line) => line.replace(/^GROUP-ID="audio_|,CHANNELS="\d"/g, ''))
}

const parsed = (text: string) => Array.from(new DOMParser().parseFromString(text, 'text/xml').getElementsByTagName('*'))

function dashSets(era: Era) {
  const mpd = parsed(written(dash, dashEndpoint(), 'index.mpd', windowOver(era))?.text ?? '')
  return mpd
    .filter((each) => each.tagName === 'AdaptationSet' && each.getAttribute('contentType') === 'audio')
    .map((set) => {
      const [role, label] = ['Role', 'Label'].map((name) => set.getElementsByTagName(name)[0])
      return `${set.getAttribute('lang')} ${role?.getAttribute('value')} ${label?.textContent}`
    })
}

function mssStreams(era: Era) {
  const manifest = parsed(written(mss, mssEndpoint(), 'index.ism/Manifest', windowOver(era))?.text ?? '')
  return manifest
    .filter((each) => each.tagName === 'StreamIndex' && each.getAttribute('Type') === 'audio')
    .map((each) => `${each.getAttribute('Language')} ${each.getAttribute('Name')}`)
}

describe('main sound that rides with the pictures', () => {
  it('is a member of its group without a URI in HLS', () => {
    const text = hlsParent(LADDER)
    assert.deepEqual(renditions(text), [
      'GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2"',
      'GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="index_3_0.m3u8"',
    ])
    assert.deepEqual(named(text), ['a index_1.m3u8', 'a index_2.m3u8'])
  })

  it('is a rendition of its own in HLS where audio is to be split off', () => {
    const text = hlsParent(LADDER, true)
    assert.deepEqual(renditions(text), [
      'GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="index_2_0.m3u8"',
      'GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="index_3_0.m3u8"',
    ])
    assert.deepEqual(named(text), ['a index_1.m3u8', 'a index_2.m3u8'])
    for (const path of ['index_2_0.m3u8', 'index_1.m3u8']) {
      assert.match(written(hls, hlsEndpoint({ useAudioRenditionGroup: true }), path, windowOver(LADDER))!.text, /\.ts/)
    }
  })

  it('is a track of its own in CMAF, DASH and Smooth Streaming', () => {
    assert.deepEqual(cmafRenditions(LADDER), [
      'mp4a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="news_audio_12.m3u8"',
      'mp4a",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,URI="news_audio_21.m3u8"',
    ])
    assert.deepEqual(dashSets(LADDER), ['en main English', 'de alternate Deutsch'])
    assert.deepEqual(mssStreams(LADDER), ['en en_12', 'de de_21'])
  })

  it('is in an asset, with no playlist where it stays in the variants', () => {
    const names = (useAudioRenditionGroup: boolean) =>
      assetOf(hls, hlsEndpoint({ useAudioRenditionGroup }), windowOver(LADDER))?.manifests.map(({ name }) => name)
    assert.deepEqual(names(false), ['index_1.m3u8', 'index_2.m3u8', 'index_3_0.m3u8'])
    assert.deepEqual(names(true), ['index_1.m3u8', 'index_2.m3u8', 'index_2_0.m3u8', 'index_3_0.m3u8'])
    const asset = assetOf(cmaf, CMAF, windowOver(LADDER))
    assert.equal(asset?.parent.text.match(/TYPE=AUDIO/g)?.length, 2)
  })

  it('is the default only where the source says so', () => {
    const era = eraOf(
      variant(1, 2_000_000, [video(540), audio(257)], group({ ...english, isDefault: false })),
      apart(2, { name: 'Deutsch', language: 'de', isDefault: true }),
    )
    const defaults = (lines: readonly string[]) => lines.map((line) => /DEFAULT=YES/.test(line))
    assert.deepEqual(defaults(renditions(hlsParent(era))), [false, true])
    assert.deepEqual(defaults(renditions(hlsParent(era, true))), [false, true])
    assert.deepEqual(defaults(cmafRenditions(era)), [false, true])
    assert.deepEqual(dashSets(era), ['en alternate English', 'de main Deutsch'])
    assert.deepEqual(mssStreams(era), ['de de_11', 'en en_2'])
  })

  it('and a commentary in the same language are two', () => {
    const era = eraOf(
      variant(1, 2_000_000, [video(540), audio(257, 'eng')], group(english)),
      apart(2, { name: 'Commentary', language: 'en', characteristics: 'public.accessibility.describes-video' }),
    )
    assert.deepEqual(renditions(hlsParent(era)).length, 2)
    assert.deepEqual(dashSets(era), ['en main English', 'en description Commentary'])
    assert.equal(mssStreams(era).length, 2)
    const muxed = eraOf(
      variant(1, 2_000_000, [video(540), audio(257)], group({ ...english, name: 'Comment', isDefault: false })),
      apart(2, { name: 'English', language: 'en', isDefault: true }),
    )
    assert.deepEqual(cmafRenditions(muxed), [
      'mp4a",NAME="Comment",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=NO,URI="news_audio_2.m3u8"',
      'mp4a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="news_audio_11.m3u8"',
    ])
  })

  it('may lie alone in its group', () => {
    const era = eraOf(variant(1, 2_000_000, [video(540), audio(257)], group(english)))
    assert.deepEqual(renditions(hlsParent(era)), [
      'GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2"',
    ])
    assert.deepEqual(renditions(hlsParent(era, true)), [
      'GROUP-ID="audio",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="index_1_0.m3u8"',
    ])
    assert.deepEqual(dashSets(era), ['en main English'])
  })
})

describe('several tracks of sound in one variant', () => {
  const [eng, deu, fra] = [audio(257, 'eng'), audio(258, 'deu'), audio(259, 'fra')]
  const labels = (era: Era) => dashSets(era).map((each) => each.replace(/ (main|alternate) /, ' '))

  it('are told apart by their languages, however these are written', () => {
    const german: MuxedAudio = { name: 'Deutsch', language: 'de-AT', isDefault: true, autoselect: true }
    const era = eraOf(variant(1, 2_000_000, [video(540), eng, deu], group(german, { ...english, isDefault: false })))
    assert.deepEqual(dashSets(era), ['en alternate English', 'de-AT main Deutsch'])
    assert.deepEqual(
      renditions(hlsParent(era)).map((line) => /NAME=.*?,/.exec(line)?.[0]),
      ['NAME="Deutsch",', 'NAME="English",'],
    )
  })

  it('are named by the program map where the playlist announces one alone', () => {
    for (const tracks of [
      [eng, fra],
      [fra, eng],
    ] as const) {
      const era = eraOf(
        variant(1, 2_000_000, [video(540), ...tracks], group(english)),
        apart(2, { name: 'Deutsch', language: 'de' }),
      )
      assert.deepEqual(labels(era), ['en English', 'de Deutsch', 'fra fra'])
      const split = renditions(hlsParent(era, true)).map((line) => /NAME="(.*?)"/.exec(line)?.[1])
      assert.deepEqual(split, ['English', 'fra', 'Deutsch'])
    }
  })

  it('are in the order of the playlist where the program map says nothing', () => {
    const second = { name: 'Français', language: 'fr', isDefault: false, autoselect: true }
    const tracks = [audio(257), { ...audio(258), channels: 1 }]
    assert.deepEqual(labels(eraOf(variant(1, 2_000_000, [video(540), ...tracks], group(english, second)))), [
      'en English',
      'fr Français',
    ])
  })
})

describe('variants of different groups', () => {
  const surround: AudioDescription = {
    ...audio(257),
    codec: 'ac-3',
    configuration: '10104a',
    channels: 6,
    samplesPerFrame: 1536,
  }
  const era = eraOf(
    variant(1, 2_000_000, [video(540), surround], { audioGroup: 'ac3', muxedAudio: [english] }),
    variant(2, 1_000_000, [video(360), audio(257)], { audioGroup: 'aac', muxedAudio: [english] }),
    apart(3, { name: 'Deutsch', language: 'de', groupId: 'aac' }),
  )

  it('keep their sound', () => {
    for (const split of [false, true]) {
      const text = hlsParent(era, split)
      const listed = renditions(text).map((line) => line.split(',', 2).join())
      const own = ['GROUP-ID="aac",NAME="English"', 'GROUP-ID="ac3",NAME="English"']
      assert.deepEqual(listed.toSorted(), ['GROUP-ID="aac",NAME="Deutsch"', ...own])
      assert.deepEqual(named(text), ['ac3 index_1.m3u8', 'aac index_2.m3u8'])
      const [first, second] = text.match(/(?<=CODECS=").*?(?=")/g) ?? []
      assert.deepEqual([first, second], ['avc1.64001f,ac-3', 'avc1.64001f,mp4a.40.2'])
    }
    assert.equal(cmafRenditions(era).length, 3)
  })

  it('whose group lists only what lies apart are as they were', () => {
    const silent = eraOf(
      variant(1, 2_000_000, [video(540), audio(257)], { audioGroup: 'a' }),
      apart(2, { name: 'Deutsch', language: 'de', isDefault: true }),
    )
    assert.deepEqual(dashSets(silent), ['de main Deutsch'])
    assert.equal(renditions(hlsParent(silent)).length, 1)
  })

  it('and those of none have one sound, by the name that one of them gives it', () => {
    const mixed = eraOf(
      variant(1, 2_000_000, [video(540), audio(257, 'eng')], group(english)),
      variant(2, 1_000_000, [video(360), audio(257, 'eng')]),
    )
    assert.deepEqual(dashSets(mixed), ['en main English'])
    assert.equal(renditions(hlsParent(mixed, true)).length, 1)
  })
})

describe('a filter of languages', () => {
  const names = (lines: readonly string[]) => lines.map((line) => /NAME="(.*?)"/.exec(line)?.[1])

  for (const [language, name] of [
    ['en', 'English'],
    ['de', 'Deutsch'],
  ] as const) {
    it(`leaves ${name}, whichever way it comes`, () => {
      for (const split of [false, true]) {
        const text = hlsParent(LADDER, split, { audioLanguage: [language] })
        assert.deepEqual(names(renditions(text)), [name])
        assert.deepEqual(named(text), ['a index_1.m3u8', 'a index_2.m3u8'])
      }
      assert.deepEqual(names(cmafRenditions(LADDER, { audioLanguage: [language] })), [name])
    })
  }
})

it('sounds that share a name are all offered, under names that differ', () => {
  const both = [english, { ...english, language: 'de', isDefault: false }].map((each) => ({ ...each, name: 'Audio' }))
  const tracks = [video(540), audio(257, 'eng'), audio(258, 'deu')]
  const era = eraOf(
    variant(1, 2_000_000, tracks, group(...both)),
    variant(2, 1_000_000, tracks, group(...both)),
    apart(3, { name: 'Audio', language: 'fr' }),
  )
  for (const isSplit of [false, true]) {
    const found = renditions(hlsParent(era, isSplit)).map((line) =>
      /NAME="(.*?)".*LANGUAGE="(.*?)"/.exec(line)?.slice(1),
    )
    assert.deepEqual(found, [
      ['Audio (2)', 'en'],
      ['Audio (3)', 'de'],
      ['Audio', 'fr'],
    ])
  }
})
