/** The last segments of presentations that are cut to the frame, as ffmpeg reads them. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HlsPackage } from '@aws-sdk/client-mediapackage'
import { type FixtureName, fixture } from '../fixtures/catalogue.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import { harvested } from '../judges/aws.ts'
import { type SampleTrack, samplesOf } from '../judges/samples.ts'
import { Windrow } from '../judges/windrow.ts'
import { webVttCues } from '../matrix/cues.ts'
import { publishFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'
import { someOf } from '../whole.ts'

const { after, before, describe, it } = needing('ffmpeg')

const TICKS = 90_000
const KINDS = [{ kind: 'HLS' }, { kind: 'CMAF' }, { kind: 'DASH' }]
/** Seconds of an audio PES packet of ffmpeg. */
const LONGEST_PES = 0.3

describe('a presentation that is cut to the frame', () => {
  let windrow: Windrow
  before(async () => {
    windrow = await Windrow.start()
  })
  after(() => windrow?.stop())

  /** Harvests from two seconds on up to a picture of the segment that begins at four. */
  async function harvest(name: FixtureName, seconds: number, id: string = name, settings: HlsPackage = {}) {
    const made = await fixture(name)
    const begin = await publishFixture(windrow, made, id, settings)
    const { segments } = made.streams[0]!
    const length = segments[0]!.duration
    const window = { start: begin + Math.round(length * 1000), end: begin + Math.round((2 * length + seconds) * 1000) }
    const asked = { id, originEndpointId: id, file: 'clip.m3u8', deliverables: KINDS, report: true, ...window }
    const folder = await harvested(windrow, { ...asked, cut: 'FRAME' } as const)
    const files = readdirSync(folder)
    const listed = (kind: RegExp) => {
      const name = files.find((file) => kind.test(file))
      assert.ok(name !== undefined, `${kind} among ${files}`)
      const lines = readFileSync(join(folder, name), 'utf8').split('\n')
      const uris = lines.filter((line) => line !== '' && !line.startsWith('#'))
      const durations = lines.flatMap((line) => /^#EXTINF:([\d.]+)/.exec(line)?.[1] ?? []).map(Number)
      const map = lines.flatMap((line) => /^#EXT-X-MAP:URI="(.*)"/.exec(line)?.[1] ?? []).at(-1)
      const read = (name: string) => readFileSync(join(folder, name))
      const ranges = lines.flatMap((line) => /^#EXT-X-BYTERANGE:(.*)/.exec(line)?.[1] ?? [])
      return { uris, durations, ranges, last: [...(map === undefined ? [] : [read(map)]), read(uris.at(-1)!)] }
    }
    return { made, folder, listed, window, length }
  }

  const streamOf = (made: Fixture, number: number) => made.streams[0]!.segments[number]!.bytes
  const trackOf = (tracks: readonly SampleTrack[], kind: string) => tracks.find((track) => track.kind === kind)!

  /** The tracks of a transport stream segment, read behind the first one of its source; and those of that alone. */
  async function inTs(made: Fixture, segment: Buffer, known?: readonly SampleTrack[]) {
    const first = streamOf(made, 0)
    const head = known ?? (await samplesOf({ input: [first], wrapping: 'mpegts' }))
    const both = await samplesOf({ input: [first, segment], wrapping: 'mpegts' })
    const rest = both.map((track, i) => ({ ...track, samples: track.samples.slice(head[i]!.samples.length) }))
    return [head, rest] as const
  }

  /** What is left of pictures before a time: up to the last, in order of decoding, that is shown before it. */
  function picturesBefore({ samples }: SampleTrack, end: number) {
    return samples.slice(0, samples.findLastIndex(({ pts }) => pts < end - 2) + 1)
  }

  for (const name of someOf(['b-pyramid-open-gop', 'ntsc-rate', 'id3-in-ts'] as const, 2)) {
    it(`ends with the pictures and the sound before its end: ${name}`, async () => {
      const { made, folder, listed, window, length } = await harvest(name, 0.88)
      // Some streams have their parameter sets in the first segment alone.
      const [head, source] = await inTs(made, streamOf(made, 2))
      const lastInTs = async () => (await inTs(made, listed(/^index_1\.m3u8$/).last[0]!, head))[1]
      const [pictures, sound] = [trackOf(source, 'video'), trackOf(source, 'audio')]
      const origin = Math.min(...trackOf(head, 'video').samples.map(({ pts }) => pts))
      const shownAt = pictures.samples.map(({ pts }) => pts)
      const asked = origin + (2 * length + 0.88) * TICKS
      const end = shownAt.reduce((best, pts) => (Math.abs(pts - asked) < Math.abs(best - asked) ? pts : best))
      const second = trackOf((await inTs(made, streamOf(made, 1), head))[1], 'video')
      const whole = (end - Math.min(...second.samples.map(({ pts }) => pts))) / TICKS
      const wanted = picturesBefore(pictures, end)
      assert.ok(wanted.length < pictures.samples.length - 10)
      const ts = await lastInTs()
      for (const [what, playlist, read] of [
        ['MPEG-TS', /^index_1\.m3u8$/, async () => ts],
        ['CMAF', /_video_1\.m3u8$/, (input: Buffer[]) => samplesOf({ input, wrapping: 'mp4' })],
      ] as const) {
        const { durations, last, uris } = listed(playlist)
        assert.equal(uris.length, 2, what)
        assert.ok(Math.abs(durations[0]! + durations[1]! - whole) <= 0.001, `${what}: EXTINF ${durations} of ${whole}`)
        const tracks = await read(last)
        assert.deepEqual(
          trackOf(tracks, 'video').samples.map(({ hash }) => hash),
          wanted.map(({ hash }) => hash),
          what,
        )
      }
      const soundInTs = trackOf(ts, 'audio').samples
      const heard = sound.samples.filter(({ pts }) => pts < end)
      const { last } = listed(/_audio_2\.m3u8$/)
      const inCmaf = trackOf(await samplesOf({ input: last, wrapping: 'mp4' }), 'audio')
      assert.deepEqual(
        inCmaf.samples.map(({ hash }) => hash),
        heard.map(({ hash }) => hash),
      )
      const more = soundInTs.slice(heard.length)
      assert.deepEqual(
        soundInTs.map(({ hash }) => hash),
        sound.samples.slice(0, soundInTs.length).map(({ hash }) => hash),
      )
      assert.ok(soundInTs.length >= heard.length && more.every(({ pts }) => pts < end + LONGEST_PES * TICKS))
      const mpd = readFileSync(join(folder, 'clip.mpd'), 'utf8')
      const [, seconds] = /mediaPresentationDuration="PT([\d.]+)S"/.exec(mpd) ?? []
      // Of an open group, the Period begins with its key frame.
      assert.ok(Number(seconds) <= whole + 0.002 && Number(seconds) > whole - 0.09, `${seconds} s in the MPD`)
      const { lastProgramDateTime } = JSON.parse(readFileSync(join(folder, 'harvest.json'), 'utf8'))
      assert.ok(Math.abs(Date.parse(lastProgramDateTime) - window.end) <= 20, lastProgramDateTime)
      if (made.tags) {
        const tags = source.flatMap(({ kind, samples }) =>
          kind === 'data' ? samples.filter(({ pts }) => pts < end) : [],
        )
        assert.deepEqual(
          ts.filter(({ kind }) => kind === 'data').flatMap(({ samples }) => samples.map(({ pts }) => pts)),
          tags.map(({ pts }) => pts),
        )
        const boxes =
          listed(/_video_1\.m3u8$/)
            .last.at(-1)!
            .toString('latin1')
            .split('emsg/ID3').length - 1
        assert.equal(boxes, tags.length)
      }
    })
  }

  it('lists no segment of which nothing is left', async () => {
    const { listed } = await harvest('webvtt-renditions', 0.012, 'nothing-left')
    for (const playlist of [/^index_1\.m3u8$/, /_video_1\.m3u8$/, /^index_2_0\.m3u8$/, /_audio_2\.m3u8$/]) {
      assert.equal(listed(playlist).uris.length, 1, String(playlist))
    }
  })

  it('has nothing behind the last key frame in what its I-frame playlist lists', async () => {
    const { made, listed } = await harvest('h264-aac', 0.88, 'trick-play', { IncludeIframeOnlyStream: true })
    const { last, ranges } = listed(/^index_1_iframe\.m3u8$/)
    const [length = 0, offset = 0] = ranges.at(-1)!.split('@').map(Number)
    assert.ok(
      streamOf(made, 2)
        .subarray(0, offset + length)
        .equals(last[0]!),
    )
  })

  it('has no file for an I-frame playlist where only pictures in front of the key frame are left', async () => {
    const { folder, listed } = await harvest('hevc-open-gop', -0.08, 'leading', { IncludeIframeOnlyStream: true })
    assert.equal(listed(/^index_1\.m3u8$/).uris.length, 2)
    const playlist = readFileSync(join(folder, 'index_1_iframe.m3u8'), 'utf8')
    assert.deepEqual(playlist.match(/^#EXT-X-(GAP|BYTERANGE)/gm), ['#EXT-X-BYTERANGE', '#EXT-X-GAP'])
    const own = (name: string) => /iframe.*\.ts$/.test(name)
    assert.deepEqual(readdirSync(folder).filter(own), [])
  })

  it('has no subtitles that begin after its end', async () => {
    const { made, listed, length } = await harvest('webvtt-renditions', 0.88)
    const end = 2 * length + 0.88
    const { cues } = made.cues![0]!
    const shown = cues.filter((cue) => cue.end > 2 * length && cue.start < end)
    assert.ok(shown.length < cues.filter((cue) => cue.end > 2 * length && cue.start < 3 * length).length)
    const { last, durations } = listed(/_subtitles_\d+\.m3u8$/)
    assert.equal(webVttCues(last.at(-1)!.toString()).length, shown.length)
    assert.ok(Math.abs(durations.at(-1)! - 0.88) <= 0.001)
  })
})
