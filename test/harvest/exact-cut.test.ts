/** Clips whose pictures are encoded anew at their edges, as ffmpeg shows them. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FixtureName, fixture } from '../fixtures/catalogue.ts'
import { harvested } from '../judges/aws.ts'
import { run } from '../judges/processes.ts'
import { samplesOf } from '../judges/samples.ts'
import { shownBy, soundOffset } from '../judges/shown.ts'
import { Windrow } from '../judges/windrow.ts'
import { publishFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'
import { someOf } from '../whole.ts'

const { after, before, describe, it } = needing('ffmpeg')

const KINDS = [{ kind: 'CMAF' }, { kind: 'DASH' }, { kind: 'MP4' }]
/** Of AAC at 44.1 kHz. */
const FRAME_SECONDS = 0.024
/** Decibels of the peak signal by which encoded pictures are like those of the source at least. */
const LEAST_PSNR = 35

/**
 * In and out points, by the numbers of pictures, and how many of them must be those of the source. More of them: `npm
 * run soak -- --only exactness`.
 */
const CLIPS: readonly {
  readonly name: FixtureName
  readonly from: number
  readonly to: number
  readonly copied: number
}[] = [
  // Its sound ends before its pictures in each segment.
  { name: 'aac-44100', from: 92, to: 135, copied: 25 },
  // Its sound ends before the picture at which the clip begins in the first segment, and in the last one is a picture.
  { name: 'h264-aac', from: 48, to: 101, copied: 45 },
  // Its first segment is shorter than half a second.
  { name: 'ntsc-rate', from: 113, to: 150, copied: 20 },
  { name: 'hevc-main', from: 44, to: 71, copied: 12 },
  { name: 'interlaced-frames', from: 88, to: 141, copied: 30 },
]

describe('a clip that is cut exactly', () => {
  let windrow: Windrow
  before(async () => {
    windrow = await Windrow.start()
  })
  after(() => windrow?.stop())

  for (const { name, from, to, copied } of someOf(CLIPS, 3)) {
    it(`shows the pictures asked for, and no others, without edits and in MP4: ${name}`, async () => {
      const made = await fixture(name)
      const begin = await publishFixture(windrow, made, name)
      const bytes = Buffer.concat(made.streams[0]!.segments.map((segment) => segment.bytes))
      const source = await shownBy(bytes, '-copyts')
      const dateOf = (n: number) => begin + Math.round((source.pictures[n]!.time - source.pictures[0]!.time) * 1000)
      const window = { start: dateOf(from), end: dateOf(to) }
      const asked = { id: name, originEndpointId: name, file: 'clip.m3u8', deliverables: KINDS, ...window }
      const folder = await harvested(windrow, { ...asked, cut: 'FRAME_EXACT' })
      await assertContinuous(folder)
      const [, offset, first] = /presentationTimeOffset="(\d+)"[\s\S]*?<S t="(\d+)"/.exec(
        readFileSync(join(folder, 'clip.mpd'), 'utf8'),
      )!
      assert.equal(first, offset, 'the Period begins with the first picture')
      const wanted = source.pictures.slice(from, to)
      for (const file of [joinedIn(folder, /_video_1\.m3u8$/), join(folder, 'clip.mp4')]) {
        const shown = await shownBy(file)
        assert.equal(shown.pictures.length, wanted.length)
        const same = shown.pictures.filter(({ hash }, i) => hash === wanted[i]!.hash).length
        assert.ok(same >= copied && (copied === 0 || same < wanted.length), `${same} pictures are copied`)
        for (const [i, { time }] of shown.pictures.entries()) {
          const [at, expected] = [time - shown.pictures[0]!.time, wanted[i]!.time - wanted[0]!.time]
          assert.ok(Math.abs(at - expected) < 0.001, `picture ${i} at ${at} s instead of ${expected} s`)
        }
        await run('ffmpeg', ['-v', 'error', '-xerror', '-err_detect', 'explode', '-i', file, '-f', 'null', '-'], [])
        assert.ok((await leastPsnr(file, bytes, from)) > LEAST_PSNR)
        const sound = soundOffset(shown, source, wanted[0]!.time)
        if (sound) assert.ok(Math.abs(sound.late) <= 2, `sound is ${sound.late} samples late`)
      }
    })
  }

  /**
   * Each segment of sound is as long as its playlist says, up to the next one, to a frame; it begins with the pictures,
   * and by the playlists' dates at the very same time.
   */
  async function assertContinuous(folder: string): Promise<void> {
    const [video, text] = [/_video_\d+\.m3u8$/, /_audio_\d+\.m3u8$/].map((name) => {
      const found = readdirSync(folder).find((file) => name.test(file))
      return found && readFileSync(join(folder, found), 'utf8')
    })
    if (text === undefined) return
    const dateOf = (playlist: string) => /^#EXT-X-PROGRAM-DATE-TIME:(.*)/m.exec(playlist)![1]
    assert.equal(dateOf(text), dateOf(video!))
    for (const playlist of [text, video!]) assertDatesAddUp(playlist)
    assert.doesNotMatch(text, /EXT-X-GAP/)
    const [, map] = /^#EXT-X-MAP:URI="(.*)"/m.exec(text)!
    const listed = [...text.matchAll(/^#EXTINF:([\d.]+),\n(.*)/gm)].map(([, seconds, file]) => ({
      seconds,
      file: file!,
    }))
    assert.ok(listed.length > 0)
    const pictures = await samplesOf({ input: [readFileSync(joinedIn(folder, /_video_1\.m3u8$/))], wrapping: 'mp4' })
    let expected = Math.min(...pictures[0]!.samples.map(({ pts }) => pts)) / pictures[0]!.timescale
    for (const { seconds, file } of listed) {
      const input = [map!, file].map((each) => readFileSync(join(folder, each)))
      const [track] = await samplesOf({ input, wrapping: 'mp4' })
      const begin = track!.samples[0]!.pts / track!.timescale
      assert.ok(Math.abs(begin - expected) < FRAME_SECONDS, `${file} begins at ${begin} s instead of ${expected} s`)
      expected = begin + Number(seconds)
      const last = track!.samples.at(-1)!.pts / track!.timescale
      assert.ok(Math.abs(expected - last) < 1.5 * FRAME_SECONDS, `${file} ends at ${last} s, listed to ${expected} s`)
    }
  }

  /** Each date is as far from the first as the durations up to it: of a millisecond, shaka-player stands still. */
  function assertDatesAddUp(playlist: string): void {
    let sum = 0
    let first: number | undefined
    for (const [, date, seconds] of playlist.matchAll(/^#EXT-X-PROGRAM-DATE-TIME:(.*)\n#EXTINF:([\d.]+)/gm)) {
      first ??= Date.parse(date!)
      assert.equal(Date.parse(date!) - first, sum)
      sum += Math.round(Number(seconds) * 1000)
    }
    assert.ok(sum > 0)
  }

  /** The least likeness of a picture of a clip to that of its source, in decibels. */
  async function leastPsnr(clip: string, source: Buffer, from: number): Promise<number> {
    const filter = `[1:v]select='gte(n\\,${from})',settb=1/25,setpts=N[b];[0:v]settb=1/25,setpts=N[a];[a][b]psnr=stats_file=-:shortest=1`
    const inputs = ['-i', clip, '-i', 'pipe:0']
    const args = ['-v', 'error', ...inputs, '-filter_complex', filter, '-f', 'null', '-']
    const text = String(await run('ffmpeg', args, [source]))
    return Math.min(
      ...[...text.matchAll(/psnr_avg:(\S+)/g)].map(([, value]) => (value === 'inf' ? 100 : Number(value))),
    )
  }

  /** A file of the segments of a playlist behind their header. */
  function joinedIn(folder: string, playlist: RegExp): string {
    const name = readdirSync(folder).find((file) => playlist.test(file))!
    const lines = readFileSync(join(folder, name), 'utf8').split('\n')
    const [, map] = /^#EXT-X-MAP:URI="(.*)"/m.exec(lines.join('\n'))!
    assert.equal(lines.filter((line) => line.startsWith('#EXT-X-MAP')).length, 1)
    const uris = lines.filter((line) => line !== '' && !line.startsWith('#'))
    const joined = join(folder, 'joined.mp4')
    writeFileSync(joined, Buffer.concat([map!, ...uris].map((file) => readFileSync(join(folder, file)))))
    return joined
  }
})
