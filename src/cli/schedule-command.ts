import type { WindrowOutputs } from '../control/windrow-operations.ts'
import { WEEKDAYS } from '../model/recurrence.ts'
import { type Command, type CommandDeps, runApiCommand, type Task } from './api-commands.ts'
import { automationCommands } from './automation-commands.ts'
import { JOB_OPTION_FLAGS, jobOptionsOf, neededFlag, say, textFlag, timeFlag } from './job-flags.ts'
import { runLine, scheduleLine, scheduleText } from './schedule-text.ts'
import { CommandMisused, type Terminal } from './terminal.ts'
import { secondsOf } from './times.ts'

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

const COMMANDS: Readonly<Record<string, Command<void>>> = {
  create: { takesId: false, flags: SCHEDULE_FLAGS, run: create },
  ...automationCommands({
    path: 'harvest_schedules',
    member: 'harvestSchedules',
    line: scheduleLine,
    text: scheduleText,
    runLine,
  }),
}

/** Runs `windrow schedule …`. Throws CommandFailed or CommandMisused. */
export function scheduleCommand(args: readonly string[], env: CommandDeps['env'], terminal: Terminal): Promise<void> {
  return runApiCommand({ name: 'schedule', noun: 'a schedule', commands: COMMANDS }, args, { env, terminal })
}

async function create({ flags, api, terminal }: Task): Promise<void> {
  const now = terminal.now()
  const time = (flag: string) => timeFlag(flags, flag, now)
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
  const created = (await api.ask('POST', 'harvest_schedules', { body })) as WindrowOutputs['CreateHarvestSchedule']
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
