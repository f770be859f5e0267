import assert from 'node:assert/strict'
import { MalformedMedia } from '../../src/media/bytes.ts'
import { id3TagSize, privateFrame, titleIn } from '../../src/media/id3.ts'
import { readCmafFragments, readCmafHeader } from '../../src/media/mp4/cmaf.ts'
import { demuxPackedAudio, PackedAudioProbe } from '../../src/media/packed-audio.ts'
import type { Track } from '../../src/media/sample.ts'
import { readSpliceInfo } from '../../src/media/scte35/splice-info.ts'
import { PTS_MODULUS, rescale } from '../../src/media/time.ts'
import type { MediaProbe } from '../../src/media/track.ts'
import { DemuxBuffer } from '../../src/media/ts/demux-buffer.ts'
import { demuxTs } from '../../src/media/ts/demuxer.ts'
import { filterTs } from '../../src/media/ts/filter.ts'
import { TsProbe } from '../../src/media/ts/probe.ts'
import { withCrc } from '../fixtures/splice-messages.ts'
import { packed, withSplices } from '../fixtures/splice-packets.ts'
import { SPLICES } from '../fixtures/splice-table.ts'
import { timestampTag, titleTag, withTags } from '../fixtures/timed-metadata.ts'
import { readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'

import { cpuTimeOf } from '../judges/cpu-time.ts'

import { needing } from '../programs.ts'

import { corpusSamples } from './corpus.ts'

import { asMp4 } from './demuxed.ts'

import { encodeTs, run as runTool } from './media-samples.ts'
import { mutant, type Random, seeded } from './mutants.ts'

const { before, describe, it } = needing('ffmpeg')

/** Mutants of each sample; a soak sets more. */
const RUNS = Number(process.env['WINDROW_FUZZ_RUNS'] ?? 300)
const SEED = Number(process.env['WINDROW_FUZZ_SEED'] ?? 1)
/**
 * CPU time one step over a mutant may take: it takes a few, and a loop that goes over its input again and again
 * minutes.
 */
const MAX_CPU_MS = 5000
/** Growth of the process while the mutants, of about 100 KB each, pass through. */
const MAX_GROWTH_KB = 256 * 1024
const outcomes = { done: 0, refused: 0 }

/** Runs `work`; it may refuse its input and nothing else. */
function attempt<T>(work: () => T): T | undefined {
  const { result, cpuMs } = cpuTimeOf(() => {
    try {
      const done = work()
      outcomes.done++
      return done
    } catch (error) {
      if (!(error instanceof MalformedMedia)) throw error
      assert.ok(Number.isInteger(error.offset) && error.offset >= 0, error.message)
      outcomes.refused++
      return undefined
    }
  })
  assert.ok(cpuMs < MAX_CPU_MS, `${cpuMs} ms of CPU`)
  return result
}

function probe(probe: TsProbe | PackedAudioProbe, bytes: Uint8Array, random: Random): MediaProbe {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random(5000)
    probe.push(bytes.subarray(at, at + size))
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

function describes(found: MediaProbe, { pid }: Track): boolean {
  return found.tracks.some((track) => track.pid === pid && (track.kind === 'audio' || track.kind === 'video'))
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
    samples.set('AC-3', await encodeTs('audio', ['-t', '0.6', '-c:a', 'ac3', '-ac', '6']))
    const halves = ['-t', '0.6', '-c:a', 'eac3', '-ac', '2', '-b:a', '1500k']
    samples.set('E-AC-3', await encodeTs('audio', halves))
    const tagged = withTags(readMultiplex(await encodeTs('audio', ['-t', '0.3'])), [
      { pts: 126_000, tag: titleTag('a') },
      { pts: 128_000, tag: Buffer.concat([titleTag('b'.repeat(300)), titleTag('c')]) },
    ])
    samples.set('ID3', writeMultiplex(tagged, new Map()))
    samples.set('audio', await encodeTs('audio', ['-t', '0.6', '-output_ts_offset', '95441.9']))
  })

  it('transport streams are refused or understood, in bounded time and memory', () => {
    const random = seeded(SEED)
    const buffer = new DemuxBuffer()
    buffer.load(2 ** 20)
    const { maxRSS } = process.resourceUsage()
    const corpus = corpusSamples('mpegts')
    for (const [name, sample] of [...samples, ...corpus]) {
      for (let run = 0; run < (corpus.has(name) ? RUNS / 4 : RUNS); run++) {
        const ts = mutant(sample, random)
        try {
          const found = attempt(() => probe(new TsProbe(), ts, random))
          attempt(() => filterTs([ts, ts], ({ pid }) => pid === 0x100 + random(2)))
          buffer.fill([ts])
          const size = buffer.bytes.length
          // What the probe takes must never be refused later on.
          const describedAudio = new Set(found?.tracks.flatMap(({ kind, pid }) => (kind === 'audio' ? [pid] : [])))
          const demuxed = found ? demuxTs(buffer, { describedAudio }) : attempt(() => demuxTs(buffer))
          assert.equal(buffer.bytes.length, size)
          for (const track of demuxed?.tracks ?? []) {
            checkTrack(track)
            if (found !== undefined && describes(found, track)) attempt(() => asMp4(track, found.tracks))
          }
          if (found === undefined) continue
          assert.ok(found.firstPts >= 0 && found.firstPts < 2 ** 33 && found.lastPts >= found.firstPts)
          assert.ok(found.tracks.length > 0)
          // Manifests list what has a time: there must be something of it.
          for (const [i, { kind, pid }] of found.tracks.entries()) {
            if (found.times[i] === null || (kind !== 'audio' && kind !== 'video')) continue
            assert.ok(
              demuxed?.tracks.some((track) => track.pid === pid && track.samples.count > 0),
              `no ${kind}`,
            )
          }
        } catch (error) {
          throw new Error(`${name}, mutant ${run}: ${ts.subarray(0, 4000).toString('base64')}`, { cause: error })
        }
      }
    }
    const growth = process.resourceUsage().maxRSS - maxRSS
    assert.ok(growth < MAX_GROWTH_KB, `${growth} KB`)
    assert.ok(outcomes.done > 0 && outcomes.refused > 0, JSON.stringify(outcomes))
  })

  it('packed audio is refused or understood, alike by probe and demuxer', async () => {
    const random = seeded(SEED + 2)
    for (const [codec, more] of [
      ['aac', ['-f', 'adts']],
      ['ac3', ['-ac', '6', '-f', 'ac3']],
      ['eac3', ['-f', 'eac3']],
    ] as const) {
      const source = ['-v', 'error', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '0.4', '-c:a', codec]
      const frames = await runTool('ffmpeg', [...source, ...more, 'pipe:1'])
      const sample = Buffer.concat([titleTag('title'), timestampTag(900_000), frames])
      for (let run = 0; run < RUNS; run++) {
        const bytes = mutant(sample, random)
        const found = attempt(() => probe(new PackedAudioProbe(), bytes, random))
        const track = attempt(() => demuxPackedAudio(bytes, undefined, true))
        const context = `${codec}, mutant ${run}: ${bytes.subarray(0, 4000).toString('base64')}`
        assert.equal(track === undefined, found === undefined, context)
        if (track === undefined || found === undefined) continue
        checkTrack(track)
        const [first, last] = [0, -1].map((at) => rescale(track.samples.dts.at(at)!, track.timescale, 90_000))
        // Times of the track are whole samples.
        const rounding = Math.max(1, 45_000 / track.timescale)
        const isNear = (a: number, b: number) => Math.abs(a - b) <= rounding
        assert.ok(isNear(first!, found.firstPts) && isNear(last!, found.lastPts), context)
      }
    }
  })

  it('ID3 tags are no tags, or read', () => {
    const random = seeded(SEED + 3)
    for (let run = 0; run < RUNS; run++) {
      const bytes = mutant(Buffer.concat([timestampTag(900_000), titleTag('x'.repeat(random(300)))]), random)
      const size = id3TagSize(bytes, 0, bytes.length)
      assert.ok(size === 0 || size >= 10)
      const content = privateFrame(bytes, 'com.apple.streaming.transportStreamTimestamp')
      assert.ok(content === undefined || content.length < bytes.length)
      const title = titleIn(bytes)
      assert.ok(title === undefined || (title !== '' && title.length <= 1024))
    }
  })

  it('sections of SCTE 35 whose CRC is right are refused or read', () => {
    const random = seeded(SEED + 4)
    const read = { refused: 0, done: 0 }
    for (const [name, { section }] of Object.entries(SPLICES)) {
      for (let run = 0; run < RUNS; run++) {
        const body = mutant(section.subarray(0, -4), random)
        if (body.length > 2 && random(4) > 0) body.writeUInt16BE(0x3000 | (body.length + 1), 1)
        const broken = withCrc(body)
        const info = readSpliceInfo(broken)
        read[typeof info === 'string' ? 'refused' : 'done']++
        if (typeof info === 'string') continue
        const context = `${name}, mutant ${run}: ${broken.toString('hex')}`
        assert.ok(info.signals.length <= 33, context)
        for (const signal of info.signals) {
          const { time = 0, duration = 0 } = signal.isCancel ? {} : signal
          assert.ok(time >= 0 && time < PTS_MODULUS && duration >= 0 && duration < 2 ** 40, context)
        }
      }
    }
    assert.ok(read.refused > 0 && read.done > 0, JSON.stringify(read))
  })

  it('segments with SCTE 35 are refused, or their messages read', async () => {
    const random = seeded(SEED + 5)
    const sections = Object.values(SPLICES).map(({ section }) => section)
    const splices = packed(sections, { pid: 0x1f1, before: 4, sizes: [184, 50] })
    const media = readMultiplex(await encodeTs('audio', ['-t', '0.3']))
    const sample = writeMultiplex(withSplices(media, splices), new Map())
    let read = 0
    for (let run = 0; run < RUNS; run++) {
      const broken = mutant(sample, random)
      const { messages = [] } = attempt(() => probe(new TsProbe(), broken, random)) ?? {}
      for (const { arrival, section, signals } of messages) {
        const context = `mutant ${run}: ${broken.subarray(0, 4000).toString('base64')}`
        assert.ok(arrival >= 0 && arrival < PTS_MODULUS, context)
        const info = readSpliceInfo(Buffer.from(section, 'hex'))
        assert.deepEqual(typeof info === 'string' ? info : info.signals, signals, context)
      }
      read += messages.length
    }
    assert.ok(read > 0)
  })

  it('CMAF is refused or understood', () => {
    const random = seeded(SEED + 1)
    const buffer = new DemuxBuffer()
    for (const [name, sample] of samples) {
      buffer.fill([sample])
      const [track] = demuxTs(buffer).tracks
      const file = asMp4(track!, probe(new TsProbe(), sample, random).tracks)
      const [header, fragment] = [file.subarray(0, file.indexOf('styp') - 4), file.subarray(file.indexOf('styp') - 4)]
      for (let run = 0; run < RUNS; run++) {
        const [brokenHeader, brokenFragment] = [mutant(header, random), mutant(fragment.subarray(0, 2000), random)]
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
