import { SEARCHED_AT_ONCE, START_CODE_SIZE } from '../codecs/nal.ts'
import type { VideoStream } from '../codecs/video-stream.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { SampleTable, Track } from '../sample.ts'
import { StepMeter, type Steps } from '../steps.ts'
import { TICKS_PER_SECOND } from '../time.ts'
import type { DemuxOptions } from './demux-options.ts'
import type { EsBuffer } from './es-buffer.ts'
import { NalRewriter } from './nal-rewriter.ts'
import type { PictureList } from './picture-list.ts'
import { fillTimes } from './picture-times.ts'

/**
 * The access units of an H.264 or HEVC stream, rewritten in place as samples; two fields make one sample. Undefined
 * when there is none. Access units are found by their NAL units, since PES packets may hold several, or parts. Access
 * units without a time are dropped, as are those whose time goes back, or too far ahead.
 */
export function* videoTrack(
  es: EsBuffer,
  unwrap: (time: number) => number,
  { configurations, fromKeyFrame = false }: DemuxOptions,
  video: VideoStream,
): Steps<Track | undefined> {
  const { bytes, kernel } = es
  const known = configurations?.get(es.stream.pid)
  for (const nal of known ?? []) video.addParameterSet(nal)
  const rewriter = new NalRewriter(es, video, { unwrap, fromKeyFrame, hasHeader: known !== undefined })
  const meter = new StepMeter()
  for (const {
    header: { pts, dts },
    from,
    end,
    randomAccess,
  } of es.pesPackets()) {
    rewriter.pes = { pts, dts, randomAccess, isNew: true }
    // A generator for each NAL unit of a short packet would cost more than the search.
    const isLong = end - from > SEARCHED_AT_ONCE
    const first = isLong ? yield* startCodeInSteps(kernel, from, end) : kernel.findStartCode(from, end)
    let next = rewriter.continueUnit(from, first, end)
    while (next < end) {
      const start = next + START_CODE_SIZE
      next = isLong ? yield* startCodeInSteps(kernel, start, end) : kernel.findStartCode(start, end)
      const unitEnd = Math.min(next, end)
      rewriter.unit(start, unitEnd)
      if (meter.ends(unitEnd - start)) yield
    }
    if (meter.ends()) yield
  }
  const { pictures, end } = rewriter.end()
  const frame = frameDuration(video)
  const untimed = dropUntimed(es, pictures, frame)
  if (pictures.count === 0) return undefined
  return {
    kind: 'video',
    pid: es.stream.pid,
    timescale: TICKS_PER_SECOND,
    samples: sampleTable(pictures, frame),
    media: bytes.subarray(es.start, end - untimed),
  }
}

/** As `findStartCode` of the kernel, in steps. */
function* startCodeInSteps(kernel: Kernel, from: number, end: number): Steps<number> {
  let at = from
  for (; end - at > SEARCHED_AT_ONCE; at += SEARCHED_AT_ONCE) {
    const until = at + SEARCHED_AT_ONCE + START_CODE_SIZE - 1
    const found = kernel.findStartCode(at, until)
    if (found < until) return found
    yield
  }
  return kernel.findStartCode(at, end)
}

/** Frame duration in ticks; 0 when the stream does not state it. */
function frameDuration({ frameRate }: VideoStream): number {
  return frameRate === undefined ? 0 : Math.round((TICKS_PER_SECOND * frameRate.denominator) / frameRate.numerator)
}

/**
 * Drops the samples at the end that have no time.
 * @returns their size in bytes
 */
function dropUntimed(es: EsBuffer, pictures: PictureList, frame: number): number {
  const timed = fillTimes(pictures, frame)
  let size = 0
  for (let i = timed; i < pictures.count; i++) size += pictures.sizes[i]!
  es.dropped += pictures.count - timed
  pictures.count = timed
  return size
}

function sampleTable({ count, sizes, pts, dts, sync }: PictureList, frame: number): SampleTable {
  const compositionOffsets = new Int32Array(count)
  for (let i = 0; i < count; i++) compositionOffsets[i] = pts[i]! - dts[i]!
  return {
    count,
    sizes: sizes.subarray(0, count),
    dts: dts.subarray(0, count),
    compositionOffsets,
    durations: durations(dts.subarray(0, count), frame),
    sync: sync.subarray(0, count),
  }
}

/** Durations from one decoding time to the next; the last sample lasts as long as the one before, or one frame. */
function durations(dts: Float64Array, frameDuration: number): Uint32Array {
  const result = new Uint32Array(dts.length)
  for (let i = 0; i + 1 < dts.length; i++) result[i] = dts[i + 1]! - dts[i]!
  result[dts.length - 1] = dts.length > 1 ? result[dts.length - 2]! : frameDuration
  return result
}
