/** Clips that begin and end at the picture asked for, as ffmpeg shows them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FixtureName, fixture } from '../fixtures/catalogue.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import type { Cue } from '../fixtures/web-vtt.ts'
import { harvested } from '../judges/aws.ts'
import { run } from '../judges/processes.ts'
import { type Random, seededRandom } from '../judges/random.ts'
import { type Picture, type Shown, shownBy, soundOffset } from '../judges/shown.ts'
import { Windrow } from '../judges/windrow.ts'
import { plain, webVttCues } from '../matrix/cues.ts'
import { publishFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'
import { someOf } from '../whole.ts'

const { after, before, describe, it } = needing('ffmpeg')

/** More of them, and many clips of each, in players: `npm run soak -- --only exactness`. */
const FIXTURES: readonly FixtureName[] = ['hevc-open-gop', 'b-pyramid-open-gop', 'aac-44100', 'ntsc-rate']
const CLIPS = 1

type Report = {
  readonly shown: {
    readonly firstFrame: string
    readonly lastFrame: string
    readonly deliverables: readonly { readonly kind: string; readonly startTime: string; readonly endTime: string }[]
  }
}

let windrow: Windrow
before(async () => {
  windrow = await Windrow.start()
})
after(() => windrow?.stop())

describe('a clip cut to the frame', () => {
  for (const name of someOf(FIXTURES, 2)) {
    it(`shows the pictures and the sound asked for, and no others: ${name}`, async () => {
      const made = await fixture(name)
      const begin = await publishFixture(windrow, made, name)
      const source = await shownBy(sourceOf(made), '-copyts')
      const random = seededRandom(7)
      for (let n = 0; n < CLIPS; n++) {
        const clip = randomClip(random, source.pictures)
        const id = `${name}-${n}`
        const dateOf = (n: number) => begin + Math.round((source.pictures[n]!.time - source.pictures[0]!.time) * 1000)
        const window = { start: dateOf(clip.first), end: dateOf(clip.end) }
        const asked = { id, originEndpointId: name, file: 'clip.mp4', deliverables: [{ kind: 'MP4' }] }
        const folder = await harvested(windrow, { ...asked, ...window, cut: 'FRAME', report: true })
        const { shown: told } = JSON.parse(readFileSync(join(folder, 'harvest.json'), 'utf8')) as Report
        for (const [frame, number] of [
          [told.firstFrame, clip.first],
          [told.lastFrame, clip.end - 1],
        ] as const)
          assert.ok(Math.abs(Date.parse(frame) - dateOf(number)) <= 1, `${id}: ${frame} is not picture ${number}`)
        const shown = await shownBy(join(folder, 'clip.mp4'))
        const wanted = source.pictures.slice(clip.first, clip.end)
        assert.deepEqual(
          shown.pictures.map(({ hash }) => hash),
          wanted.map(({ hash }) => hash),
          `${id}: pictures ${clip.first} to ${clip.end}`,
        )
        const length = source.pictures[clip.end]!.time - wanted[0]!.time
        const last = shown.pictures.at(-1)!.time - shown.pictures[0]!.time
        assert.ok(Math.abs(last - (wanted.at(-1)!.time - wanted[0]!.time)) < 0.001, 'at their times')
        assertSound(id, shown, source, wanted[0]!.time, length)
      }
    })
  }
})

describe('a clip from and to moments between two pictures', () => {
  let begin: number
  let made: Fixture
  let pictures: readonly Picture[]
  before(async () => {
    made = await fixture('h264-aac')
    begin = await publishFixture(windrow, made, 'all')
    pictures = (await shownBy(sourceOf(made), '-copyts')).pictures
  })

  // By numbers of pictures, 25 a second; the segment that begins at two seconds begins with the fiftieth.
  const moments = [
    { what: 'half between two, the earlier one', from: 62.5, to: 122.5, first: 62, end: 122 },
    { what: 'half between two, decoded in another order, the earlier one', from: 64.5, to: 120.5, first: 64, end: 120 },
    { what: 'less than a picture, one', from: 57.5, to: 57.75, first: 57, end: 58 },
  ]
  for (const { what, from, to, first, end } of someOf(moments, 2)) {
    it(`shows the same in all that is made, and in its report: ${what}`, async () => {
      const id = `from-${Math.round(from * 10)}`
      const deliverables = [{ kind: 'HLS' }, { kind: 'MP4' }, { kind: 'AUDIO' }]
      const window = { start: begin + Math.round(from * 40), end: begin + Math.round(to * 40) }
      const asked = { id, originEndpointId: 'all', file: 'clip.m3u8', deliverables, report: true, ...window }
      const folder = await harvested(windrow, { ...asked, cut: 'FRAME' })
      const shown = await shownBy(join(folder, 'clip.mp4'))
      const hashes = (some: readonly Picture[]) => some.map(({ hash }) => hash)
      assert.deepEqual(hashes(shown.pictures), hashes(pictures.slice(first, end)))
      const playlist = readFileSync(join(folder, 'index_1.m3u8'), 'utf8')
      const durations = [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].map(([, seconds]) => Number(seconds))
      const length = durations.reduce((sum, seconds) => sum + seconds, 0)
      assert.ok(Math.abs(length - (end - 50) / 25) < 0.001, `${durations}`)
      const offset = new RegExp(`TIME-OFFSET=${((first - 50) / 25).toFixed(2)}`)
      assert.match(readFileSync(join(folder, 'clip.m3u8'), 'utf8'), offset)
      const { shown: told } = JSON.parse(readFileSync(join(folder, 'harvest.json'), 'utf8')) as Report
      const dates = [told.firstFrame, told.lastFrame].map((date) => Date.parse(date) - begin)
      assert.deepEqual(dates, [first * 40, (end - 1) * 40])
      const spans = told.deliverables.map(({ kind, startTime, endTime }) => [
        kind,
        Date.parse(startTime) - begin,
        Date.parse(endTime) - begin,
      ])
      const whole = [first * 40, end * 40] as const
      const sound = [Math.round(from * 40), Math.round(to * 40)] as const
      assert.deepEqual(spans, [
        ['HLS', ...whole],
        ['MP4', ...whole],
        ['AUDIO', ...sound],
      ])
      const entry = ['-show_entries', 'format=duration', '-of', 'csv=p=0']
      const heard = Number(await run('ffprobe', ['-v', 'error', ...entry, join(folder, 'clip.m4a')]))
      assert.ok(Math.abs(heard * 1000 - (sound[1] - sound[0])) < 1, `${heard} s`)
    })
  }

  it('tells of the one picture that it shows, which begins the next segment', async () => {
    const window = { start: begin + 3990, end: begin + 4010 }
    const asked = { id: 'next', originEndpointId: 'all', file: 'clip.mp4', deliverables: [{ kind: 'MP4' }], ...window }
    const folder = await harvested(windrow, { ...asked, cut: 'FRAME', report: true })
    const shown = await shownBy(join(folder, 'clip.mp4'))
    assert.deepEqual(
      shown.pictures.map(({ hash }) => hash),
      [pictures[100]!.hash],
    )
    const { shown: told } = JSON.parse(readFileSync(join(folder, 'harvest.json'), 'utf8')) as Report
    const dates = [told.firstFrame, told.lastFrame].map((date) => Date.parse(date) - begin)
    assert.deepEqual(dates, [4000, 4000])
  })
})

describe('what is made beside a clip', () => {
  /** Harvests from a second on; gives the folder. */
  async function harvest(name: FixtureName, from: number, deliverables: readonly object[], file: string) {
    const made = await fixture(name)
    const id = `beside-${name}`
    const begin = await publishFixture(windrow, made, id)
    const window = { start: begin + Math.round(from * 1000), end: begin + 8000 }
    const asked = { id, originEndpointId: id, file, deliverables, ...window, cut: 'FRAME' } as const
    return { made, folder: await harvested(windrow, asked) }
  }

  it('counts from its first picture: subtitles', async () => {
    const { made, folder } = await harvest('webvtt-renditions', 1.6, [{ kind: 'SUBTITLES' }], 'clip.vtt')
    for (const { language, cues } of made.cues!) {
      const given = webVttCues(readFileSync(join(folder, `clip_${language}.vtt`), 'utf8'))
      const line = ({ start, end, text }: Cue) => `${start.toFixed(2)} ${end.toFixed(2)} ${text}`
      const wanted = cues
        .filter(({ start, end }) => end > 1.6 && start < 8)
        .map(({ start, end, text }) => ({
          start: Math.max(0, start - 1.6),
          end: Math.min(end, 8) - 1.6,
          text: plain(text),
        }))
      assert.deepEqual(given.map(line).toSorted(), wanted.map(line).toSorted())
    }
  })

  it('has the pictures of its map: a sprite sheet of groups of pictures that are open', async () => {
    const { made, folder } = await harvest('b-pyramid-open-gop', 0, [{ kind: 'STILLS', sprite: true }], 'clip.jpg')
    const map = readFileSync(join(folder, 'clip_sprite.vtt'), 'utf8')
    const tiles = [...map.matchAll(/xywh=(\d+),(\d+),(\d+),(\d+)/g)].map(([, ...numbers]) => numbers.map(Number))
    assert.equal(tiles.length, 4)
    for (const [n, [x, y, w, h]] of tiles.entries()) {
      const picture = `[1:v]select='gte(t-start_t\\,${2 * n - 0.001})',setpts=PTS-STARTPTS,scale=${w}:${h}[b]`
      const filter = `[0:v]crop=${w}:${h}:${x}:${y}[a];${picture};[a][b]psnr=stats_file=-`
      const inputs = ['-i', join(folder, 'clip_sprite.jpg'), '-i', 'pipe:0']
      const args = ['-v', 'error', ...inputs, '-filter_complex', filter, '-frames:v', '1', '-f', 'null', '-']
      const [, value = ''] = /psnr_avg:(\S+)/.exec((await run('ffmpeg', args, [sourceOf(made)])).toString()) ?? []
      assert.ok(value === 'inf' || Number(value) > 25, `tile ${n} beside the picture at ${2 * n} s: ${value} dB`)
    }
  })
})

function randomClip(random: Random, pictures: readonly Picture[]): { readonly first: number; readonly end: number } {
  const first = random.integer(1, pictures.length - 40)
  return { first, end: random.integer(first + 5, pictures.length - 20) }
}

/** The segments of the stream that has pictures. */
function sourceOf({ streams }: Fixture): Buffer {
  return Buffer.concat(streams[0]!.segments.map(({ bytes }) => bytes))
}

/** Of AC-3. */
const MOST_FRAME_SECONDS = 0.033

/** The sound of the clip is that of the source from its first picture on, to the sample, and as long. */
function assertSound(id: string, clip: Shown, source: Shown, start: number, length: number): void {
  assert.equal(clip.sound === undefined, source.sound === undefined, id)
  const offset = soundOffset(clip, source, start)
  if (!offset) return
  const { late, rate, seconds } = offset
  assert.ok(Math.abs(late) <= 2, `${id}: sound is ${late} samples late, of ${rate}`)
  // ffmpeg plays the last frame of sound to its end.
  const longer = seconds - length
  assert.ok(
    longer > -0.002 && longer < MOST_FRAME_SECONDS,
    `${id}: ${seconds} s of sound beside ${length} s of pictures`,
  )
}
