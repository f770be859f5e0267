import { CommandMisused } from './terminal.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds that any length has at most: a century. No date is out of range then. */
const MOST_SECONDS = 100 * 366 * 86_400

/**
 * Converts a time as people write it to one the API accepts: ISO 8601, seconds since 1970, `now`, or an offset from
 * now such as `-90s`, `-1h30m` or `+10m`.
 */
export function timeOf(flag: string, text: string, now: number): string {
  if (text === 'now') return new Date(now).toISOString()
  if (!/^[+-]/.test(text)) return text
  const seconds = secondsIn(text.slice(1))
  if (seconds === undefined) {
    throw new CommandMisused(
      `${flag} must be a time, "now", or an offset from now such as -10m or +1h30m, not "${text}"`,
    )
  }
  return new Date(now + (text.startsWith('-') ? -1000 : 1000) * seconds).toISOString()
}

/** A length of time as people write it, such as `90s` or `1h30m`, in seconds; at most a century. */
export function secondsOf(flag: string, text: string): number {
  const seconds = secondsIn(text)
  if (seconds === undefined) throw new CommandMisused(`${flag} must be a length such as 90s or 1h30m, not "${text}"`)
  return seconds
}

function secondsIn(text: string): number | undefined {
  const steps = [...text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)]
  if (steps.length === 0 || steps.map(([step]) => step).join('') !== text) return undefined
  const seconds = steps.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0)
  return seconds <= MOST_SECONDS ? seconds : undefined
}
