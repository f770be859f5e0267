import { bytesOf, writeFullBox } from './box.ts'

/** Samples of a track that are consecutive in the file, §8.7.4. */
export type SampleChunk = {
  /** Index of its track in the file. */
  readonly track: number
  readonly samples: number
  readonly bytes: number
  /** Index of the samples' description among the track's. */
  readonly description: number
}

type TrackChunks = {
  /** stsc, §8.7.4. */
  readonly samples: Uint8Array
  /** Of each chunk, from where the media begin. */
  readonly offsets: readonly number[]
}

/** The chunks of each track. */
export function chunksOfEach(tracks: number, chunks: readonly SampleChunk[]): readonly TrackChunks[] {
  const offsets = Array.from({ length: tracks }, (): number[] => [])
  const own = Array.from({ length: tracks }, (): SampleChunk[] => [])
  let at = 0
  for (const chunk of chunks) {
    offsets[chunk.track]!.push(at)
    own[chunk.track]!.push(chunk)
    at += chunk.bytes
  }
  return offsets.map((each, track) => ({ samples: samplesToChunks(own[track]!), offsets: each }))
}

function samplesToChunks(chunks: readonly SampleChunk[]): Uint8Array {
  const starts = chunks.flatMap(({ samples, description }, i) => {
    const before = chunks[i - 1]
    return before?.samples === samples && before.description === description ? [] : [i]
  })
  return bytesOf((writer) =>
    writeFullBox(writer, 'stsc', 0, 0, () => {
      writer.u32(starts.length)
      for (const i of starts) {
        writer.u32(i + 1)
        writer.u32(chunks[i]!.samples)
        writer.u32(chunks[i]!.description + 1)
      }
    }),
  )
}

/** Size of stco or co64 in bytes. */
export function sizeOfOffsetTable(count: number, isLarge: boolean): number {
  return 16 + count * (isLarge ? 8 : 4)
}

/** stco, or with 64 bits co64, §8.7.5, of a file whose media begin at `base`. */
export function offsetTable(
  offsets: readonly number[],
  { base, isLarge }: { readonly base: number; readonly isLarge: boolean },
): Uint8Array {
  return bytesOf((writer) =>
    writeFullBox(writer, isLarge ? 'co64' : 'stco', 0, 0, () => {
      writer.u32(offsets.length)
      for (const offset of offsets) {
        if (isLarge) writer.u64(BigInt(base + offset))
        else writer.u32(base + offset)
      }
    }),
  )
}
