import { equalBytes, MalformedMedia, storeU32 } from '../bytes.ts'
import {
  hasRecoveryPoint,
  isSliceStart,
  NAL_AUD,
  NAL_FILLER,
  NAL_IDR_SLICE,
  NAL_PPS,
  NAL_SEI,
  NAL_SPS,
  nextStartCode,
  readPps,
  readSps,
  SENTINEL_SIZE,
  trimZeros,
  writeSentinel,
} from '../codecs/h264.ts'
import type { Track } from '../sample.ts'
import { TICKS_PER_SECOND } from '../time.ts'
import type { EsBuffer } from './es-buffer.ts'

/** Offsets and durations must fit 32 bits; a segment is never that long. */
const MAX_STEP = 2 ** 31

/**
 * The access units of an H.264 stream, one per PES packet, rewritten in place as samples. Undefined when there is none.
 * Throws MalformedMedia when decoding times go back.
 */
export function avcTrack(es: EsBuffer, unwrap: (time: number) => number): Track | undefined {
  const { bytes } = es
  const parameters = new ParameterSets()
  const sizes = new Uint32Array(es.pesCount)
  const dts = new Float64Array(es.pesCount)
  const compositionOffsets = new Int32Array(es.pesCount)
  const sync = new Uint8Array(es.pesCount)
  let count = 0
  let output = es.start

  es.forEachPes((header, from, end, randomAccess) => {
    const sampleStart = output
    let isPicture = false
    let isKey = false
    let recoveryPoint = false
    const [behind0, behind1, behind2] = [bytes[end]!, bytes[end + 1]!, bytes[end + 2]!]
    writeSentinel(bytes, end)
    let next = nextStartCode(bytes, from)
    while (next < end) {
      const start = next + SENTINEL_SIZE
      next = nextStartCode(bytes, start)
      const nalEnd = trimZeros(bytes, start, Math.min(next, end))
      if (nalEnd === start) continue
      const type = bytes[start]! & 0x1f
      if (type === NAL_AUD || type === NAL_FILLER) continue
      if (type === NAL_SPS || type === NAL_PPS) {
        if (!parameters.add(type, bytes.subarray(start, nalEnd))) es.continuityErrors++
        continue
      }
      if (isSliceStart(type)) isPicture = true
      if (type === NAL_IDR_SLICE) isKey = true
      if (type === NAL_SEI && randomAccess && hasRecoveryPoint(bytes.subarray(start, nalEnd))) recoveryPoint = true
      storeU32(bytes, output, nalEnd - start)
      bytes.copyWithin(output + 4, start, nalEnd)
      output += 4 + nalEnd - start
    }
    bytes[end] = behind0
    bytes[end + 1] = behind1
    bytes[end + 2] = behind2
    if (!isPicture || header.pts < 0) {
      es.dropped++
      output = sampleStart
      return
    }
    sizes[count] = output - sampleStart
    dts[count] = unwrap(header.dts)
    compositionOffsets[count] = step(unwrap(header.pts) - dts[count]!, from)
    sync[count] = isKey || recoveryPoint ? 1 : 0
    count++
  })

  if (count === 0) return undefined
  return {
    kind: 'video',
    pid: es.stream.pid,
    timescale: TICKS_PER_SECOND,
    samples: {
      count,
      sizes: sizes.subarray(0, count),
      dts: dts.subarray(0, count),
      compositionOffsets: compositionOffsets.subarray(0, count),
      durations: durations(dts.subarray(0, count), parameters.frameDuration),
      sync: sync.subarray(0, count),
    },
    media: bytes.subarray(es.start, output),
  }
}

function step(difference: number, offset: number): number {
  if (Math.abs(difference) >= MAX_STEP) throw new MalformedMedia(`times ${difference} ticks apart`, offset)
  return difference
}

/** From one decoding time to the next; the last sample lasts as long as the one before, or one frame. */
function durations(dts: Float64Array, frameDuration: number): Uint32Array {
  const result = new Uint32Array(dts.length)
  for (let i = 0; i + 1 < dts.length; i++) {
    const duration = step(dts[i + 1]! - dts[i]!, i)
    if (duration < 0) throw new MalformedMedia(`decoding time goes back after sample ${i}`, 0)
    result[i] = duration
  }
  result[dts.length - 1] = dts.length > 1 ? result[dts.length - 2]! : frameDuration
  return result
}

/** Follows SPS and PPS through a stream. */
class ParameterSets {
  /** Ticks, as the SPS says; 0 when it does not. */
  frameDuration = 0
  private readonly sps = new Map<number, Uint8Array>()
  private readonly pps = new Map<number, Uint8Array>()

  /** False when it cannot be read; it is then left out. */
  add(type: number, nal: Uint8Array): boolean {
    const sets = type === NAL_SPS ? this.sps : this.pps
    for (const known of sets.values()) if (equalBytes(known, nal)) return true
    try {
      if (type === NAL_SPS) this.addSps(nal)
      else this.pps.set(readPps(nal).id, new Uint8Array(nal))
    } catch (error) {
      if (error instanceof MalformedMedia) return false
      throw error
    }
    return true
  }

  private addSps(nal: Uint8Array): void {
    const { id, frameRate } = readSps(nal)
    this.sps.set(id, new Uint8Array(nal))
    if (frameRate === undefined) return
    this.frameDuration = Math.round((TICKS_PER_SECOND * frameRate.denominator) / frameRate.numerator)
  }
}
