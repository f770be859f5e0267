import { equalBytes, MalformedMedia } from '../bytes.ts'
import { ADTS_MIN_HEADER_SIZE, AdtsHeader, SAMPLES_PER_FRAME, writeAudioSpecificConfig } from '../codecs/aac.ts'
import type { AudioTrack } from '../sample.ts'
import { rescale, TICKS_PER_SECOND } from '../time.ts'
import type { EsBuffer, TrackBuilder } from './es-buffer.ts'
import type { PesHeader } from './pes.ts'

/** A PTS this far from where the frames before it lead begins a new count: half a frame. */
const TOLERANCE = SAMPLES_PER_FRAME / 2

/** The frames of an AAC stream without their ADTS headers, in place. A frame may begin in one PES packet and end in the next. */
export class AacTrackBuilder implements TrackBuilder {
  firstDts = -1
  /** Where each PTS stood in the joined payloads: it is that of the first frame beginning there or after. */
  private readonly times: { readonly offset: number; readonly pts: number }[] = []
  private from = -1
  private end = -1

  /** Moves the payloads together. */
  take(es: EsBuffer, header: PesHeader, from: number, end: number): void {
    if (this.from < 0) {
      this.from = from
      this.end = from
    }
    if (this.firstDts < 0) this.firstDts = header.dts
    if (header.pts >= 0) this.times.push({ offset: this.end, pts: header.pts })
    es.bytes.copyWithin(this.end, from, end)
    this.end += end - from
  }

  /** Throws MalformedMedia when the sample rate or the channels change on the way. */
  finish(es: EsBuffer, unwrap: (time: number) => number): AudioTrack | undefined {
    const { bytes, stream } = es
    const { times, end } = this
    const header = new AdtsHeader()
    const sizes: number[] = []
    const dts: number[] = []
    let configuration: Uint8Array | undefined
    let sampleRate = 0
    let channels = 0
    let nextTime = 0
    let output = es.start
    let at = this.from
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
        channels = header.channels
      } else if (!equalBytes(config, configuration)) {
        throw new MalformedMedia(`AAC parameters change at frame ${dts.length}`, 0)
      }
      if (header.blocks !== 1) throw new MalformedMedia(`ADTS frame of ${header.blocks} blocks`, 0)
      let pts = -1
      for (let time = times[nextTime]; time !== undefined && time.offset <= at; time = times[++nextTime]) pts = time.pts
      const time = frameTime(dts, pts < 0 ? undefined : rescale(unwrap(pts), TICKS_PER_SECOND, sampleRate))
      // Before the first PTS there is no telling when a frame is heard.
      if (time === undefined) es.dropped++
      else {
        dts.push(time)
        sizes.push(header.frameSize - header.headerSize)
        bytes.copyWithin(output, at + header.headerSize, at + header.frameSize)
        output += header.frameSize - header.headerSize
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
      configuration,
      channels,
      ...(stream.language === undefined ? {} : { language: stream.language }),
    }
  }
}

/** When the frame behind those at `dts` is heard: right after them, unless the `stated` time jumps ahead. */
function frameTime(dts: readonly number[], stated: number | undefined): number | undefined {
  const last = dts.at(-1)
  if (last === undefined || stated === undefined) return last === undefined ? stated : last + SAMPLES_PER_FRAME
  const expected = last + SAMPLES_PER_FRAME
  return Math.abs(stated - expected) > TOLERANCE && stated > last ? stated : expected
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

function table(sizes: readonly number[], dts: readonly number[]): AudioTrack['samples'] {
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
