import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { titleTag } from '../../../test/fixtures/timed-metadata.ts'
import { LADDER, outputSegments } from '../../../test/origin/sample-channel.ts'
import { emptySamples } from '../../media/sample.ts'
import { TICKS_PER_SECOND } from '../../media/time.ts'
import { trackSetOf } from '../tracks/track-set.ts'
import { Chapters, type ChapterTrack } from './chapters.ts'
import { MovieClock } from './movie-clock.ts'

const SECONDS = 600
const TIMESCALE = 48_000
const ALL = { minVideoBitsPerSecond: 0, maxVideoBitsPerSecond: 2 ** 31 - 1, streamOrder: 'ORIGINAL' } as const

/** The chapters of ten minutes with these titles, so many seconds after the beginning. */
async function chaptersOf(titles: readonly (readonly [seconds: number, title: string])[]) {
  const [segment] = outputSegments(1, [{ seconds: SECONDS }])
  const [track] = trackSetOf(LADDER, ALL).video
  const chapters = new Chapters({ tagged: new Map([[LADDER.id, track!]]), ranges: undefined })
  const clock = new MovieClock()
  clock.enter(segment!)
  const events = titles.map(([seconds, title]) => {
    return { pid: 500, pts: segment!.start + Math.round(seconds * 90_000), tag: titleTag(title) }
  })
  const samples = emptySamples(1)
  const picture = { ...track!.description, timescale: TICKS_PER_SECOND, samples, media: new Uint8Array() }
  const media = { demuxed: async () => ({ tracks: [picture], events }) }
  await chapters.enter(segment!, clock, { part: 0, media })
  return chapters.track([{ from: 0, to: Infinity }], { duration: SECONDS * TIMESCALE, timescale: TIMESCALE })
}

/** The title in each sample, and the milliseconds that it lasts. */
function listed(found: ChapterTrack | undefined): readonly (readonly [ms: number, title: string])[] {
  if (!found) return []
  const { data, entries } = found
  const [stts, stsz] = [entries.stts, entries.stsz].map((table) => Buffer.from(table))
  const runs = Array.from({ length: stts!.length / 8 }, (_, i) => i * 8)
  const lengths = runs.flatMap((at) => Array<number>(stts!.readUInt32BE(at)).fill(stts!.readUInt32BE(at + 4)))
  let at = 0
  return lengths.map((ms, i) => {
    const sample = Buffer.from(data.subarray(at))
    at += stsz!.readUInt32BE(i * 4)
    return [ms, sample.toString('utf8', 2, 2 + sample.readUInt16BE())]
  })
}

describe('chapters', () => {
  it('are one where the same title comes again', async () => {
    const titles = [
      [10, 'one'],
      [20, 'one'],
      [30, 'two'],
      [30, 'three'],
      [40, ' '],
      [50, 'one'],
    ] as const
    assert.deepEqual(listed(await chaptersOf(titles)), [
      [10_000, ''],
      [20_000, 'one'],
      [20_000, 'three'],
      [550_000, 'one'],
    ])
  })

  it('begin and end with the file', async () => {
    const titles = [
      [-1, 'before'],
      [SECONDS, 'behind'],
    ] as const
    assert.deepEqual(listed(await chaptersOf(titles)), [[600_000, 'before']])
  })

  it('are none where nothing has a title', async () => {
    assert.equal(await chaptersOf([[1, ' ']]), undefined)
    assert.equal(await chaptersOf([]), undefined)
  })

  it('are a thousand at most, with titles of at most 255 bytes, in whole characters', async () => {
    const many = listed(await chaptersOf(Array.from({ length: 1500 }, (_, i) => [i / 4, `${i}`])))
    assert.deepEqual([many.length, many.at(-1)], [999, [SECONDS * 1000 - 998 * 250, '998']])
    const [[, title] = []] = listed(await chaptersOf([[0, 'ü'.repeat(300)]]))
    assert.equal(title, 'ü'.repeat(127))
  })
})
