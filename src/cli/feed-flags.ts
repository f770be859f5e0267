import type { StreamOptions } from '../feed/test-stream.ts'
import { CONNECTION_FLAGS, type Flags, neededFlag, textFlag, timeFlag } from './job-flags.ts'
import { CommandMisused } from './terminal.ts'
import { secondsOf } from './times.ts'

export const FEED_FLAGS = {
  ...CONNECTION_FLAGS,
  channel: { type: 'string' },
  input: { type: 'string' },
  create: { type: 'boolean' },
  past: { type: 'string' },
  live: { type: 'boolean' },
  seconds: { type: 'string' },
  speed: { type: 'string' },
  start: { type: 'string' },
  renditions: { type: 'string' },
  language: { type: 'string' },
  subtitles: { type: 'boolean' },
  ads: { type: 'string' },
  id3: { type: 'boolean' },
} as const

/** Dates that differ from the server's by more are not believed (`BELIEVABLE_DATE_MS`): an hour is left for clocks. */
export const MOST_PAST_MS = 23 * 3_600_000

/** What `windrow feed` is asked to do. Times are in milliseconds. */
export type FeedPlan = {
  readonly channelId: string
  /** By their position, from 0. */
  readonly inputs: readonly number[]
  readonly create: boolean
  readonly pastMs: number
  /** The date of the first segment, where it is given. */
  readonly start: number | undefined
  /** Undefined where nothing is fed live. */
  readonly live: { readonly speed: number; readonly seconds: number | undefined } | undefined
  readonly stream: StreamOptions
}

/** Throws CommandMisused. */
export function feedPlanOf(flags: Flags, now: number): FeedPlan {
  const pastMs = flags['past'] === undefined ? 0 : secondsOf('--past', String(flags['past'])) * 1000
  if (pastMs > MOST_PAST_MS) throw new CommandMisused('--past must be at most 23h: older dates are not believed')
  const start = startOf(flags, now)
  if (start !== undefined && pastMs > 0) throw new CommandMisused('--past and --start exclude each other')
  const speed = numberOf(flags, 'speed', [0.1, 100]) ?? 1
  const seconds = numberOf(flags, 'seconds', [2, 10_000_000])
  const isLive = flags['live'] === true || seconds !== undefined || speed !== 1 || pastMs === 0
  return {
    channelId: neededFlag(flags, 'channel'),
    inputs: inputsOf(textFlag(flags['input']) ?? '1'),
    create: flags['create'] === true,
    pastMs,
    start,
    live: isLive ? { speed, seconds } : undefined,
    stream: {
      renditions: renditionsOf(textFlag(flags['renditions']) ?? '1'),
      language: languageOf(textFlag(flags['language'])),
      subtitles: flags['subtitles'] === true,
      breakSeconds: breakOf(textFlag(flags['ads'])),
      hasId3: flags['id3'] === true,
    },
  }
}

function startOf(flags: Flags, now: number): number | undefined {
  const text = timeFlag(flags, 'start', now)
  if (text === undefined) return undefined
  const start = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isNaN(start)) throw new CommandMisused(`--start must be a time, not "${text}"`)
  if (Math.abs(start - now) <= MOST_PAST_MS) return start
  throw new CommandMisused('--start must be within 23 hours of now: other dates are not believed')
}

function inputsOf(text: string): readonly number[] {
  const inputs = { '1': [0], '2': [1], both: [0, 1] }[text]
  if (inputs) return inputs
  throw new CommandMisused(`--input must be 1, 2 or both, not "${text}"`)
}

function renditionsOf(text: string): 1 | 2 {
  if (text === '1' || text === '2') return text === '1' ? 1 : 2
  throw new CommandMisused(`--renditions must be 1 or 2, which the test stream has, not "${text}"`)
}

function numberOf(flags: Flags, flag: string, [least, most]: readonly [number, number]): number | undefined {
  const text = flags[flag]
  if (text === undefined) return undefined
  const value = /^\d+(\.\d+)?$/.test(String(text)) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new CommandMisused(`--${flag} must be a number from ${least} to ${most}, not "${text}"`)
}

/** A language that is the name of a playlist as well. */
function languageOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(text)) return text
  throw new CommandMisused(`--language must be like fr or pt-BR, not "${text}"`)
}

function breakOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = secondsOf('--ads', text)
  if (seconds % 2 === 0 && seconds >= 4 && seconds <= 3600) return seconds
  throw new CommandMisused(`--ads must be an even number of seconds, from 4s to 1h, not "${text}"`)
}
