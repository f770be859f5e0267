import type { WindrowOutputs } from '../control/windrow-operations.ts'
import { type Command, type CommandDeps, listed, runApiCommand, type Task } from './api-commands.ts'
import type { OpenBucket } from './asset-place.ts'
import { forecastText, outcomeText, progressLine } from './harvest-text.ts'
import { type Flags, JOB_OPTION_FLAGS, jobOptionsOf, neededFlag, say, textFlag } from './job-flags.ts'
import { CommandMisused, type Terminal } from './terminal.ts'
import { timeOf } from './times.ts'
import { verifyAsset } from './verify.ts'
import { watchJob } from './watch.ts'

/** Output for people even where there is no terminal. */
const WATCH_FLAGS = { text: { type: 'boolean' } } as const

const JOB_FLAGS = {
  id: { type: 'string' },
  endpoint: { type: 'string' },
  start: { type: 'string' },
  end: { type: 'string' },
  range: { type: 'string', multiple: true },
  ...JOB_OPTION_FLAGS,
  watch: { type: 'boolean' },
  ...WATCH_FLAGS,
} as const

const LIST_FLAGS = { channel: { type: 'string' }, status: { type: 'string' } } as const

/** The commands; each resolves to the exit code: 1 when the job failed, or would fail. */
const COMMANDS: Readonly<Record<string, Command<number>>> = {
  create: { takesId: false, flags: JOB_FLAGS, run: create },
  preflight: { takesId: false, flags: JOB_FLAGS, run: preflight },
  watch: {
    takesId: true,
    flags: WATCH_FLAGS,
    run: ({ id, api, terminal, flags }) => watchJob(id, api, terminal, flags['text'] === true),
  },
  list: { takesId: false, flags: LIST_FLAGS, run: list },
  cancel: { takesId: true, run: cancel },
  clean: { takesId: true, run: clean },
}

export type HarvestCommandDeps = CommandDeps & {
  /** Opens buckets to be read, with settings of a server as flags. */
  readonly bucketsWith: (flags: readonly string[]) => OpenBucket
}

/** Runs `windrow harvest …`. Resolves to the exit code; throws CommandFailed or CommandMisused. */
export async function harvestCommand(
  args: readonly string[],
  { env, terminal, bucketsWith }: HarvestCommandDeps,
): Promise<number> {
  const [name, ...rest] = args
  if (name === 'verify') return verify(rest, terminal, bucketsWith)
  const group = { name: 'harvest', noun: 'a job', commands: COMMANDS, others: ['verify'] }
  return runApiCommand(group, args, { env, terminal })
}

/** Needs no server, and no keys but those of S3. */
async function verify(
  [where, ...flags]: readonly string[],
  terminal: Terminal,
  bucketsWith: (flags: readonly string[]) => OpenBucket,
): Promise<number> {
  if (where === undefined || where.startsWith('-')) {
    throw new CommandMisused('windrow harvest verify needs the folder, the URL or the s3:// address of an asset')
  }
  const isInBucket = where.startsWith('s3://')
  if (flags.length > 0 && !isInBucket) throw new CommandMisused(`unexpected argument "${flags[0]}"`)
  return verifyAsset(where, terminal, (bucket) => bucketsWith(flags)(bucket))
}

function jobOf({ flags, terminal }: Task) {
  const now = terminal.now()
  const options = jobOptionsOf(flags)
  return {
    id: flags['id'],
    ...spanOf(flags, now),
    ...options,
  }
}

/** What is harvested: a span of an endpoint, or several. */
function spanOf(flags: Flags, now: number) {
  if (flags['range'] !== undefined) {
    const ranges = rangesOf(flags['range'], now)
    const [startTime, endTime] = [textFlag(flags['start']), textFlag(flags['end'])]
    return { originEndpointId: textFlag(flags['endpoint']), startTime, endTime, ranges }
  }
  return {
    originEndpointId: neededFlag(flags, 'endpoint'),
    startTime: timeOf('--start', neededFlag(flags, 'start'), now),
    endTime: timeOf('--end', neededFlag(flags, 'end'), now),
    ranges: undefined,
  }
}

/** `--range` is a span of an endpoint: `--range -10m..-9m --range -20m..-19m@sports-hls`. */
function rangesOf(flag: Flags[string], now: number) {
  return [flag].flat().map((value) => {
    const [, start, end, originEndpointId] = /^([^@]+?)\.\.([^@]+)(?:@(.+))?$/.exec(String(value)) ?? []
    if (start === undefined || end === undefined) {
      throw new CommandMisused(`--range must be START..END or START..END@ENDPOINT, not "${value}"`)
    }
    return {
      ...(originEndpointId !== undefined && { originEndpointId }),
      startTime: timeOf('--range', start, now),
      endTime: timeOf('--range', end, now),
    }
  })
}

async function create(task: Task): Promise<number> {
  const { api, terminal, flags } = task
  const job = jobOf(task)
  const second = new Date(terminal.now()).toISOString().replace(/\D/g, '').slice(0, 14)
  const endpoint = job.originEndpointId ?? job.ranges?.find((range) => range.originEndpointId)?.originEndpointId
  const id = job.id ?? `${endpoint}-${second}`
  const created = (await api.ask('POST', 'harvest_jobs', {
    body: { ...job, id },
  })) as WindrowOutputs['CreateHarvestJob']
  if (flags['watch']) return watchJob(created.id, api, terminal, flags['text'] === true)
  say(terminal, created, () => `${progressLine(created, terminal.columns)}\n`)
  return 0
}

async function preflight(task: Task): Promise<number> {
  const { api, terminal } = task
  const forecast = (await api.ask('POST', 'harvest_jobs:preflight', {
    body: jobOf(task),
  })) as WindrowOutputs['PreflightHarvestJob']
  say(terminal, forecast, () => forecastText(forecast))
  return forecast.wouldSucceed ? 0 : 1
}

async function list({ api, terminal, flags }: Task): Promise<number> {
  const query = {
    includeChannelId: textFlag(flags['channel']),
    includeStatus: textFlag(flags['status'])?.toUpperCase(),
  }
  for await (const job of listed<WindrowOutputs['DescribeHarvestJob']>(api, 'harvest_jobs', 'harvestJobs', query)) {
    say(terminal, job, () => `${progressLine(job, terminal.columns)}\n`)
  }
  return 0
}

async function cancel({ api, terminal, id }: Task): Promise<number> {
  await api.ask('POST', `harvest_jobs/${encodeURIComponent(id)}/cancel`, { body: {} })
  for (;;) {
    const job = (await api.ask('GET', `harvest_jobs/${encodeURIComponent(id)}`)) as WindrowOutputs['DescribeHarvestJob']
    if (job.status !== 'IN_PROGRESS') {
      say(terminal, job, () => outcomeText(job))
      return 0
    }
    await terminal.sleep(200)
  }
}

async function clean({ api, terminal, id }: Task): Promise<number> {
  let removed = 0
  for (;;) {
    const answer = (await api.ask('DELETE', `harvest_jobs/${encodeURIComponent(id)}/objects`)) as {
      readonly removed: number
      readonly isComplete: boolean
    }
    removed += answer.removed
    if (answer.isComplete) break
  }
  say(terminal, { id, removed }, () => `${removed} objects removed\n`)
  return 0
}
