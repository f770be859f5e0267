import type { ScheduleReport, ScheduleRunReport } from '../control/schedule-report.ts'
import { WEEKDAYS } from '../model/recurrence.ts'
import { accessOf } from './access.ts'
import { type ApiClient, apiClient } from './api-client.ts'
import {
  CONNECTION_FLAGS,
  type Flags,
  JOB_OPTION_FLAGS,
  jobOptionsOf,
  neededFlag,
  parsedFlags,
  say,
  textFlag,
} from './job-flags.ts'
import { runLine, scheduleLine, scheduleText } from './schedule-text.ts'
import { CommandMisused, type Terminal } from './terminal.ts'
import { secondsOf, timeOf } from './times.ts'

const SCHEDULE_FLAGS = {
  id: { type: 'string' },
  endpoint: { type: 'string' },
  every: { type: 'string' },
  at: { type: 'string' },
  zone: { type: 'string' },
  start: { type: 'string' },
  end: { type: 'string' },
  length: { type: 'string' },
  before: { type: 'string' },
  after: { type: 'string' },
  ...JOB_OPTION_FLAGS,
} as const

type Task = { readonly flags: Flags; readonly id: string; readonly api: ApiClient; readonly terminal: Terminal }
type Command = { readonly takesId: boolean; readonly run: (task: Task) => Promise<void> }

const COMMANDS: Readonly<Record<string, Command>> = {
  create: { takesId: false, run: create },
  list: { takesId: false, run: list },
  describe: { takesId: true, run: (task) => show(task, 'GET', '') },
  runs: { takesId: true, run: runs },
  stop: { takesId: true, run: (task) => show(task, 'POST', '/stop') },
  start: { takesId: true, run: (task) => show(task, 'POST', '/start') },
  delete: { takesId: true, run: remove },
}

/** Runs `windrow schedule …`. Throws CommandFailed or CommandMisused. */
export async function scheduleCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<void> {
  const [name = '', ...rest] = args
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    throw new CommandMisused(`windrow schedule needs one of ${Object.keys(COMMANDS).join(', ')}; see "windrow help"`)
  }
  const options = { ...CONNECTION_FLAGS, ...(name === 'create' && SCHEDULE_FLAGS) }
  const { values, positionals } = parsedFlags(rest, options)
  const [id = '', extra] = positionals
  if (command.takesId && id === '') throw new CommandMisused(`windrow schedule ${name} needs the id of a schedule`)
  const unexpected = command.takesId ? extra : (extra ?? (id || undefined))
  if (unexpected !== undefined) throw new CommandMisused(`unexpected argument "${unexpected}"`)
  const access = await accessOf(values as Parameters<typeof accessOf>[0], env)
  await command.run({ flags: values, id, api: apiClient(access, terminal.now), terminal })
}

async function create({ flags, api, terminal }: Task): Promise<void> {
  const now = terminal.now()
  const time = (flag: string) => {
    const value = textFlag(flags[flag])
    return value === undefined ? undefined : timeOf(`--${flag}`, value, now)
  }
  const seconds = (flag: string) => {
    const value = textFlag(flags[flag])
    return value === undefined ? undefined : secondsOf(`--${flag}`, value)
  }
  const body = {
    id: neededFlag(flags, 'id'),
    originEndpointId: neededFlag(flags, 'endpoint'),
    every: everyOf(neededFlag(flags, 'every'), textFlag(flags['at']), textFlag(flags['zone'])),
    startTime: time('start'),
    endTime: time('end'),
    durationSeconds: seconds('length'),
    overlap: { beforeSeconds: seconds('before'), afterSeconds: seconds('after') },
    ...jobOptionsOf(flags),
  }
  const created = (await api.ask('POST', 'harvest_schedules', { body })) as ScheduleReport
  say(terminal, created, () => scheduleText(created))
}

/** `--every` is an interval, a number of days, or days of the week: 15m, 1h, 1d, mon,wed. */
function everyOf(text: string, at: string | undefined, timeZone: string | undefined) {
  const [, count, unit] = /^(\d{1,9})([mhd])$/.exec(text) ?? []
  if (count !== undefined && unit !== undefined) {
    return { [{ m: 'minutes', h: 'hours', d: 'days' }[unit] ?? '']: Number(count), at, timeZone }
  }
  const weekdays = text.split(',').map((word) => {
    const wanted = word.trim().toUpperCase()
    const day = wanted.length >= 2 && WEEKDAYS.find((name) => name.startsWith(wanted))
    if (!day) throw new CommandMisused(`--every must be like 15m, 1h, 1d or mon,wed, not "${text}"`)
    return day
  })
  return { weekdays, at, timeZone }
}

async function list({ api, terminal }: Task): Promise<void> {
  for (let nextToken: string | undefined; ; ) {
    const page = (await api.ask('GET', 'harvest_schedules', { query: { nextToken } })) as {
      readonly harvestSchedules: readonly ScheduleReport[]
      readonly nextToken?: string
    }
    for (const schedule of page.harvestSchedules) say(terminal, schedule, () => scheduleLine(schedule))
    if (page.nextToken === undefined) return
    nextToken = page.nextToken
  }
}

async function runs({ api, terminal, id }: Task): Promise<void> {
  for (let nextToken: string | undefined; ; ) {
    const page = (await api.ask('GET', `${pathOf(id)}/runs`, { query: { nextToken } })) as {
      readonly runs: readonly ScheduleRunReport[]
      readonly nextToken?: string
    }
    for (const run of page.runs) say(terminal, run, () => `${runLine(run)}\n`)
    if (page.nextToken === undefined) return
    nextToken = page.nextToken
  }
}

async function show({ api, terminal, id }: Task, method: string, action: string): Promise<void> {
  const schedule = (await api.ask(method, `${pathOf(id)}${action}`)) as ScheduleReport
  say(terminal, schedule, () => scheduleText(schedule))
}

async function remove({ api, terminal, id }: Task): Promise<void> {
  await api.ask('DELETE', pathOf(id))
  say(terminal, { id, state: 'DELETED' }, () => `${id} deleted\n`)
}

const pathOf = (id: string) => `harvest_schedules/${encodeURIComponent(id)}`
