import { PTS_MODULUS, TICKS_PER_MS } from '../time.ts'
import type { TimestampMap } from './document.ts'

const MAP_LINE = /^[ \t]*X-TIMESTAMP-MAP[ \t]*[=:]/i
/** As RFC 8216 §3.5 has it, its parts in any order. */
const USUAL = /^X-TIMESTAMP-MAP=(?:MPEGTS:\d+,LOCAL:[\d:]+\.\d{3}|LOCAL:[\d:]+\.\d{3},MPEGTS:\d+)[ \t]*$/
const MPEGTS = /[=:,][ \t]*MPEGTS[ \t]*[:=][ \t]*([+-]?\d{1,30})(?:\.\d{0,9})?[ \t]*(?:,|$)/i
const LOCAL =
  /[=:,][ \t]*LOCAL[ \t]*[:=][ \t]*(?:(\d{1,6}):)?([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,3})\d{0,6})?[ \t]*(?:,|$)/i

/** True of a line that is meant to be an X-TIMESTAMP-MAP. */
export function isTimestampMap(line: string): boolean {
  return MAP_LINE.test(line)
}

/**
 * Reads X-TIMESTAMP-MAP, RFC 8216 §3.5, as players do: MPEGTS modulo 2³³, negative or not, and a part that is missing
 * as 0. `isUsual` is false where it is written otherwise. Undefined where neither part can be read.
 */
export function readTimestampMap(line: string): { readonly map: TimestampMap; readonly isUsual: boolean } | undefined {
  const mpegts = MPEGTS.exec(line)?.[1]
  const local = LOCAL.exec(line)
  if (mpegts === undefined && !local) return undefined
  const pts = modulo(BigInt(mpegts ?? 0), BigInt(PTS_MODULUS))
  const [hours = 0, minutes = 0, seconds = 0] = local ? [1, 2, 3].map((part) => Number(local[part] ?? 0)) : []
  const ms = Number((local?.[4] ?? '').padEnd(3, '0'))
  const isUsual = local !== null && USUAL.test(line) && BigInt(mpegts ?? 0) === pts
  return {
    map: { mpegts: Number(pts), local: (((hours * 60 + minutes) * 60 + seconds) * 1000 + ms) * TICKS_PER_MS },
    isUsual,
  }
}

function modulo(value: bigint, modulus: bigint): bigint {
  return ((value % modulus) + modulus) % modulus
}
