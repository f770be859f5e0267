import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { CommandMisused, type Terminal } from './terminal.ts'
import { timeOf } from './times.ts'

/** A role that names nobody, for buckets that are folders and need none. */
const ANY_ROLE = 'arn:aws:iam::000000000000:role/harvest'

/** The server that a command talks to. */
export const CONNECTION_FLAGS = {
  url: { type: 'string' },
  region: { type: 'string' },
  data: { type: 'string' },
} as const

/** What jobs, and those of schedules and rules, write and where. */
export const JOB_OPTION_FLAGS = {
  to: { type: 'string' },
  role: { type: 'string' },
  gaps: { type: 'string' },
  'early-end': { type: 'string' },
  report: { type: 'boolean' },
  make: { type: 'string', multiple: true },
  chapters: { type: 'string' },
  cut: { type: 'string' },
  encryption: { type: 'string' },
} as const

export type FlagOptions = ParseArgsOptionsConfig

export type Flags = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

/** Flags and other arguments. Times may begin with a dash, as in `--start -10m`. */
export function parsedFlags(args: readonly string[], options: FlagOptions): { values: Flags; positionals: string[] } {
  const joined: string[] = []
  for (const arg of args) {
    const last = joined.at(-1)
    if (last !== undefined && /^--(start|end|range)$/.test(last)) joined[joined.length - 1] = `${last}=${arg}`
    else joined.push(arg)
  }
  try {
    return parseArgs({ args: joined, options, allowPositionals: true })
  } catch (error) {
    throw new CommandMisused((error as Error).message.split('\n')[0] ?? '')
  }
}

export function neededFlag(flags: Flags, flag: string): string {
  const value = flags[flag]
  if (typeof value === 'string' && value !== '') return value
  throw new CommandMisused(`--${flag} is required`)
}

export const textFlag = (value: Flags[string]) => (typeof value === 'string' ? value : undefined)

/** The moment that a flag gives; undefined where it is absent. */
export function timeFlag(flags: Flags, flag: string, now: number): string | undefined {
  const value = textFlag(flags[flag])
  return value === undefined ? undefined : timeOf(`--${flag}`, value, now)
}

/** The members of a job, of a schedule or of a rule that JOB_OPTION_FLAGS give. */
export function jobOptionsOf(flags: Flags) {
  return { s3Destination: destinationOf(flags), ...jobPoliciesOf(flags) }
}

/** Where `--to` says that assets are written. */
export function destinationOf(flags: Flags) {
  const [, bucketName, manifestKey] = /^([^/]+)\/(.+)$/.exec(neededFlag(flags, 'to')) ?? []
  if (!bucketName || !manifestKey) throw new CommandMisused('--to must be BUCKET/PATH, such as clips/goal/index.m3u8')
  return { bucketName, manifestKey, roleArn: flags['role'] ?? ANY_ROLE }
}

/** What the flags say of jobs, but for their destination. */
export function jobPoliciesOf(flags: Flags) {
  const policy = (flag: string) =>
    flags[flag] === undefined ? undefined : String(flags[flag]).toUpperCase().replaceAll('-', '_')
  return {
    gapPolicy: policy('gaps'),
    earlyEndPolicy: policy('early-end'),
    report: flags['report'],
    deliverables: deliverablesOf(flags['make'], policy('chapters')),
    cut: policy('cut'),
    encryption: policy('encryption'),
  }
}

/**
 * `--make` names deliverables, each with a name of its own if it has one: `--make mp4,stills --make audio=radio`.
 * `--chapters` says what the MP4 and audio files among them have chapters of.
 */
function deliverablesOf(flag: Flags[string], chapters: string | undefined) {
  const values = [flag].flat().flatMap((value) => (typeof value === 'string' ? value.split(',') : []))
  const deliverables = values.map((value) => {
    const [word = '', name] = value.split('=', 2)
    const kind = word.trim().toUpperCase()
    const hasChapters = chapters !== undefined && ['MP4', 'AUDIO'].includes(kind)
    return { kind, ...(name !== undefined && { name }), ...(hasChapters && { chapters }) }
  })
  if (chapters !== undefined && !deliverables.some((each) => each.chapters)) {
    throw new CommandMisused('--chapters needs --make mp4 or --make audio')
  }
  return deliverables.length === 0 ? undefined : deliverables
}

/** Writes for people on a terminal, and elsewhere a line of JSON. */
export function say(terminal: Terminal, json: object, forPeople: () => string): void {
  terminal.write(terminal.isTerminal ? forPeople() : `${JSON.stringify(json)}\n`)
}
