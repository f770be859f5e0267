import { MalformedMedia } from '../bytes.ts'
import { ADTS_MIN_HEADER_SIZE, AdtsHeader, SAMPLES_PER_FRAME, writeAudioSpecificConfig } from '../codecs/aac.ts'
import type { SampleTable, Track } from '../sample.ts'
import { rescale, TICKS_PER_SECOND } from '../time.ts'
import type { EsBuffer } from './es-buffer.ts'

/** A PTS this far from where the frames before it lead begins a new count: half a frame. */
const TOLERANCE = SAMPLES_PER_FRAME / 2

/**
 * The frames of an AAC stream without their ADTS headers, in place. Undefined when there is none. Throws MalformedMedia
 * when the sample rate or the channels change on the way.
 */
export function aacTrack(es: EsBuffer, unwrap: (time: number) => number): Track | undefined {
  const { bytes, stream } = es
  const { from, end, times } = joinPayloads(es)
  const header = new AdtsHeader()
  const sizes: number[] = []
  const dts: number[] = []
  let configuration: Uint8Array | undefined
  let sampleRate = 0
  let nextTime = 0
  let output = es.start
  let at = from

  while (at + ADTS_MIN_HEADER_SIZE <= end) {
    if (!header.read(bytes, at) || at + header.frameSize > end) {
      es.continuityErrors++
      at = nextFrame(bytes, at + 1, end)
      continue
    }
    const config = writeAudioSpecificConfig(header)
    if (configuration === undefined) {
      configuration = config
      sampleRate = header.sampleRate
    } else if (config[0] !== configuration[0] || config[1] !== configuration[1]) {
      throw new MalformedMedia('AAC parameters change within the segment', at)
    }
    if (header.blocks !== 1) throw new MalformedMedia(`ADTS frame of ${header.blocks} blocks`, at)
    let pts = -1
    for (let time = times[nextTime]; time !== undefined && time.offset <= at; time = times[++nextTime]) pts = time.pts
    const expected = dts.length === 0 ? undefined : dts[dts.length - 1]! + SAMPLES_PER_FRAME
    const stated = pts < 0 ? expected : rescale(unwrap(pts), TICKS_PER_SECOND, sampleRate)
    const size = header.frameSize - header.headerSize
    // Before the first PTS there is no telling when a frame is heard.
    if (stated === undefined) es.dropped++
    else {
      const isJump = expected === undefined || Math.abs(stated - expected) > TOLERANCE
      dts.push(isJump && stated > (dts.at(-1) ?? -Infinity) ? stated : expected!)
      sizes.push(size)
      bytes.copyWithin(output, at + header.headerSize, at + header.frameSize)
      output += size
    }
    at += header.frameSize
  }
  if (at < end) es.continuityErrors++

  if (configuration === undefined || dts.length === 0) return undefined
  return {
    kind: 'audio',
    pid: stream.pid,
    timescale: sampleRate,
    samples: table(sizes, dts),
    media: bytes.subarray(es.start, output),
  }
}

/** Moves the payloads together, and remembers where each PTS stood: it is that of the first frame beginning there. */
function joinPayloads(es: EsBuffer) {
  const times: { readonly offset: number; readonly pts: number }[] = []
  let from = -1
  let end = 0
  es.forEachPes((header, payload, payloadEnd) => {
    if (from < 0) {
      from = payload
      end = payload
    }
    if (header.pts >= 0) times.push({ offset: end, pts: header.pts })
    es.bytes.copyWithin(end, payload, payloadEnd)
    end += payloadEnd - payload
  })
  return { from: Math.max(from, 0), end, times }
}

/** Where the next header stands that another one follows, or the end. */
function nextFrame(bytes: Uint8Array, from: number, end: number): number {
  const header = new AdtsHeader()
  for (let at = from; at + ADTS_MIN_HEADER_SIZE <= end; at++) {
    if (!header.read(bytes, at)) continue
    const next = at + header.frameSize
    if (next === end) return at
    if (next + ADTS_MIN_HEADER_SIZE <= end && header.read(bytes, next)) return at
  }
  return end
}

function table(sizes: readonly number[], dts: readonly number[]): SampleTable {
  const count = sizes.length
  const durations = new Uint32Array(count).fill(SAMPLES_PER_FRAME)
  for (let i = 0; i + 1 < count; i++) {
    const duration = dts[i + 1]! - dts[i]!
    if (duration >= 2 ** 32) throw new MalformedMedia(`silence of ${duration} samples`, 0)
    durations[i] = duration
  }
  return {
    count,
    sizes: Uint32Array.from(sizes),
    dts: Float64Array.from(dts),
    compositionOffsets: new Int32Array(count),
    durations,
    sync: new Uint8Array(count).fill(1),
  }
}
