import type { ByteReader } from '../bytes.ts'
import { PTS_MODULUS, ticks, unwrapPts } from '../time.ts'

/** Reads a number of 33 bits, which follows seven others. */
export function read33(reader: ByteReader): number {
  return (reader.u8() & 1) * 2 ** 32 + reader.u32()
}

/** Reads splice_time(), §9.8.1: pts_time, or undefined when it is not specified. */
export function readSpliceTime(reader: ByteReader): number | undefined {
  const first = reader.u8()
  return (first & 0x80) === 0 ? undefined : (first & 1) * 2 ** 32 + reader.u32()
}

/** The sum of two times modulo 2³³. */
export function sumOfTimes(a: number, b: number): number {
  return (a + b) % PTS_MODULUS
}

/** The earliest of times that are near each other, all of 33 bits; undefined when there is none. */
export function earliest(times: readonly number[]): number | undefined {
  const [first] = times
  if (first === undefined) return undefined
  const least = Math.min(...times.map((time) => unwrapPts(time, ticks(first))))
  return (least + PTS_MODULUS) % PTS_MODULUS
}
