/** Chapters of MP4 files, as players read them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFile, MP4BoxBuffer } from 'mp4box'
import { fixture } from '../fixtures/catalogue.ts'
import { TITLES } from '../fixtures/odd-text.ts'
import { createChannel, createHlsEndpoint, harvested, mediaPackage } from '../judges/aws.ts'
import { assertChapters, type Chapter, chaptersOf } from '../judges/chapters.ts'
import { Player } from '../judges/player.ts'
import { samplesOfEach } from '../judges/samples.ts'
import { Windrow } from '../judges/windrow.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

const HOUR_MS = 3_600_000
/** A tag comes every second, so long after a picture that begins a segment or lies in its middle. */
const LATE = 0.05

describe('chapters from timed ID3', () => {
  let windrow: Windrow
  let begin: number
  let address: string
  const span = (from: number, to: number) => ({ start: begin + from * 1000, end: begin + to * 1000 })
  before(async () => {
    windrow = await Windrow.start({ environment: { WINDROW_MP4_ON_REQUEST: 'true' } })
    const client = mediaPackage(windrow)
    begin = Date.now() - HOUR_MS
    await pushFixture(await createChannel(client, 'radio'), await fixture('id3-in-ts'), begin)
    address = await createHlsEndpoint(client, 'radio', 'radio', { SegmentDurationSeconds: 2 })
  })
  after(() => windrow?.stop())

  const harvest = (id: string, deliverables: readonly object[], more: object = span(0, 10)) =>
    harvested(windrow, { id, originEndpointId: 'radio', file: `${id}.mp4`, deliverables, ...span(0, 10), ...more })

  /** From the second of one title to that of another, in a file that begins at the first. */
  const titled = (from: number, to: number, at = 0): Chapter[] =>
    TITLES.slice(from, to).map((title, i) => [at + i + LATE, at + i + 1 + LATE, title])

  it('begin with each title, in files of pictures and of sound, and change no other track', async () => {
    const kinds = [{ kind: 'MP4' }, { kind: 'AUDIO' }]
    const plain = await harvest('plain', kinds)
    const named = await harvest(
      'named',
      kinds.map((each) => ({ ...each, chapters: 'ID3' })),
    )
    const wanted: Chapter[] = [[0, LATE, ''], ...titled(0, 10)]
    for (const ending of ['mp4', 'm4a']) {
      const [without, file] = [join(plain, `plain.${ending}`), join(named, `named.${ending}`)]
      assert.deepEqual(await chaptersOf(without), [])
      const found = await chaptersOf(file)
      assertChapters(found.slice(0, -1), wanted.slice(0, -1), ending)
      assert.equal(found.at(-1)?.[2], 'title 9')
      const [before, after] = await samplesOfEach([
        { input: without, wrapping: 'mp4', decode: true },
        { input: file, wrapping: 'mp4', decode: true },
      ])
      assert.deepEqual(
        after!.filter(({ kind }) => kind !== 'data'),
        before,
      )
      assertReferences(file)
    }
  })

  it('are on the clock of a file that is cut to the frame', async () => {
    const folder = await harvest('cut', [{ kind: 'MP4', chapters: 'ID3' }], { ...span(2.6, 5.6), cut: 'FRAME' })
    const found = await chaptersOf(join(folder, 'cut.mp4'))
    // The tags of the hidden pictures before the first one tell what that belongs to.
    const wanted: Chapter[] = [[0, 0.4 + LATE, 'title 2'], ...titled(3, 5, 0.4), [2.4 + LATE, 3, 'title 5']]
    assertChapters(found, wanted, 'cut')
  })

  for (const [cut, name] of [
    ['SEGMENT', 'whole'],
    ['FRAME', 'exact'],
  ] as const) {
    it(`are on the clock of a file of several ranges, ${cut}`, async () => {
      const iso = (seconds: number) => new Date(begin + seconds * 1000).toISOString()
      const ranges = [
        { startTime: iso(6.1), endTime: iso(7.9) },
        { startTime: iso(2.1), endTime: iso(3.9) },
      ]
      const more = { ranges, cut, startTime: undefined, endTime: undefined }
      const folder = await harvest(name, [{ kind: 'MP4', chapters: 'ID3' }], more)
      const found = await chaptersOf(join(folder, `${name}.mp4`))
      const whole: Chapter[] = [
        [0, LATE, ''],
        [LATE, 1 + LATE, 'title 6'],
        [1 + LATE, 2, 'title 7'],
        [2, 2 + LATE, ''],
        [2 + LATE, 3 + LATE, 'title 2'],
        [3 + LATE, 4, 'title 3'],
      ]
      // Pictures are 40 ms long: those nearest to what is asked for.
      const [first, length] = [0.12 - LATE, 1.8]
      const exact: Chapter[] = [
        [0, 1 - first, 'title 6'],
        [1 - first, length, 'title 7'],
        [length, length + 1 - first, 'title 2'],
        [length + 1 - first, 2 * length, 'title 3'],
      ]
      assertChapters(found, cut === 'FRAME' ? exact : whole, name, cut === 'FRAME' ? 0.05 : 0.03)
    })
  }

  it('are in a file on request, with the bytes that a harvest writes, and Chromium plays it', async () => {
    const [start, end] = [span(2, 8).start / 1000, span(2, 8).end / 1000]
    const url = `${address.replace(/\.m3u8$/, '.mp4')}?start=${start}&end=${end}&cut=frame&chapters=id3`
    const body = Buffer.from(await (await fetch(url)).arrayBuffer())
    const asked = { ...span(2, 8), cut: 'FRAME' }
    const folder = await harvest('asked', [{ kind: 'MP4', chapters: 'ID3' }], asked)
    assert.ok(body.equals(readFileSync(join(folder, 'asked.mp4'))))
    const refused = await fetch(url.replace('id3', 'cue'))
    assert.deepEqual([refused.status, /chapters: must be id3 or scte35/.test(await refused.text())], [400, true])
    const player = await Player.start()
    try {
      const { duration } = await player.playToEnd('browser', url, 8)
      assert.ok(Math.abs(duration - 6) < 0.1, `${duration} s`)
    } finally {
      await player.stop()
    }
  })

  it('are refused of what has none', async () => {
    const asked = harvest('refused', [{ kind: 'MP4' }, { kind: 'METADATA', chapters: 'ID3' }])
    await assert.rejects(asked, {
      message: /deliverables\[1\]\.chapters: must be of a deliverable of kind MP4 or AUDIO/,
    })
  })
})

/** mp4box finds the chapters by the references of the other tracks: a disabled track of text. */
function assertReferences(path: string): void {
  const bytes = readFileSync(path)
  const file = createFile()
  file.appendBuffer(
    MP4BoxBuffer.fromArrayBuffer(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), 0),
  )
  file.flush()
  const { tracks } = file.getInfo()
  const chapters = tracks.at(-1)!
  assert.equal(file.getTrackById(chapters.id).tkhd.flags & 1, 0, 'is disabled')
  assert.equal(file.getTrackById(chapters.id).mdia.hdlr.handler, 'text')
  for (const { id, references } of tracks.slice(0, -1)) {
    const named = references.map(({ type, track_ids: ids }) => [type, ...Array.from(ids)])
    assert.deepEqual(named, [['chap', chapters.id]], `track ${id}`)
  }
}
