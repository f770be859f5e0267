import { type UtcMs, utcMs } from '../../media/time.ts'

const DATE = /(?<year>\d{4})(?:(?<dash>[-/])(?<month>\d{1,2})\k<dash>(?<day>\d{1,2})|(?<mm>\d\d)(?<dd>\d\d))/.source
const TIME = /(?<hour>\d{1,2}):?(?<minute>\d{2})(?::?(?<second>\d{2})(?<fraction>[.,]\d{1,12})?)?/.source
const ZONE = /(?:\s*(?<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?/.source
const DATE_TIME = new RegExp(`^["']?\\s*${DATE}(?:T|\\s+|_)${TIME}${ZONE}\\s*["']?$`, 'i')
/** As ISO 8601 and RFC 3339 have it, in any case of its letters; the colon of the zone is often left out. */
const USUAL =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)T(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?<fraction>\.\d{1,12})?(?<zone>Z|[+-]\d\d(?::?\d\d)?)?$/i
/** As most encoders write it, on a day that every month has: `Date.parse` can read no other moment. */
const PLAIN = /^2\d{3}-\d\d-(?:[01]\d|2[0-8])T(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{3}Z$/

/** A date as it was read, and how it was written. */
export type ReadDateTime = { readonly utc: UtcMs; readonly namesZone: boolean; readonly isUsual: boolean }

/**
 * Reads EXT-X-PROGRAM-DATE-TIME, RFC 8216 §4.3.2.6: ISO 8601 with `Z`, `+hh:mm`, `+hhmm` or `+hh`, or in UTC when it
 * names no zone. Also what encoders write instead and can only mean one moment: a space for the T, a comma for the
 * point, no separators, quotes. Fractions are rounded to milliseconds. Undefined when it is no date and time.
 */
export function parseDateTime(text: string): ReadDateTime | undefined {
  const plain = PLAIN.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(plain)) return { utc: utcMs(plain), namesZone: true, isUsual: true }
  const usual = USUAL.exec(text)
  const parts = (usual ?? DATE_TIME.exec(text))?.groups
  if (!parts) return undefined
  const { year, month = parts['mm'], day = parts['dd'], hour, minute, second = '0', fraction = '.0', zone } = parts
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const offset = zoneMinutes(zone ?? 'Z')
  const isDay = Number(month) >= 1 && Number(month) <= 12 && new Date(midnight).getUTCDate() === Number(day)
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60
  if (!isDay || !isTime || offset === undefined) return undefined
  const minutes = Number(hour) * 60 + Number(minute) - offset
  const ms = Math.round(Number(fraction.replace(',', '.')) * 1000)
  const utc = utcMs(midnight + minutes * 60_000 + Number(second) * 1000 + ms)
  return { utc, namesZone: zone !== undefined, isUsual: usual !== null }
}

function zoneMinutes(zone: string): number | undefined {
  if (/^[A-Z]/i.test(zone)) return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', ''))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** Writes a date and time in UTC with milliseconds and `Z`. */
export function writeDateTime(value: UtcMs): string {
  return new Date(value).toISOString()
}
