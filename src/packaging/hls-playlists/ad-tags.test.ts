import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import hlsParser from 'hls-parser'
import {
  audio,
  CLOCK,
  ORIGIN,
  outputSegments,
  subtitles,
  variant,
  video,
  windowOf,
  written,
} from '../../../test/origin/sample-channel.ts'
import { cmafEndpoint, hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { ArchiveWindow, Era } from '../../model/output-segment.ts'
import { cmaf } from '../cmaf/format.ts'
import { hls } from '../hls-ts/format.ts'

hlsParser.setOptions({ strictMode: true })

const ERA: Era = {
  id: 3,
  origin: ORIGIN,
  clock: CLOCK,
  streams: [
    variant(1, 2_700_123, [video(540), audio(257, 'eng')]),
    variant(2, 1_000_456, [video(360), audio(257, 'eng')]),
    subtitles(3),
  ],
}

const OATCLS = '#EXT-OATCLS-SCTE35:/DAlAAAA'
const OUT = '#EXT-X-CUE-OUT:12.000'
const RANGE = '#EXT-X-DATERANGE:ID="7",START-DATE="2026-08-01T12:00:06Z",SCTE35-OUT=0xFC30'
const IN = '#EXT-X-CUE-IN'

/** Two segments of one slot, one of two, and one where the second variant has a gap and another timeline begins. */
const SKETCHES = [{}, {}, { slots: 2 }, { missing: [2], discontinuity: true }].map((each) => ({ ...each, era: ERA }))
const LISTED = [[[]], [[OATCLS, OUT]], [[OUT], [RANGE, IN]], [[RANGE]]]
const WINDOW: ArchiveWindow = windowOf(
  outputSegments(11, SKETCHES).map((segment, i) => ({
    ...segment,
    slots: segment.slots.map((slot, at) => ({
      ...slot,
      ...(LISTED[i]![at]!.length > 0 && { adTags: LISTED[i]![at]! }),
    })),
  })),
  { eras: [ERA] },
)

type Settings = Partial<Pick<HlsManifest, 'adMarkers' | 'programDateTimeIntervalSeconds' | 'playlistType'>>

/** All media playlists of an endpoint, by name. */
function playlists(kind: 'hls' | 'cmaf', settings: Settings, style: 'live' | 'harvest'): Map<string, string> {
  const all = { includeIframeOnlyStream: true, ...settings }
  const [format, endpoint, parent] =
    kind === 'hls'
      ? ([hls, hlsEndpoint({ ...all, useAudioRenditionGroup: true }), 'index.m3u8'] as const)
      : ([cmaf, cmafEndpoint(all), 'main/news.m3u8'] as const)
  const text = (path: string) => written(format, endpoint, path, WINDOW, { kind: style })!.text
  const uris = [...text(parent).matchAll(/^[^#].*\.m3u8|(?<=URI=")[^"]+/gm)].map(([uri]) => uri)
  const folder = parent.slice(0, parent.lastIndexOf('/') + 1)
  return new Map(uris.map((uri) => [uri, text(folder + uri)]))
}

/** The lines of each segment but the one with its name, without what is not the same in all playlists. */
const before = (text: string): string[][] =>
  text
    .slice(text.indexOf('#EXT-X-MEDIA-SEQUENCE'))
    .split(/^[^#\n].*\n/m)
    .map((lines) =>
      lines.split('\n').filter((line) => /^#EXT-(OATCLS|X-(CUE|DATERANGE|PROGRAM|DISCONTINUITY$))/.test(line)),
    )
    .slice(0, -1)

describe('ad tags of the source in playlists', () => {
  const date = (seconds: number) => `#EXT-X-PROGRAM-DATE-TIME:2026-08-01T12:00:${String(seconds).padStart(2, '0')}.000Z`

  for (const kind of ['hls', 'cmaf'] as const) {
    for (const style of ['live', 'harvest'] as const) {
      it(`stand before the segments that have them: ${kind}, ${style}`, () => {
        const found = playlists(kind, { adMarkers: 'PASSTHROUGH' }, style)
        assert.equal(found.size, 5, [...found.keys()].join())
        for (const [name, text] of found) {
          assert.ok(!hlsParser.parse(text).isMasterPlaylist)
          if (name.includes('iframe')) {
            assert.doesNotMatch(text, /CUE|OATCLS|DATERANGE/)
            continue
          }
          assert.deepEqual(
            before(text).map((lines) => lines.map((line) => line.replace(/(?<=\.0)\d\d(?=Z$)/, '00'))),
            [[], [OATCLS, OUT], [RANGE, date(12), OUT, IN], ['#EXT-X-DISCONTINUITY', RANGE, date(18)]],
            name,
          )
        }
      })
    }

    it(`leave a playlist as it is where they are not asked for: ${kind}`, () => {
      const others = { programDateTimeIntervalSeconds: 1 }
      const none = playlists(kind, { ...others, adMarkers: 'NONE' }, 'live')
      for (const text of none.values()) assert.doesNotMatch(text, /CUE|OATCLS|DATERANGE/)
      const some = playlists(kind, { ...others, adMarkers: 'PASSTHROUGH' }, 'live')
      const without = [...some].map(([name, text]) => [
        name,
        text.replaceAll(/^#EXT-(OATCLS|X-CUE|X-DATERANGE).*\n/gm, ''),
      ])
      assert.deepEqual(new Map(without as [string, string][]), none)
    })
  }
})
