import { createCipheriv } from 'node:crypto'
import type { CbcEncryption } from '../../../src/media/cbc.ts'
import { AvcSliceHeaders, HevcSliceHeaders, type SliceHeaders } from '../../../src/media/codecs/slice-headers.ts'
import { MOST_SAMPLES, protectedSamples, type StartCounter } from '../../../src/media/protection/protected-samples.ts'
import { emptySamples } from '../../../src/media/sample.ts'
import type { OutputSegment } from '../../../src/model/output-segment.ts'
import { firstIvOf } from '../../../src/packaging/segments/first-iv.ts'
import { nalUnits } from '../../fixtures/nal-units.ts'
import { randomAvcSlices } from '../../fixtures/random-avc-slices.ts'
import { randomHevcSlices } from '../../fixtures/random-hevc-slices.ts'
import { outputSegments } from '../../origin/sample-channel.ts'
import { cmafEndpoint } from '../../origin/sample-endpoints.ts'
import { seeded } from '../mutants.ts'
import type { WorstInput } from './judge.ts'

const MiB = 1024 * 1024

const encrypt: CbcEncryption = (iv, blocks) =>
  createCipheriv('aes-128-cbc', new Uint8Array(16), iv).setAutoPadding(false).update(blocks)

/** A NAL unit after its length. */
function measured(unit: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(unit.length)
  return Buffer.concat([length, unit])
}

const repeated = (unit: Buffer, size: number) =>
  Buffer.alloc(Math.max(1, Math.floor(size / unit.length)) * unit.length, unit)

/** The last NAL unit of a kind in a random stream, and those before it that it needs. */
function unitsOf(stream: Buffer, isKind: (unit: Buffer) => boolean) {
  const units = nalUnits(stream)
  const at = units.findLastIndex(isKind)
  return { unit: units[at]!, before: units.slice(0, at) }
}

type Sample = { readonly media: Buffer; readonly slices: SliceHeaders; readonly count: number }

const AVC = unitsOf(randomAvcSlices(seeded(1), 1), (unit) => (unit[0]! & 31) === 1 || (unit[0]! & 31) === 5)
const AVC_SETS = unitsOf(randomAvcSlices(seeded(1), 1), (unit) => (unit[0]! & 31) === 8)
/** Of 300 random slices, those with the longest header and the sets that it needs. */
const HEVC = (() => {
  const stream = Array.from({ length: 100 }, (_, seed) =>
    unitsOf(randomHevcSlices(seeded(seed), 1), (unit) => unit[0]! < 64),
  )
  return stream.reduce((longest, each) => (each.unit.length > longest.unit.length ? each : longest))
})()

function after(slices: SliceHeaders, before: readonly Buffer[]): SliceHeaders {
  for (const unit of before) slices.next(unit, 0, unit.length)
  return slices
}

/** Samples of about `size` bytes, each `unit` alone, or all in one. */
function filled(unit: Buffer, size: number, slices: SliceHeaders, isOne: boolean): Sample {
  const media = repeated(measured(unit), size)
  return { media, slices, count: isOne ? 1 : media.length / measured(unit).length }
}

const SAMPLES: Readonly<Record<string, (size: number) => Sample>> = {
  'one access unit of parameter sets': (size) => filled(AVC_SETS.unit, size, new AvcSliceHeaders(), true),
  'one slice': (size) => {
    const slice = Buffer.concat([AVC.unit, Buffer.alloc(size, 0x55)])
    return { media: measured(slice), slices: after(new AvcSliceHeaders(), AVC.before), count: 1 }
  },
  'access units of a small slice': (size) => filled(AVC.unit, size, after(new AvcSliceHeaders(), AVC.before), false),
  'slices with long headers': (size) => filled(HEVC.unit, size, after(new HevcSliceHeaders(), HEVC.before), false),
}

const start: StartCounter = (block) => {
  const counting = createCipheriv('aes-128-ctr', new Uint8Array(16), block)
  return (piece) => counting.update(piece)
}

/** As many frames of sound as fit a fragment, each with an IV of its own that follows from all of them. */
const SHORT_FRAMES: WorstInput = {
  name: 'the shortest frames of sound, by cenc',
  reader: 'encryption',
  most: 64 * MiB,
  prepare: (size) => {
    const media = Buffer.alloc(size, 0x55)
    const samples = emptySamples(Math.min(size, MOST_SAMPLES))
    samples.sizes.fill(Math.floor(size / samples.count))
    samples.sizes[0]! += size - samples.count * samples.sizes[0]!
    const clear = { samples, media: [media] }
    const [segment] = outputSegments(1, [{}]) as [OutputSegment]
    const part = { endpoint: cmafEndpoint(), track: { n: 1 }, segment, areKeyFrames: false }
    return function* () {
      const firstIv = yield* firstIvOf(part, clear)
      return yield* protectedSamples(clear, { scheme: 'cenc', start, firstIv })
    }
  },
}

const OF_PICTURES: readonly WorstInput[] = Object.entries(SAMPLES).map(([name, make]) => ({
  name,
  reader: 'encryption',
  most: 64 * MiB,
  prepare: (size) => {
    const { media, slices, count } = make(size)
    const samples = emptySamples(count)
    samples.sizes.fill(media.length / count)
    const cipher = { scheme: 'cbcs', encrypt, constantIv: new Uint8Array(16) } as const
    return () => protectedSamples({ samples, media: [media], slices }, cipher)
  },
}))

export const ENCRYPTED_SAMPLES: readonly WorstInput[] = [...OF_PICTURES, SHORT_FRAMES]
