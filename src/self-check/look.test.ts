import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dashEndpoint, hlsEndpoint, mssEndpoint } from '../../test/origin/sample-endpoints.ts'
import {
  type Change,
  dashFiles,
  type Files,
  hlsFiles,
  replaced,
  smoothFiles,
  Watched,
} from '../../test/self-check/shown-endpoint.ts'
import type { Invariant } from './invariants.ts'

const ENDPOINTS = { hls: hlsEndpoint(), dash: dashEndpoint(), smooth: mssEndpoint() }
const FILES = { hls: hlsFiles, dash: dashFiles, smooth: smoothFiles }

type Format = keyof typeof ENDPOINTS

/** What is found in four looks at an endpoint with which something is wrong from the third look on. */
async function found(format: Format, change: Change, from = 10): Promise<readonly string[]> {
  const watched = new Watched(ENDPOINTS[format])
  const invariants = new Set<string>()
  for (let n = 0; n < 4; n++) {
    const files = FILES[format](from + n)
    if (n > 1) change(files)
    const looked = await watched.look(files)
    if (typeof looked === 'string') assert.fail(looked)
    if (n < 2) assert.deepEqual(looked, [])
    for (const { invariant } of looked) invariants.add(invariant)
  }
  return [...invariants]
}

const nothing =
  (path: string | RegExp): Change =>
  (files: Files) => {
    for (const each of files.keys())
      if (each === path || (path instanceof RegExp && path.test(each))) files.delete(each)
  }

const CASES: readonly (readonly [string, Format, Invariant, Change])[] = [
  ['a playlist that is none', 'hls', 'manifest-readable', replaced('index_2.m3u8', '#EXTM3U', 'EXTM3U')],
  [
    'a playlist without a target duration',
    'hls',
    'manifest-readable',
    replaced('index_1.m3u8', /#EXT-X-TARGET.*\n/, ''),
  ],
  ['a playlist that does not answer', 'hls', 'manifest-readable', nothing('index_2.m3u8')],
  ['an MPD that is not well-formed', 'dash', 'manifest-readable', replaced('index.mpd', '</MPD>', '</Mpd>')],
  ['an MPD with a document type', 'dash', 'manifest-readable', replaced('index.mpd', '<MPD', '<!DOCTYPE MPD><MPD')],
  [
    'a playlist that begins with another number than the others',
    'hls',
    'equal-numbers',
    replaced('index_2.m3u8', /MEDIA-SEQUENCE:\d+/, 'MEDIA-SEQUENCE:11'),
  ],
  [
    'a discontinuity that one playlist lacks',
    'hls',
    'equal-numbers',
    replaced('index_2.m3u8', 'DISCONTINUITY-SEQUENCE:1', 'DISCONTINUITY-SEQUENCE:0'),
  ],
  [
    'a media sequence number that goes back',
    'hls',
    'sequence-monotonic',
    (files) => {
      const back = hlsFiles(9)
      for (const [path, file] of back) files.set(path, file)
    },
  ],
  [
    'a Smooth stream that goes back',
    'smooth',
    'sequence-monotonic',
    (files) => {
      for (const [path, file] of smoothFiles(9)) files.set(path, file)
    },
  ],
  [
    'another URL of a listed segment',
    'hls',
    'segment-unchanged',
    (files) => {
      for (const n of [13, 14]) {
        replaced('index_1.m3u8', `index_1_${n}.ts`, `index_1_${n}a.ts`)(files)
        files.set(`index_1_${n}a.ts`, files.get(`index_1_${n}.ts`)!)
      }
    },
  ],
  [
    'another discontinuity sequence number of a listed segment',
    'hls',
    'segment-unchanged',
    (files) => {
      for (const n of [1, 2]) replaced(`index_${n}.m3u8`, /(DISCONTINUITY-SEQUENCE:)\d/, '$17')(files)
    },
  ],
  [
    'another duration of a listed segment of a Smooth stream',
    'smooth',
    'segment-unchanged',
    replaced('index.ism/Manifest', /t="260000000" d="20000000"/, 't="260000000" d="20000001"'),
  ],
  [
    'a duration beyond the target duration',
    'hls',
    'target-duration',
    replaced('index_1.m3u8', /#EXTINF:2.000(,\n.*\n)$/, '#EXTINF:2.500$1'),
  ],
  ['a listed segment that does not answer', 'hls', 'listed-answers', nothing(/^index_[12]_1[67]\.ts$/)],
  ['an oldest segment that does not answer', 'hls', 'listed-answers', nothing(/^index_[12]_13\.ts$/)],
  ['a header that does not answer', 'dash', 'listed-answers', nothing(/init/)],
  ['a Smooth fragment that does not answer', 'smooth', 'listed-answers', nothing(/audio=260000000|video=260000000/)],
  [
    'other bytes under a URL',
    'hls',
    'bytes-unchanged',
    (files) => {
      const bytes = Buffer.from(files.get('index_1_14.ts') as Buffer)
      bytes[bytes.length - 1]! ^= 1
      files.set('index_1_14.ts', bytes)
    },
  ],
  [
    'audio that begins long after video',
    'hls',
    'tracks-begin-together',
    (files) => {
      for (const [path, file] of hlsFiles(12, 90_000)) if (/_16\.ts/.test(path)) files.set(path, file)
    },
  ],
  [
    'audio of DASH that begins long after video',
    'dash',
    'tracks-begin-together',
    (files) => {
      for (const [path, file] of dashFiles(12, 1)) if (/audio_16/.test(path)) files.set(path, file)
    },
  ],
  [
    'segments of an MPD that overlap',
    'dash',
    'timeline-contiguous',
    replaced('index.mpd', /t="\d+" d="180000"\/><\/SegmentTimeline>/, 't="300000" d="180000"/></SegmentTimeline>'),
  ],
  [
    'a Period that moves',
    'dash',
    'period-stable',
    replaced('index.mpd', /id="12" start="PT(\d+)S"/, 'id="12" start="PT1S"'),
  ],
]

describe('a look at an endpoint', () => {
  it('finds nothing wrong with audio of DASH that is cut where PES packets of the source end', async () => {
    const late = (files: Files) => {
      for (const [path, file] of dashFiles(12, 0.08)) if (path.includes('audio_')) files.set(path, file)
    }
    assert.deepEqual(await found('dash', late), [])
  })

  for (const format of ['hls', 'dash', 'smooth'] as const) {
    it(`finds nothing wrong with ${format} that goes on across a discontinuity`, async () => {
      assert.deepEqual(await found(format, () => {}), [])
      assert.deepEqual(await found(format, () => {}, 7), [])
    })
  }

  for (const [name, format, invariant, change] of CASES) {
    it(`finds ${name}`, async () => {
      const all = await found(format, change)
      assert.ok(all.includes(invariant), `${invariant} is not among ${all.join()}`)
    })
  }

  it('finds dates that jump, or go back at a discontinuity', async () => {
    const date = (text: string) => new RegExp(`DATE-TIME:2026-01-01T12:00:${text}`)
    const jump = (files: Files) => replaced('index_2.m3u8', date('30'), 'DATE-TIME:2026-01-01T12:00:31')(files)
    assert.deepEqual((await found('hls', jump)).toSorted(), ['dates-continuous', 'segment-unchanged'])
    const watched = new Watched(ENDPOINTS.hls)
    const files = hlsFiles(10)
    for (const n of ['24', '26', '28']) replaced('index_1.m3u8', date(n), `DATE-TIME:2026-01-01T11:00:${n}`)(files)
    const looked = await watched.look(files)
    if (typeof looked === 'string') assert.fail(looked)
    assert.deepEqual(
      looked.map(({ invariant, sequence, expected }) => [invariant, sequence, expected]),
      [['dates-continuous', 12, 'not before 2026-01-01T12:00:24.000Z']],
    )
  })

  it('finds a Period that is gone', async () => {
    const gone = replaced('index.mpd', '<Period id="12"', '<Period id="13"')
    assert.ok((await found('dash', gone, 9)).includes('period-stable'))
  })

  it('finds segments of an MPD that are in the future', async () => {
    const watched = new Watched(ENDPOINTS.dash)
    watched.nowMs = Date.UTC(2026, 0, 1, 12)
    const looked = await watched.look(dashFiles(20))
    if (typeof looked === 'string') assert.fail(looked)
    assert.deepEqual([...new Set(looked.map(({ invariant }) => invariant))], ['availability'])
  })

  it('finds a live edge that stands still only while an encoder sends', async () => {
    const watched = new Watched(ENDPOINTS.hls)
    const invariants: string[][] = []
    for (const [passed, since] of [[0], [20_000], [40_000], [50_000, 5_000], [60_000, 45_000]] as const) {
      watched.nowMs += passed
      watched.sendingSince = since === undefined ? undefined : watched.nowMs - since
      const looked = await watched.look(hlsFiles(10))
      if (typeof looked === 'string') assert.fail(looked)
      invariants.push(looked.map(({ invariant }) => invariant))
    }
    assert.deepEqual(invariants, [[], [], [], [], ['live-edge-moves']])
  })

  it('says of an endpoint without a manifest that there is nothing, and of a store that does not answer that it failed', async () => {
    const watched = new Watched(ENDPOINTS.hls)
    assert.equal(await watched.look(new Map()), 'nothing')
    assert.equal(await watched.look(new Map([['index.m3u8', { error: 'StoreUnavailable' }]])), 'failed')
  })

  it('takes a playlist for one that has ended when the manifest no longer names it', async () => {
    const watched = new Watched(ENDPOINTS.hls)
    const files = hlsFiles(10)
    files.delete('index_2.m3u8')
    const reading = watched.look(files)
    files.set('index.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nindex_1.m3u8\n')
    assert.deepEqual(await reading, [])
  })

  it('fetches four segments or headers at most, and each URL that it has fetched again', async () => {
    const watched = new Watched(ENDPOINTS.hls)
    const fetched = new Map<string, number>()
    for (let n = 0; n < 20; n++) {
      watched.asked.length = 0
      await watched.look(hlsFiles(10 + n))
      const segments = watched.asked.filter((path) => path.endsWith('.ts'))
      assert.ok(segments.length > 0 && segments.length <= 4)
      for (const path of segments) fetched.set(path, (fetched.get(path) ?? 0) + 1)
    }
    assert.ok([...fetched.values()].filter((times) => times > 1).length >= 5)
  })
})
