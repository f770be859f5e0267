import type { UtcMs } from '../media/time.ts'
import { quoteValue, refuse } from './rules.ts'

/** What a pattern may name. */
export type PatternValues = {
  readonly channel: string
  readonly endpoint: string
  readonly id: string
  readonly start: UtcMs
  readonly end: UtcMs
}

const TIME = 'yyyyMMddTHHmmssZ'
const NAMES = '{channel}, {endpoint}, {id}, {start} and {end}'

/**
 * A key with the values of a job in place of its patterns: `{channel}`, `{endpoint}`, `{id}`, and `{start}` and
 * `{end}`, which may have a form of their own in UTC, as in `{start:yyyy/MM/dd}`, of yyyy, MM, dd, HH, mm, ss and SSS.
 * Ids have no characters that mean anything in keys. Throws RuleViolation for other words in braces.
 */
export function expandedKey(path: string, key: string, values: PatternValues): string {
  return key.replaceAll(/\{([^{}]*)\}/g, (whole, inside: string) => {
    const colon = inside.indexOf(':')
    const [name, form] = colon < 0 ? [inside, undefined] : [inside.slice(0, colon), inside.slice(colon + 1)]
    switch (name) {
      case 'channel':
      case 'endpoint':
      case 'id':
        if (form === undefined) return values[name]
        return refuse(path, `must not have a form after {${name}}, got ${quoteValue(whole)}`)
      case 'start':
      case 'end':
        return timeIn(path, values[name], form ?? TIME)
      default:
        return refuse(path, `must have no other words in braces than ${NAMES}, got ${quoteValue(whole)}`)
    }
  })
}

function timeIn(path: string, time: UtcMs, form: string): string {
  if (form === '' || !/^(yyyy|MM|dd|HH|mm|ss|SSS|[TZ/_.-])+$/.test(form)) {
    refuse(
      path,
      `must have times of yyyy, MM, dd, HH, mm, ss, SSS and T, Z, "/", "_", "." or "-", got ${quoteValue(form)}`,
    )
  }
  const [date = '', clock = ''] = new Date(time).toISOString().split('T')
  const [year, month, day] = date.split('-')
  const [hour, minute, rest = ''] = clock.split(':')
  const parts = { yyyy: year, MM: month, dd: day, HH: hour, mm: minute, ss: rest.slice(0, 2), SSS: rest.slice(3, 6) }
  return form.replaceAll(/yyyy|MM|dd|HH|mm|ss|SSS/g, (word) => parts[word as keyof typeof parts] ?? '')
}
