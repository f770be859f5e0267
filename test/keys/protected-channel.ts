import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { ticks, utcMs } from '../../src/media/time.ts'
import type { ArchiveWindow, Era, OutputSegment } from '../../src/model/output-segment.ts'
import { readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'
import { probeTs } from '../fuzz/demuxed.ts'
import { encodeTs } from '../fuzz/media-samples.ts'
import { FakeArchive, NOON, ORIGIN, variant, windowOf } from '../origin/sample-channel.ts'

/** Seconds of each segment. */
const SECONDS = 2
/** The number of its first segment; its era has this one too. */
const FIRST = 4
export const PROTECTED_ERA = 3

const ENCODERS: Readonly<Record<'h264' | 'hevc', readonly string[]>> = {
  h264: ['-x264-params', 'slices=2:weightp=2'],
  hevc: ['-c:v', 'libx265', '-x265-params', 'log-level=none:pools=1:slices=2:ctu=16', '-tag:v', 'hvc1'],
}
const SOUND = ['-map', '0:v', '-map', '1:a', '-map', '1:a', '-map', '1:a', '-c:a:1', 'ac3', '-c:a:2', 'eac3']

/**
 * Three segments of two seconds with pictures, AAC, AC-3 and E-AC-3 in one stream. With a key for every ten seconds,
 * the first is the last of its key period.
 */
export async function protectedChannel(codec: 'h264' | 'hevc'): Promise<{
  readonly archive: FakeArchive
  readonly window: ArchiveWindow
}> {
  const gop = ['-g', String(25 * SECONDS), '-keyint_min', String(25 * SECONDS), '-sc_threshold', '0']
  const size = ['-t', '6', '-s', '160x90', '-threads', '1']
  const multiplex = readMultiplex(await encodeTs('both', [...size, ...gop, ...SOUND, ...ENCODERS[codec]]))
  const pictures = multiplex.packets[0]!.pid
  const cuts = multiplex.packets.flatMap(({ pid, randomAccess }, i) => (pid === pictures && randomAccess ? [i] : []))
  const sources = cuts.map((from, i) =>
    writeMultiplex({ ...multiplex, packets: multiplex.packets.slice(from, cuts[i + 1]) }, new Map()),
  )
  assert.equal(sources.length, 3)
  const probes = sources.map((source) => probeTs(source))
  const [first] = probes
  const begins = utcMs(NOON + 8000)
  const stream = variant(1, 1_000_000, first!.tracks)
  const era: Era = {
    id: PROTECTED_ERA,
    origin: ORIGIN,
    clock: { time: ticks(first!.firstPts), utc: begins },
    streams: [{ ...stream, decodeDelay: first!.decodeDelay ?? 0 }],
  }
  const segments = probes.map(({ times, keyFrames }, i): OutputSegment => {
    const startUtc = utcMs(begins + 1000 * SECONDS * i)
    const slot = {
      start: ticks(first!.firstPts + 90_000 * SECONDS * i),
      duration: ticks(90_000 * SECONDS),
      startUtc,
      sealedAt: startUtc,
    }
    const source = sources[i]!
    const sha256 = createHash('sha256').update(source).digest('hex')
    const object = { key: `${codec}-${i}`, size: source.length, crc32: 0, sha256, times, keyFrames }
    return {
      ...slot,
      number: FIRST + i,
      era: era.id,
      discontinuity: false,
      discontinuitySequence: 0,
      period: { number: FIRST, start: ticks(first!.firstPts) },
      slots: [{ ...slot, era: era.id, index: i, isMeasured: true, objects: { 1: object } }],
    }
  })
  const window = windowOf(segments, { eras: [era] })
  const archive = new FakeArchive(window)
  for (const [i, source] of sources.entries()) archive.overrides.set(`${codec}-${i}`, source)
  return { archive, window }
}
