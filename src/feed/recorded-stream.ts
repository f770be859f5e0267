import { readFile } from 'node:fs/promises'
import { SEGMENT_TICKS } from './segment-numbers.ts'

/** Where the recording is, both in a source tree and in a package: this file is two folders below its root. */
const FOLDER = new URL('../../test-stream/', import.meta.url)

/** How many segments a loop has, and how long it lasts in ticks of 90 kHz. */
const LOOP_SEGMENTS = 4
export const LOOP_TICKS = LOOP_SEGMENTS * SEGMENT_TICKS

/** The segments of the recorded loop: two renditions with sound, and a second sound track alone. */
export type RecordedStream = {
  readonly high: readonly Uint8Array[]
  readonly low: readonly Uint8Array[]
  readonly sound: readonly Uint8Array[]
}

export async function readRecordedStream(): Promise<RecordedStream> {
  const segmentsOf = (name: string) =>
    Promise.all(Array.from({ length: LOOP_SEGMENTS }, (_, n) => readFile(new URL(`${name}-${n}.m2t`, FOLDER))))
  const [high, low, sound] = await Promise.all([segmentsOf('high'), segmentsOf('low'), segmentsOf('sound')])
  return { high, low, sound }
}
