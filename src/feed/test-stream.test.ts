import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { judgedSplices } from '../../test/judges/splices.ts'
import { needing } from '../../test/programs.ts'
import { readSourcePlaylist } from '../ingest/source-playlist.ts'
import { PTS_MODULUS } from '../media/time.ts'
import { readRecordedStream } from './recorded-stream.ts'
import { segmentAt } from './segment-numbers.ts'
import { type FeedTrack, feedPlaylist, type StreamOptions, segmentFile, TestStream } from './test-stream.ts'

const { describe, it } = needing('ffmpeg')
const withTshark = needing('tshark')

const recorded = await readRecordedStream()
const streamOf = (options: Partial<StreamOptions> = {}) =>
  new TestStream(recorded, { renditions: 1, subtitles: false, hasId3: false, ...options })
const EVERYTHING = { renditions: 2, language: 'fr', subtitles: true, breakSeconds: 10, hasId3: true } as const
const bytesOf = (track: FeedTrack, number: number) => Buffer.from(track.segment(number))

/** Of the year 2027, five segments before the clock of 33 bits wraps. */
const WRAPS = Math.floor((18_900 * PTS_MODULUS) / 180_000) - 5
const NOON = segmentAt(Date.parse('2026-12-01T12:00:00Z'))

for (const track of streamOf({ renditions: 2, language: 'fr' }).tracks) {
  describe(`twelve segments of the track ${track.name}, across the 33-bit wrap`, () => {
    const numbers = Array.from({ length: 12 }, (_, n) => WRAPS + n)
    const stream = Buffer.concat(numbers.map((number) => bytesOf(track, number)))

    it('have one picture each 40 ms and one AAC frame each 1024 samples, without a seam', () => {
      const { packets, complaints } = ffprobe(stream)
      assert.equal(complaints, '')
      const hasPictures = track.name !== 'sound-fr'
      assert.deepEqual(steps(packets, 'video'), hasPictures ? { count: 600, steps: [3600] } : { count: 0, steps: [] })
      assert.deepEqual(steps(packets, 'audio'), { count: 1125, steps: [1920] })
    })

    it('begin at the times that their dates say', () => {
      for (const number of [numbers[0]!, numbers[5]!, numbers[11]!]) {
        const [first] = ffprobe(bytesOf(track, number)).packets
        assert.equal((first!.pts + PTS_MODULUS) % PTS_MODULUS, track.startOf(number) % PTS_MODULUS)
        assert.ok(Math.abs(track.startOf(number) - number * 180_000) < 1920)
      }
    })

    it('number the packets of each PID on', () => assert.deepEqual(jumps(stream), []))
  })
}

describe('the test stream with everything', () => {
  const stream = streamOf(EVERYTHING)
  const [high] = stream.tracks
  const numbers = Array.from({ length: 10 }, (_, n) => NOON + n)

  it('lists ID3 and SCTE 35 beside pictures and sound, and numbers their packets on', () => {
    const segments = Buffer.concat(numbers.map((number) => bytesOf(high!, number)))
    // It warns of streams that it has no decoder for.
    const { packets, complaints } = ffprobe(segments, 'error')
    assert.equal(complaints, '')
    // Pictures, sound, SCTE 35, ID3.
    const tags = packets.filter(({ stream_index }) => stream_index === 3)
    assert.deepEqual(
      tags.map(({ pts }) => pts),
      numbers.map((number) => (number * 180_000) % PTS_MODULUS),
    )
    assert.deepEqual(jumps(segments), [])
    assert.match(segments.toString('latin1'), /TIT2.{7}2026-12-01T12:00:18\.000Z/)
  })

  withTshark.it('announces each break twice, at the PTS at which it begins', async () => {
    const found = await judgedSplices(Buffer.concat(numbers.map((number) => bytesOf(high!, number))))
    const begins = ((NOON + 5) * 180_000) % PTS_MODULUS
    const told = found.flatMap(({ signals }) => signals)
    assert.deepEqual(
      found.map(({ commandType }) => commandType),
      [0, 0, 0, 5, 5, 0, 0, 0, 0, 0],
    )
    const id = Math.floor((NOON + 5) / 10)
    const signal = { id, isOut: true, time: begins, autoReturn: true, duration: 900_000 }
    for (const each of told) assert.deepEqual({ ...each, ...signal }, each)
  })

  it('is read by the ingest without a word', () => {
    const folder = '/in/v2/a/b/'
    const parent = readSourcePlaylist(stream.parentPlaylist(), { name: 'channel.m3u8', folder }, 20)
    assert.deepEqual(parent.habits, [])
    const streams = parent.kind === 'parent' ? parent.streams : []
    assert.deepEqual(
      streams.map(({ playlist, role }) => [playlist, role.kind]),
      [
        ['channel-high.m3u8', 'variant'],
        ['channel-low.m3u8', 'variant'],
        ['channel-sound-fr.m3u8', 'audio'],
        ['channel-subtitles.m3u8', 'subtitles'],
      ],
    )
    for (const track of stream.tracks) {
      const name = `channel-${track.name}.m3u8`
      const read = readSourcePlaylist(feedPlaylist(track, NOON, NOON + 3), { name, folder }, 20)
      assert.deepEqual(read.habits, [])
      const { segments, mediaSequence, targetDuration } = read.kind === 'media' ? read.playlist : assert.fail()
      assert.equal(mediaSequence, NOON)
      assert.ok(targetDuration >= 180_000)
      for (const [n, segment] of segments.entries()) {
        assert.equal(segment.name, `channel${segmentFile(track, NOON + n)}`)
        assert.ok(Math.abs(segment.programDateTime! - (NOON + n) * 2000) <= 21)
        assert.ok(Math.abs(segment.duration - 180_000) < 1920)
      }
    }
  })

  it('has subtitles that tell the date, at the time of the pictures', () => {
    const text = stream.tracks.at(-1)!.segment(NOON)
    assert.equal(
      text,
      `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${(NOON * 180_000) % PTS_MODULUS},LOCAL:00:00:00.000\n\n` +
        '00:00:00.000 --> 00:00:02.000\n2026-12-01T12:00:00.000Z\n',
    )
  })
})

type Packet = {
  readonly codec_type: string
  readonly stream_index: number
  readonly pts: number
  readonly duration: number
}

function ffprobe(stream: Uint8Array, level = 'warning'): { packets: Packet[]; complaints: string } {
  const args = ['-v', level, '-of', 'json', '-show_entries', 'packet=codec_type,stream_index,pts,duration', '-']
  const { stdout, stderr } = spawnSync('ffprobe', args, { input: stream, encoding: 'utf8', maxBuffer: 2 ** 26 })
  return { packets: (JSON.parse(stdout) as { packets: Packet[] }).packets, complaints: stderr }
}

/** How many packets of a kind there are, and every distance that occurs between neighbours in presentation order. */
function steps(packets: readonly Packet[], kind: string): { count: number; steps: number[] } {
  const pts = packets.filter(({ codec_type }) => codec_type === kind).map((packet) => packet.pts)
  pts.sort((a, b) => a - b)
  return { count: pts.length, steps: [...new Set(pts.slice(1).map((each, n) => each - pts[n]!))] }
}

/** Where continuity counters do not go on. */
function jumps(stream: Buffer): string[] {
  const next = new Map<number, number>()
  const found: string[] = []
  for (let at = 0; at < stream.length; at += 188) {
    const pid = stream.readUInt16BE(at + 1) & 0x1fff
    const counter = stream[at + 3]! & 0x0f
    const isCounted = (stream[at + 3]! & 0x10) !== 0
    const expected = isCounted ? next.get(pid) : next.has(pid) ? (next.get(pid)! + 15) % 16 : undefined
    if (expected !== undefined && counter !== expected) found.push(`PID ${pid} at ${at}`)
    if (isCounted) next.set(pid, (counter + 1) % 16)
  }
  return found
}
