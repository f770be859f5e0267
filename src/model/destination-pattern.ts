import type { UtcMs } from '../media/time.ts'
import { quoteValue, refuse } from './rules.ts'
import { TimeZone } from './time-zone.ts'

/** What a pattern may name. */
export type PatternValues = {
  readonly channel: string
  readonly endpoint: string
  readonly id: string
  readonly start: UtcMs
  readonly end: UtcMs
  /** The id of the schedule that makes the job; absent where a client asks for it. */
  readonly schedule?: string
  /** What a rule makes an asset of; absent where none does. */
  readonly rule?: string
  readonly event?: string
  readonly upid?: string
}

/** A place in a pattern where a value stands. */
export type PatternPlace = {
  readonly name: keyof PatternValues
  /** Of a time: the words of its form. */
  readonly words?: readonly string[]
  /** Of a time: whether it has a time zone of its own. */
  readonly isLocal?: boolean
  /** What stands there. Throws RuleViolation where there is no such value. */
  readonly text: (values: PatternValues) => string
}

export type KeyPattern = {
  readonly places: readonly PatternPlace[]
  /** Puts values in. Throws RuleViolation where one is not there. */
  readonly expand: (values: PatternValues) => string
}

/** The time zone of a name, one for all places of a pattern. Throws RuleViolation. */
type ZoneOf = (name: string) => TimeZone

const TIME = 'yyyyMMddTHHmmssZ'
const NAMES = '{channel}, {endpoint}, {id}, {schedule}, {rule}, {event}, {upid}, {start} and {end}'
/** Each may have a time zone, which takes a moment to look up. */
const MOST_PLACES = 20
const WORDS = /yyyy|MM|dd|HH|mm|ss|SSS/g

/**
 * Reads the patterns of a key: `{channel}`, `{endpoint}`, `{id}`, `{schedule}`, `{rule}`, `{event}`, `{upid}`,
 * `{start}` and `{end}`. Times may have a form of their own, as in `{start:yyyy/MM/dd}`, of yyyy, MM, dd, HH, mm, ss
 * and SSS; in UTC, or in a time zone that follows an `@`, as in `{start:yyyy-MM-dd@Europe/Berlin}`. No other value has
 * characters that mean anything in keys. Throws RuleViolation for other words in braces.
 */
export function keyPattern(path: string, key: string): KeyPattern {
  const parts: (PatternPlace | string)[] = []
  const zones = new Map<string, TimeZone>()
  const zoneOf: ZoneOf = (name) => {
    const zone = zones.get(name) ?? TimeZone.named(path, name)
    zones.set(name, zone)
    return zone
  }
  let end = 0
  let count = 0
  for (const { 0: whole, 1: inside = '', index } of key.matchAll(/\{([^{}]*)\}/g)) {
    if (++count > MOST_PLACES) refuse(path, `must have at most ${MOST_PLACES} patterns`)
    parts.push(key.slice(end, index), partOf(path, whole, inside, zoneOf))
    end = index + whole.length
  }
  parts.push(key.slice(end))
  return {
    places: parts.filter((part) => typeof part !== 'string'),
    expand: (values) => parts.map((part) => (typeof part === 'string' ? part : part.text(values))).join(''),
  }
}

/** A key with the values of a job in place of its patterns. Throws RuleViolation. */
export function expandedKey(path: string, key: string, values: PatternValues): string {
  return keyPattern(path, key).expand(values)
}

function partOf(path: string, whole: string, inside: string, zoneOf: ZoneOf): PatternPlace {
  const colon = inside.indexOf(':')
  const [name, form] = colon < 0 ? [inside, undefined] : [inside.slice(0, colon), inside.slice(colon + 1)]
  switch (name) {
    case 'channel':
    case 'endpoint':
    case 'id':
    case 'schedule':
    case 'rule':
    case 'event':
    case 'upid':
      if (form !== undefined) return refuse(path, `must not have a form after {${name}}, got ${quoteValue(whole)}`)
      return {
        name,
        text: (values) =>
          values[name] ??
          refuse(path, `must not have {${name}}: no ${name === 'schedule' ? name : 'rule'} makes the job`),
      }
    case 'start':
    case 'end':
      return { name, ...timeForm(path, name, form ?? TIME, zoneOf) }
    default:
      return refuse(path, `must have no other words in braces than ${NAMES}, got ${quoteValue(whole)}`)
  }
}

function timeForm(path: string, name: 'start' | 'end', given: string, zoneOf: ZoneOf): Omit<PatternPlace, 'name'> {
  const at = given.indexOf('@')
  const [form, zoneName] = at < 0 ? [given, undefined] : [given.slice(0, at), given.slice(at + 1)]
  if (form === '' || !/^(yyyy|MM|dd|HH|mm|ss|SSS|[TZ/_.-])+$/.test(form)) {
    refuse(
      path,
      `must have times of yyyy, MM, dd, HH, mm, ss, SSS and T, Z, "/", "_", "." or "-", got ${quoteValue(form)}`,
    )
  }
  if (zoneName !== undefined && form.includes('Z'))
    refuse(path, `must have Z, which means UTC, in no time of another time zone, got ${quoteValue(given)}`)
  const zone = zoneOf(zoneName ?? 'UTC')
  return {
    words: form.match(WORDS) ?? [],
    isLocal: zoneName !== undefined,
    text: (values) => timeText(zone, values[name], form),
  }
}

function timeText(zone: TimeZone, time: UtcMs, form: string): string {
  const { year, month, day, hour, minute, second } = zone.localTime(time)
  const parts = { yyyy: year, MM: month, dd: day, HH: hour, mm: minute, ss: second, SSS: ((time % 1000) + 1000) % 1000 }
  return form.replaceAll(WORDS, (word) => String(parts[word as keyof typeof parts]).padStart(word.length, '0'))
}
