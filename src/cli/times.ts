import { CommandMisused } from './terminal.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Converts a time as people write it to one the API accepts: ISO 8601, seconds since 1970, `now`, or an offset from
 * now such as `-90s`, `-1h30m` or `+10m`.
 */
export function timeOf(flag: string, text: string, now: number): string {
  if (text === 'now') return new Date(now).toISOString()
  if (!/^[+-]/.test(text)) return text
  const steps = [...text.slice(1).matchAll(/(\d+(?:\.\d+)?)([smhd])/g)]
  if (steps.length === 0 || steps.map(([step]) => step).join('') !== text.slice(1)) {
    throw new CommandMisused(
      `${flag} must be a time, "now", or an offset from now such as -10m or +1h30m, not "${text}"`,
    )
  }
  const seconds = steps.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0)
  return new Date(now + (text.startsWith('-') ? -1000 : 1000) * seconds).toISOString()
}
