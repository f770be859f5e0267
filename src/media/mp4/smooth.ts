import { ByteWriter, MalformedMedia } from '../bytes.ts'
import type { SampleTable } from '../sample.ts'
import { rescale } from '../time.ts'
import { writeBox } from './box.ts'
import { writeMovieFragment } from './fragment.ts'
import type { SampleEncryption } from './sample-encryption.ts'

/** Fragments of Smooth Streaming, MS-SSTR §2.2.4, which state their presentation time in boxes of their own. */

/** Units per second of all times of Smooth Streaming. */
export const SMOOTH_TIMESCALE = 10_000_000

/** A fragment's interval on the presentation's timeline. */
export type FragmentInterval = { readonly time: number; readonly duration: number }

export type SmoothFragment = {
  readonly sequenceNumber: number
  /** Samples with times as `smoothSamples` makes them. */
  readonly samples: SampleTable
  /** The samples' data, in consecutive pieces. */
  readonly media: readonly Uint8Array[]
  readonly interval: FragmentInterval
  /** Intervals of the fragments after this one; at most 255. */
  readonly following: readonly FragmentInterval[]
  /** What is said of the samples where they are encrypted. */
  readonly encryption?: SampleEncryption
}

/** Any number would do: players replace it by the one their manifest gives the track. */
const TRACK_ID = 1

/** Writes a `moof`, the header of the `mdat`, and the samples' data as it is, as consecutive parts. */
export function writeSmoothFragment({
  sequenceNumber,
  samples,
  media,
  interval,
  following,
  encryption,
}: SmoothFragment): Uint8Array[] {
  const size = media.reduce((sum, part) => sum + part.length, 0)
  if (size > 0xffffffff - 8) throw new MalformedMedia(`fragment of ${size} bytes`, 0)
  const writer = new ByteWriter(512 + samples.count * 16)
  const more = [tfxd(interval), tfrf(following)]
  const hidden = encryption && { encryption: { ...encryption, form: 'PIFF' } as const }
  const fragment = { sequenceNumber, trackId: TRACK_ID, samples, hasDecodeTime: false, more, ...hidden }
  writeMovieFragment(writer, fragment, size)
  return [writer.result(), ...media]
}

/**
 * Converts samples to units of 100 ns, with decoding times from 0 and presentation times relative to `firstShown` (in
 * units of `timescale`), so that pictures decoded after later ones have negative offsets. Each time is rounded on its
 * own.
 */
export function smoothSamples(samples: SampleTable, timescale: number, firstShown: number): SampleTable {
  const { count, compositionOffsets, durations } = samples
  const firstDecoded = samples.dts[0] ?? 0
  const dts = samples.dts.map((time) => rescale(time - firstDecoded, timescale, SMOOTH_TIMESCALE))
  const end = count > 0 ? samples.dts[count - 1]! + durations[count - 1]! - firstDecoded : 0
  return {
    ...samples,
    dts,
    compositionOffsets: compositionOffsets.map((offset, i) => {
      return rescale(samples.dts[i]! + offset - firstShown, timescale, SMOOTH_TIMESCALE) - dts[i]!
    }),
    durations: durations.map((_, i) => (dts[i + 1] ?? rescale(end, timescale, SMOOTH_TIMESCALE)) - dts[i]!),
  }
}

const TFXD = Uint8Array.of(
  0x6d,
  0x1d,
  0x9b,
  0x05,
  0x42,
  0xd5,
  0x44,
  0xe6,
  0x80,
  0xe2,
  0x14,
  0x1d,
  0xaf,
  0xf7,
  0x57,
  0xb2,
)
const TFRF = Uint8Array.of(
  0xd4,
  0x80,
  0x7e,
  0xf2,
  0xca,
  0x39,
  0x46,
  0x95,
  0x8e,
  0x54,
  0x26,
  0xcb,
  0x9e,
  0x46,
  0xa7,
  0x9f,
)

/** Makes a TfxdBox, §2.2.4.4, with the fragment's own interval. */
function tfxd(interval: FragmentInterval): Uint8Array {
  return uuidBox(TFXD, (writer) => writeInterval(writer, interval))
}

/** Makes a TfrfBox, §2.2.4.5, with the intervals of the next fragments. */
function tfrf(following: readonly FragmentInterval[]): Uint8Array {
  return uuidBox(TFRF, (writer) => {
    writer.u8(following.length)
    for (const interval of following) writeInterval(writer, interval)
  })
}

/** Makes a `uuid` box of version 1, which has 64-bit fields. */
function uuidBox(type: Uint8Array, body: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(64)
  writeBox(writer, 'uuid', () => {
    writer.write(type)
    writer.u8(1)
    writer.u24(0)
    body(writer)
  })
  return writer.result()
}

function writeInterval(writer: ByteWriter, { time, duration }: FragmentInterval): void {
  writer.u64(BigInt(time))
  writer.u64(BigInt(duration))
}
