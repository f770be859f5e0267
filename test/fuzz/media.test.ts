import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { MalformedMedia } from '../../src/media/bytes.ts'
import { readCmafFragments, readCmafHeader, writeCmafHeader, writeCmafSegment } from '../../src/media/mp4/cmaf.ts'
import type { Track } from '../../src/media/sample.ts'
import type { TrackDescription } from '../../src/media/track.ts'
import { DemuxBuffer } from '../../src/media/ts/demux-buffer.ts'
import { demuxTs } from '../../src/media/ts/demuxer.ts'
import { filterTs } from '../../src/media/ts/filter.ts'
import { TsProbe } from '../../src/media/ts/probe.ts'
import { crc32Mpeg } from '../../src/media/ts/psi.ts'
import { encodeTs } from './media-samples.ts'

/** Mutants of each sample; a soak sets more. */
const RUNS = Number(process.env['WINDROW_FUZZ_RUNS'] ?? 600)
const SEED = Number(process.env['WINDROW_FUZZ_SEED'] ?? 1)
/** What one mutant may take: generous for a shared machine, far below what a loop that does not end takes. */
const MAX_MS = 2000
/** Growth of the process while the mutants, of about 100 KB each, pass through. */
const MAX_GROWTH_KB = 256 * 1024
const PACKET = 188
const START_CODE = Buffer.of(0, 0, 1)

type Random = (below: number) => number

/** A seeded generator of integers below a bound (mulberry32). */
function seeded(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const absurd = [0, 1, 0x7f, 0x80, 0xb7, 0xb8, 0xfe, 0xff]

/** One way to break bytes; the packet-wise ones make sense of a transport stream only. */
const mutations: ((bytes: Buffer, random: Random) => Buffer)[] = [
  function flipBits(bytes, random) {
    for (let n = 1 + random(20); n > 0; n--) bytes[random(bytes.length)]! ^= 1 << random(8)
    return bytes
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random(bytes.length))
  },
  function cutOut(bytes, random) {
    const from = random(bytes.length)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random(1000))])
  },
  function splicePackets(bytes, random) {
    const packets = Math.floor(bytes.length / PACKET)
    const [a, b, count] = [random(packets), random(packets), random(20)]
    return Buffer.concat([
      bytes.subarray(0, a * PACKET),
      bytes.subarray(b * PACKET, (b + count) * PACKET),
      bytes.subarray(a * PACKET),
    ])
  },
  function absurdBytes(bytes, random) {
    for (let n = 1 + random(8); n > 0; n--) bytes[random(bytes.length)] = absurd[random(absurd.length)]!
    return bytes
  },
  /** Adaptation field, PES and table lengths all stand near the beginning of a packet. */
  function absurdLengths(bytes, random) {
    for (let n = 1 + random(8); n > 0; n--) {
      const at = random(Math.ceil(bytes.length / PACKET)) * PACKET + 1 + random(24)
      if (at < bytes.length) bytes[at] = absurd[random(absurd.length)]!
    }
    return bytes
  },
  function absurdTables(bytes, random) {
    for (let n = 1 + random(4); n > 0; n--) bytes[random(Math.min(bytes.length, 3 * PACKET))] = random(256)
    return bytes
  },
  /** Broken tables with the CRC they should have, so that they are read. */
  function credibleTables(bytes, random) {
    for (const packet of [0, 1, 2]) {
      const section = bytes.subarray(packet * PACKET + 5, (packet + 1) * PACKET)
      if (section.length < PACKET - 5) continue
      const end = 3 + (section[2]! & 0x7f) - 4
      for (let n = random(4); n > 0 && end > 3; n--) section[3 + random(end - 3)] = random(256)
      if (end > 0) section.writeUInt32BE(crc32Mpeg(section.subarray(0, end)), end)
    }
    return bytes
  },
  /** NAL units say most at their beginning. */
  function absurdUnits(bytes, random) {
    for (let n = 1 + random(8); n > 0; n--) {
      const start = bytes.indexOf(START_CODE, random(bytes.length))
      const at = start + START_CODE.length + random(40)
      if (start >= 0 && at < bytes.length) bytes[at] = random(2) === 0 ? random(256) : absurd[random(absurd.length)]!
    }
    return bytes
  },
  function zeros(bytes, random) {
    const at = random(bytes.length)
    return bytes.fill(0, at, Math.min(bytes.length, at + random(400)))
  },
]

function mutant(sample: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(sample)
  for (let n = 1 + random(3); n > 0 && bytes.length > 0; n--)
    bytes = mutations[random(mutations.length)]!(bytes, random)
  return bytes
}

const outcomes = { done: 0, refused: 0 }

/** Runs `work`; it may refuse its input and nothing else. */
function attempt<T>(work: () => T): T | undefined {
  const before = performance.now()
  try {
    const result = work()
    outcomes.done++
    return result
  } catch (error) {
    if (!(error instanceof MalformedMedia)) throw error
    assert.ok(Number.isInteger(error.offset) && error.offset >= 0, error.message)
    outcomes.refused++
    return undefined
  } finally {
    const ms = performance.now() - before
    assert.ok(ms < MAX_MS, `${ms} ms`)
  }
}

function probe(ts: Uint8Array, random: Random) {
  const probe = new TsProbe()
  for (let at = 0; at < ts.length; ) {
    const size = 1 + random(5000)
    probe.push(ts.subarray(at, at + size))
    at += size
  }
  return probe.end()
}

function checkTrack(track: Track): void {
  const { samples, media } = track
  assert.equal(
    samples.sizes.reduce((sum, size) => sum + size, 0),
    media.length,
  )
  for (let i = 1; i < samples.count; i++) assert.ok(samples.dts[i]! >= samples.dts[i - 1]!)
}

/** What the probe described can be written, and read back as written. */
function checkFile(track: Track, tracks: readonly TrackDescription[]): void {
  const { samples, media, timescale } = track
  const entry = tracks.find(({ pid }) => pid === track.pid)
  if (entry?.kind === 'video' || entry?.kind === 'audio') {
    readCmafHeader(writeCmafHeader({ id: 1, timescale, entry }))
  }
  // Nothing lies before time 0 in a file.
  if (samples.dts[0]! < 0) return
  const parts = writeCmafSegment({ sequenceNumber: 1, trackId: 1, samples, media: [media] })
  const [fragment] = readCmafFragments(Buffer.concat(parts))
  assert.deepEqual(fragment!.samples, samples)
}

describe(`broken media (${RUNS} mutants of each sample, seed ${SEED})`, () => {
  const samples = new Map<string, Buffer>()
  before(async () => {
    samples.set('video and audio', await encodeTs('both', ['-t', '0.6', '-g', '5', '-muxrate', '1M']))
    samples.set('eight slices', await encodeTs('video', ['-t', '0.4', '-x264-params', 'slices=8']))
    const x265 = 'repeat-headers=1:log-level=error:pools=2:frame-threads=1:keyint=4:bframes=2:hrd=1'
    const rate = 'vbv-maxrate=500:vbv-bufsize=500:bitrate=400:max-cll=1000,400'
    const hevc = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', `${x265}:${rate}`]
    samples.set('HEVC', await encodeTs('video', ['-t', '0.4', '-pix_fmt', 'yuv420p10le', ...hevc]))
    samples.set('audio', await encodeTs('audio', ['-t', '0.6', '-output_ts_offset', '95441.9']))
  })

  it('transport streams are refused or understood, in bounded time and memory', () => {
    const random = seeded(SEED)
    const buffer = new DemuxBuffer()
    buffer.load(2 ** 20)
    const { maxRSS } = process.resourceUsage()
    for (const [name, sample] of samples) {
      for (let run = 0; run < RUNS; run++) {
        const ts = mutant(sample, random)
        try {
          const found = attempt(() => probe(ts, random))
          attempt(() => filterTs([ts, ts], ({ pid }) => pid === 0x100 + random(2)))
          buffer.fill([ts])
          const size = buffer.bytes.length
          // What the probe takes must never be refused later on.
          const demuxed = found === undefined ? attempt(() => demuxTs(buffer)) : demuxTs(buffer)
          assert.equal(buffer.bytes.length, size)
          for (const track of demuxed?.tracks ?? []) checkTrack(track)
          for (const track of found === undefined ? [] : (demuxed?.tracks ?? [])) checkFile(track, found.tracks)
          if (found === undefined) continue
          assert.ok(found.firstPts >= 0 && found.firstPts < 2 ** 33 && found.lastPts >= found.firstPts)
          assert.ok(found.tracks.length > 0)
        } catch (error) {
          throw new Error(`${name}, mutant ${run}: ${ts.subarray(0, 4000).toString('base64')}`, { cause: error })
        }
      }
    }
    const growth = process.resourceUsage().maxRSS - maxRSS
    assert.ok(growth < MAX_GROWTH_KB, `${growth} KB`)
    assert.ok(outcomes.done > 0 && outcomes.refused > 0, JSON.stringify(outcomes))
  })

  it('CMAF is refused or understood', () => {
    const random = seeded(SEED + 1)
    const buffer = new DemuxBuffer()
    for (const [name, sample] of samples) {
      buffer.fill([sample])
      const [track] = demuxTs(buffer).tracks
      const [entry] = probe(sample, random).tracks
      assert.ok(entry?.kind === 'video' || entry?.kind === 'audio')
      const { timescale } = track!
      const header = Buffer.from(writeCmafHeader({ id: 1, timescale, entry }))
      const media = [track!.media.subarray(0, 100)]
      const [moof = new Uint8Array(0)] = writeCmafSegment({
        sequenceNumber: 1,
        trackId: 1,
        samples: track!.samples,
        media,
      })
      const fragment = Buffer.concat([moof, ...media])
      for (let run = 0; run < RUNS; run++) {
        const [brokenHeader, brokenFragment] = [mutant(header, random), mutant(fragment, random)]
        try {
          attempt(() => readCmafHeader(brokenHeader))
          attempt(() => readCmafFragments(brokenFragment))
        } catch (error) {
          const bytes = [brokenHeader, brokenFragment].map((broken) => broken.toString('base64'))
          throw new Error(`${name}, mutant ${run}: ${bytes.join(' ')}`, { cause: error })
        }
      }
    }
  })
})
