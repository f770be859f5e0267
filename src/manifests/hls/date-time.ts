import { type UtcMs, utcMs } from '../../media/time.ts'
import { MalformedPlaylist } from './playlist-error.ts'

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,12})?([Zz]|[+-]\d\d(?::?\d\d)?)?$/

/**
 * Reads EXT-X-PROGRAM-DATE-TIME, RFC 8216 §4.3.2.6: ISO 8601 with `Z`, `+hh:mm`, `+hhmm` or `+hh`, or in UTC when it
 * names no zone. Fractions are rounded to milliseconds. Throws MalformedPlaylist.
 */
export function parseDateTime(text: string, line: number): UtcMs {
  const [, year, month, day, hour, minute, second, fraction = '0', zone = 'Z'] = DATE_TIME.exec(text) ?? []
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const offset = zoneMinutes(zone)
  if (
    !(new Date(midnight).getUTCDate() === Number(day)) || // NaN when the pattern did not match
    !(Number(month) >= 1 && Number(month) <= 12 && Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60) ||
    offset === undefined
  ) {
    throw new MalformedPlaylist(line, 'EXT-X-PROGRAM-DATE-TIME is not an ISO 8601 date and time')
  }
  const minutes = Number(hour) * 60 + Number(minute) - offset
  return utcMs(midnight + minutes * 60_000 + Number(second) * 1000 + Math.round(Number(fraction) * 1000))
}

function zoneMinutes(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', ''))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** Writes a date and time in UTC with milliseconds and `Z`. */
export function writeDateTime(value: UtcMs): string {
  return new Date(value).toISOString()
}
