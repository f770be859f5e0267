/** Chapters of MP4 files from what SCTE 35 marks, as players read them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createChannel, createHlsEndpoint, harvested, mediaPackage } from '../judges/aws.ts'
import { assertChapters, type Chapter, chaptersOf } from '../judges/chapters.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { SECONDS, televisionWithProgrammes } from '../rules/programmes.ts'

const { after, before, describe, it } = needing('ffmpeg', 'tshark')

const HOUR_MS = 3_600_000

describe('chapters from SCTE 35', () => {
  let windrow: Windrow
  let begin: number
  let address: string
  let whole: readonly Chapter[]
  before(async () => {
    windrow = await Windrow.start({ environment: { WINDROW_MP4_ON_REQUEST: 'true' } })
    const client = mediaPackage(windrow)
    begin = Math.floor(Date.now() / 1000) * 1000 - HOUR_MS
    const { renditions, judged } = await televisionWithProgrammes()
    const pusher = new Pusher(await createChannel(client, 'tv'), renditions, begin)
    await createHlsEndpoint(client, 'tv', 'long', { SegmentDurationSeconds: 4 })
    address = await createHlsEndpoint(client, 'tv', 'tv', { SegmentDurationSeconds: 1 })
    await pusher.pushParent()
    while (pusher.published < SECONDS) await pusher.pushNext()
    await pusher.end()
    const { programmes, breaks } = await judged()
    const judgedAt = (n: number): Judged => programmes[n]!
    const [one, two, three, four] = [judgedAt(0), judgedAt(1), judgedAt(2), judgedAt(3)]
    const first: Judged = breaks[0]!
    const titled = ({ start, end, upid = '' }: Judged): Chapter => [start, end, upid]
    whole = [
      [0, one.start, ''],
      titled(one),
      titled({ ...two, end: first.start }),
      [first.start, first.end, 'Break'],
      titled({ ...two, start: first.end }),
      // The ad in it is of a second.
      titled({ ...three, end: 12 }),
      [12, 13, 'Break'],
      titled({ ...three, start: 13 }),
      [four.start, four.end, 'Program 104'],
      [four.end, 19, ''],
      [19, SECONDS, 'Program 105'],
    ]
  })
  after(() => windrow?.stop())

  const iso = (seconds: number) => new Date(begin + seconds * 1000).toISOString()
  const harvest = (id: string, [from, to]: readonly [number, number], more: object = {}) => {
    const deliverables = [
      { kind: 'MP4', chapters: 'SCTE35' },
      { kind: 'AUDIO', chapters: 'SCTE35' },
    ]
    const asked = { id, originEndpointId: 'tv', file: `${id}.mp4`, deliverables }
    return harvested(windrow, { ...asked, start: begin + from * 1000, end: begin + to * 1000, ...more })
  }
  /** The chapters of the whole between two moments, in a file that shows what is between them from `at` on. */
  const between = (from: number, to: number, at = 0): Chapter[] =>
    whole.flatMap(([start, end, title]) =>
      start < to && end > from ? [[Math.max(start, from) - from + at, Math.min(end, to) - from + at, title]] : [],
    )

  it('begin and end where messages say, in files of pictures and of sound', async () => {
    const folder = await harvest('all', [0, SECONDS])
    assertChapters(await chaptersOf(join(folder, 'all.mp4')), whole, 'MP4')
    // Its first sound is a little before the first picture.
    assertChapters(await chaptersOf(join(folder, 'all.m4a')), whole, 'audio', 0.1)
  })

  it('begin and end there within segments, too, but for what does both in one', async () => {
    const folder = await harvest('long', [0, SECONDS], { originEndpointId: 'long' })
    const wanted = [...whole.slice(0, 2), [5, 11, 'urn:show:two'] as const, ...whole.slice(5)]
    assertChapters(await chaptersOf(join(folder, 'long.mp4')), wanted, 'long')
  })

  it('begin with what goes on where a file begins, to the frame', async () => {
    const folder = await harvest('cut', [9.5, 12.5], { cut: 'FRAME' })
    assertChapters(await chaptersOf(join(folder, 'cut.mp4')), between(9.5, 12.5), 'cut', 0.06)
  })

  it('are those of each range', async () => {
    const ranges = [
      { startTime: iso(12), endTime: iso(15) },
      { startTime: iso(6), endTime: iso(9) },
    ]
    const folder = await harvest('ranges', [0, 1], { ranges, startTime: undefined, endTime: undefined })
    const wanted = [...between(12, 15), ...between(6, 9, 3)]
    assertChapters(await chaptersOf(join(folder, 'ranges.mp4')), wanted, 'ranges')
  })

  it('are in a file on request, with the bytes that a harvest writes', async () => {
    const url = `${address.replace(/\.m3u8$/, '.mp4')}?start=${begin / 1000 + 4}&end=${begin / 1000 + 9}&chapters=scte35`
    const body = Buffer.from(await (await fetch(url)).arrayBuffer())
    const folder = await harvest('asked', [4, 9])
    assert.ok(body.equals(readFileSync(join(folder, 'asked.mp4'))))
    assertChapters(await chaptersOf(join(folder, 'asked.mp4')), between(4, 9), 'asked')
  })
})

type Judged = { readonly upid?: string; readonly start: number; readonly end: number }
