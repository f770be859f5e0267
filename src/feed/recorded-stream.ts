import { readFile } from 'node:fs/promises'
import { RECORDING_FOLDER } from '../recording-folder.ts'
import { SEGMENT_TICKS } from './segment-numbers.ts'

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
    Promise.all(
      Array.from({ length: LOOP_SEGMENTS }, (_, n) => readFile(new URL(`${name}-${n}.m2t`, RECORDING_FOLDER))),
    )
  const [high, low, sound] = await Promise.all([segmentsOf('high'), segmentsOf('low'), segmentsOf('sound')])
  return { high, low, sound }
}
