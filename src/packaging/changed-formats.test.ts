/** A window over a change of format: a parent playlist says what all of it is, RFC 8216 §4.3.4.2. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  assetOf,
  audio,
  CLOCK,
  ORIGIN,
  outputSegments,
  variant,
  video,
  windowOf,
  written,
} from '../../test/origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import type { AudioDescription, TrackDescription, VideoDescription } from '../media/track.ts'
import type { ArchiveWindow, Era, SourceStream } from '../model/output-segment.ts'
import { cmaf } from './cmaf/format.ts'
import { dash } from './dash/format.ts'
import { hls } from './hls-ts/format.ts'

const HLS = hlsEndpoint({ includeIframeOnlyStream: true })
const CMAF = cmafEndpoint({ includeIframeOnlyStream: true })

/** Eras one behind the other, two segments of each. */
function windowOver(...eras: readonly (readonly SourceStream[])[]): ArchiveWindow {
  const all = eras.map((streams, i): Era => ({ id: i + 1, origin: ORIGIN, clock: CLOCK, streams }))
  const sketches = all.flatMap((era, i) => [{ era, discontinuity: i > 0 }, { era }])
  return windowOf(outputSegments(1, sketches), { eras: all })
}

const hlsText = (window: ArchiveWindow, endpoint = HLS) => written(hls, endpoint, 'index.m3u8', window)?.text ?? ''
const cmafText = (window: ArchiveWindow) => written(cmaf, CMAF, 'main/news.m3u8', window)?.text ?? ''
/** An attribute of the first variant, or of the I-frame stream. */
const ofVariant = (text: string, name: string) =>
  new RegExp(`#EXT-X-STREAM-INF:.*?[:,]${name}="?([^"\n]*?)"?[,\n](?=[A-Z]|index|news)`).exec(text)?.[1]
const ofIFrames = (text: string, name: string) =>
  new RegExp(`#EXT-X-I-FRAME.*?[:,]${name}="?([^"\n]*?)"?,[A-Z]`).exec(text)?.[1]

const hevc: VideoDescription = {
  ...video(1080),
  codec: 'hvc1.1.6.L93.90',
  frameRate: { numerator: 50, denominator: 1 },
}
const hdr = (transfer: number): VideoDescription => ({
  ...hevc,
  colour: { primaries: 9, transfer, matrix: 9, fullRange: false },
})
const dolby: AudioDescription = {
  ...audio(257),
  codec: 'ac-3',
  configuration: '10104a',
  channels: 6,
  samplesPerFrame: 1536,
}
const one = (tracks: readonly TrackDescription[], attributes = {}) => [variant(1, 2_000_000, tracks, attributes)]

describe('CODECS', () => {
  it('names every format of the window, the newest first, in live manifests and in assets', () => {
    for (const [first, second, codecs] of [
      [video(540), hevc, 'hvc1.1.6.L93.90,mp4a.40.2,avc1.64001f'],
      [hevc, video(540), 'avc1.64001f,mp4a.40.2,hvc1.1.6.L93.90'],
      [video(540), { ...video(540), codec: 'avc1.640028' }, 'avc1.640028,mp4a.40.2,avc1.64001f'],
    ] as const) {
      const window = windowOver(one([first, audio(257)]), one([second, audio(257)]))
      assert.equal(ofVariant(hlsText(window), 'CODECS'), codecs)
      assert.equal(ofVariant(assetOf(hls, HLS, window)!.parent.text, 'CODECS'), codecs)
      assert.deepEqual(ofVariant(cmafText(window), 'CODECS')?.split(',').toSorted(), codecs.split(',').toSorted())
      assert.equal(ofIFrames(hlsText(window), 'CODECS'), `${second.codec},${first.codec}`)
      assert.equal(ofIFrames(cmafText(window), 'CODECS'), `${second.codec},${first.codec}`)
    }
  })

  it('names each once, however often it comes back', () => {
    const [h264, h265] = [one([video(540), audio(257)]), one([hevc, dolby])]
    assert.equal(
      ofVariant(hlsText(windowOver(h264, h265, h264)), 'CODECS'),
      'avc1.64001f,mp4a.40.2,hvc1.1.6.L93.90,ac-3',
    )
  })

  it('keeps the words of the encoder, and doubts them where they are of another kind than the media', () => {
    const declared = { codecs: 'avc1.640029,mp4a.40.2' }
    const changed = windowOver(one([video(540), audio(257)], declared), one([hevc, audio(257)], declared))
    assert.equal(ofVariant(hlsText(changed), 'CODECS'), 'mp4a.40.2,hvc1.1.6.L93.90,avc1.640029')
    const sound = windowOver(one([video(540), audio(257)], declared), one([video(540), dolby], declared))
    assert.equal(ofVariant(hlsText(sound), 'CODECS'), 'avc1.640029,ac-3,mp4a.40.2')
    const after = windowOver(one([hevc, audio(257)], declared))
    assert.equal(ofVariant(hlsText(after), 'CODECS'), 'mp4a.40.2,hvc1.1.6.L93.90')
    const dolbyVision = windowOver(one([hevc], { codecs: 'dvh1.05.06' }))
    assert.equal(ofVariant(hlsText(dolbyVision), 'CODECS'), 'dvh1.05.06')
  })

  it('covers renditions, and sound that was split off', () => {
    const rendition = (tracks: readonly TrackDescription[]): SourceStream => ({
      index: 2,
      playlist: 'a.m3u8',
      role: { kind: 'audio', groupId: 'a', name: 'en', language: 'en', isDefault: true, autoselect: true },
      tracks,
      container: 'mpeg-ts',
      bitrates: [128_000],
    })
    const apart = (tracks: readonly TrackDescription[]) => [
      ...one([video(540)], { audioGroup: 'a' }),
      rendition(tracks),
    ]
    const window = windowOver(apart([audio(257)]), apart([dolby]))
    assert.equal(ofVariant(hlsText(window), 'CODECS'), 'avc1.64001f,ac-3,mp4a.40.2')
    assert.equal(ofVariant(cmafText(window), 'CODECS'), 'avc1.64001f,ac-3,mp4a.40.2')
    const split = windowOver(one([video(540), audio(257)]), one([video(540), dolby]))
    assert.equal(
      ofVariant(hlsText(split, hlsEndpoint({ useAudioRenditionGroup: true })), 'CODECS'),
      'avc1.64001f,ac-3,mp4a.40.2',
    )
  })

  it('leaves out an era of which the window has nothing', () => {
    const window = windowOver(one([hevc, audio(257)]), one([video(540), audio(257)]))
    const segments = window.segments.slice(2)
    assert.equal(ofVariant(hlsText({ ...window, segments }), 'CODECS'), 'avc1.64001f,mp4a.40.2')
    assert.equal(ofVariant(cmafText({ ...window, segments }), 'CODECS'), 'avc1.64001f,mp4a.40.2')
  })
})

describe('what else a variant says of its pictures', () => {
  it('is the largest size and rate of the window', () => {
    for (const [a, b] of [
      [video(540), hevc],
      [hevc, video(540)],
    ] as const) {
      for (const text of [hlsText(windowOver(one([a]), one([b]))), cmafText(windowOver(one([a]), one([b])))]) {
        assert.equal(ofVariant(text, 'RESOLUTION'), '1920x1080')
        assert.equal(ofVariant(text, 'FRAME-RATE'), '50.000')
        assert.equal(ofIFrames(text, 'RESOLUTION'), '1920x1080')
      }
    }
  })

  it('is what the encoder declared while the pictures stay as they are', () => {
    const declared = { resolution: { width: 1920, height: 1080 }, frameRate: 29.97 }
    const text = hlsText(windowOver(one([video(540), audio(257)], declared), one([video(540)], declared)))
    assert.equal(ofVariant(text, 'RESOLUTION'), '1920x1080')
    assert.equal(ofVariant(text, 'FRAME-RATE'), '29.970')
  })

  it('is the widest dynamic range: PQ, then HLG', () => {
    const [sdr, hlg, pq] = [one([hevc]), one([hdr(18)]), one([hdr(16)])]
    for (const [range, ...eras] of [
      ['PQ', hlg, pq, sdr],
      ['HLG', hlg, sdr],
      ['PQ', pq, hlg],
      [undefined, sdr, sdr],
    ] as const) {
      for (const text of [hlsText(windowOver(...eras)), cmafText(windowOver(...eras))]) {
        assert.equal(/STREAM-INF:.*VIDEO-RANGE=(\w+)/.exec(text)?.[1], range)
        assert.equal(/I-FRAME-STREAM-INF:.*VIDEO-RANGE=(\w+)/.exec(text)?.[1], range)
      }
    }
  })
})

it('a Period of DASH has the formats of its own era', () => {
  const window = windowOver(one([video(540), audio(257)]), one([hevc, dolby]))
  const text = written(dash, dashEndpoint(), 'index.mpd', window)?.text ?? ''
  const periods = text.split('<Period').slice(1)
  assert.deepEqual(
    periods.map((period) => period.match(/(?<=codecs=").*?(?=")/g)),
    [
      ['avc1.64001f', 'mp4a.40.2'],
      ['hvc1.1.6.L93.90', 'ac-3'],
    ],
  )
})

it('BANDWIDTH is the peak of the window, while the window has it', () => {
  const tracks = [video(540), audio(257)]
  const [fast, slow] = [5_000_000, 2_000_000].map((bandwidth) => [variant(1, bandwidth, tracks)])
  for (const [eras, bandwidth] of [
    [[fast!, slow!], 5_000_000],
    [[slow!, fast!], 5_000_000],
    [[slow!, slow!], 2_000_000],
  ] as const) {
    const window = windowOver(...eras)
    for (const text of [hlsText(window), cmafText(window)]) {
      assert.match(text, new RegExp(`#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},`))
    }
  }
})
