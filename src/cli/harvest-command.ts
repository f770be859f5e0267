import { parseArgs } from 'node:util'
import type { ForecastReport, HarvestReport } from '../control/harvest-report.ts'
import { type Access, accessOf } from './access.ts'
import { type ApiClient, apiClient } from './api-client.ts'
import type { OpenBucket } from './asset-place.ts'
import { forecastText, outcomeText, progressLine } from './harvest-text.ts'
import { CommandMisused, type Terminal } from './terminal.ts'
import { timeOf } from './times.ts'
import { verifyAsset } from './verify.ts'
import { watchJob } from './watch.ts'

/** A role that names nobody, for buckets that are folders and need none. */
const ANY_ROLE = 'arn:aws:iam::000000000000:role/harvest'

const CONNECTION_FLAGS = {
  url: { type: 'string' },
  region: { type: 'string' },
  data: { type: 'string' },
} as const

/** Output for people even where there is no terminal. */
const WATCH_FLAGS = { text: { type: 'boolean' } } as const

const JOB_FLAGS = {
  id: { type: 'string' },
  endpoint: { type: 'string' },
  start: { type: 'string' },
  end: { type: 'string' },
  range: { type: 'string', multiple: true },
  to: { type: 'string' },
  role: { type: 'string' },
  gaps: { type: 'string' },
  'early-end': { type: 'string' },
  report: { type: 'boolean' },
  make: { type: 'string', multiple: true },
  cut: { type: 'string' },
  watch: { type: 'boolean' },
  ...WATCH_FLAGS,
} as const

const LIST_FLAGS = { channel: { type: 'string' }, status: { type: 'string' } } as const

type Flags = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
type Task = { readonly flags: Flags; readonly id: string; readonly api: ApiClient; readonly terminal: Terminal }

/** The commands; each resolves to the exit code: 1 when the job failed, or would fail. */
const COMMANDS: Readonly<Record<string, { readonly takesId: boolean; readonly run: (task: Task) => Promise<number> }>> =
  {
    create: { takesId: false, run: create },
    preflight: { takesId: false, run: preflight },
    watch: {
      takesId: true,
      run: ({ id, api, terminal, flags }) => watchJob(id, api, terminal, flags['text'] === true),
    },
    list: { takesId: false, run: list },
    cancel: { takesId: true, run: cancel },
    clean: { takesId: true, run: clean },
  }

export type HarvestCommandDeps = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly terminal: Terminal
  /** Opens buckets to be read, with settings of a server as flags. */
  readonly bucketsWith: (flags: readonly string[]) => OpenBucket
}

/** Runs `windrow harvest …`. Resolves to the exit code; throws CommandFailed or CommandMisused. */
export async function harvestCommand(
  args: readonly string[],
  { env, terminal, bucketsWith }: HarvestCommandDeps,
): Promise<number> {
  const [name = '', ...rest] = args
  if (name === 'verify') return verify(rest, terminal, bucketsWith)
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    throw new CommandMisused(
      `windrow harvest needs one of ${Object.keys(COMMANDS).join(', ')}, verify; see "windrow help"`,
    )
  }
  const { values, positionals } = parsed(name, rest)
  const [id = '', extra] = positionals
  if (command.takesId ? id === '' : id !== '') {
    throw new CommandMisused(
      command.takesId ? `windrow harvest ${name} needs the id of a job` : `unexpected argument "${id}"`,
    )
  }
  if (extra !== undefined) throw new CommandMisused(`unexpected argument "${extra}"`)
  const access: Access = await accessOf(values as Parameters<typeof accessOf>[0], env)
  return command.run({ flags: values, id, api: apiClient(access, terminal.now), terminal })
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

function parsed(name: string, args: readonly string[]): { values: Flags; positionals: string[] } {
  const options = {
    ...CONNECTION_FLAGS,
    ...(name === 'create' || name === 'preflight' ? JOB_FLAGS : {}),
    ...(name === 'watch' ? WATCH_FLAGS : {}),
    ...(name === 'list' ? LIST_FLAGS : {}),
  }
  try {
    return parseArgs({ args: joinValues(args), options, allowPositionals: true })
  } catch (error) {
    throw new CommandMisused((error as Error).message.split('\n')[0] ?? '')
  }
}

/** Joins a flag and its value where both begin with a dash, as in `--start -10m`. */
function joinValues(args: readonly string[]): string[] {
  const whole: string[] = []
  for (const arg of args) {
    const last = whole.at(-1)
    if (last !== undefined && /^--(start|end|range)$/.test(last)) whole[whole.length - 1] = `${last}=${arg}`
    else whole.push(arg)
  }
  return whole
}

function jobOf({ flags, terminal }: Task) {
  const needed = (flag: string): string => {
    const value = flags[flag]
    if (typeof value === 'string' && value !== '') return value
    throw new CommandMisused(`--${flag} is required`)
  }
  const now = terminal.now()
  const [, bucketName, manifestKey] = /^([^/]+)\/(.+)$/.exec(needed('to')) ?? []
  if (!bucketName || !manifestKey) throw new CommandMisused('--to must be BUCKET/PATH, such as clips/goal/index.m3u8')
  const policy = (flag: string) => (flags[flag] === undefined ? undefined : String(flags[flag]).toUpperCase())
  return {
    id: flags['id'],
    ...spanOf(flags, needed, now),
    s3Destination: { bucketName, manifestKey, roleArn: flags['role'] ?? ANY_ROLE },
    gapPolicy: policy('gaps'),
    earlyEndPolicy: policy('early-end'),
    report: flags['report'],
    deliverables: deliverablesOf(flags['make']),
    cut: policy('cut'),
  }
}

/** What is harvested: a span of an endpoint, or several. */
function spanOf(flags: Flags, needed: (flag: string) => string, now: number) {
  if (flags['range'] !== undefined) {
    const ranges = rangesOf(flags['range'], now)
    const [startTime, endTime] = [text(flags['start']), text(flags['end'])]
    return { originEndpointId: text(flags['endpoint']), startTime, endTime, ranges }
  }
  return {
    originEndpointId: needed('endpoint'),
    startTime: timeOf('--start', needed('start'), now),
    endTime: timeOf('--end', needed('end'), now),
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

/** `--make` names deliverables, each with a name of its own if it has one: `--make mp4,stills --make audio=radio`. */
function deliverablesOf(flag: Flags[string]) {
  const values = [flag].flat().flatMap((value) => (typeof value === 'string' ? value.split(',') : []))
  if (values.length === 0) return undefined
  return values.map((value) => {
    const [kind = '', name] = value.split('=', 2)
    return { kind: kind.trim().toUpperCase(), ...(name !== undefined && { name }) }
  })
}

async function create(task: Task): Promise<number> {
  const { api, terminal, flags } = task
  const job = jobOf(task)
  const second = new Date(terminal.now()).toISOString().replace(/\D/g, '').slice(0, 14)
  const endpoint = job.originEndpointId ?? job.ranges?.find((range) => range.originEndpointId)?.originEndpointId
  const id = job.id ?? `${endpoint}-${second}`
  const created = (await api.ask('POST', 'harvest_jobs', { body: { ...job, id } })) as HarvestReport
  if (flags['watch']) return watchJob(created.id, api, terminal, flags['text'] === true)
  say(terminal, created, () => `${progressLine(created, terminal.columns)}\n`)
  return 0
}

async function preflight(task: Task): Promise<number> {
  const { api, terminal } = task
  const forecast = (await api.ask('POST', 'harvest_jobs:preflight', { body: jobOf(task) })) as ForecastReport
  say(terminal, forecast, () => forecastText(forecast))
  return forecast.wouldSucceed ? 0 : 1
}

async function list({ api, terminal, flags }: Task): Promise<number> {
  const query = { includeChannelId: text(flags['channel']), includeStatus: text(flags['status'])?.toUpperCase() }
  for (let nextToken: string | undefined; ; ) {
    const page = (await api.ask('GET', 'harvest_jobs', { query: { ...query, nextToken } })) as {
      readonly harvestJobs: readonly HarvestReport[]
      readonly nextToken?: string
    }
    for (const job of page.harvestJobs) say(terminal, job, () => `${progressLine(job, terminal.columns)}\n`)
    if (page.nextToken === undefined) return 0
    nextToken = page.nextToken
  }
}

async function cancel({ api, terminal, id }: Task): Promise<number> {
  await api.ask('POST', `harvest_jobs/${encodeURIComponent(id)}/cancel`, { body: {} })
  for (;;) {
    const job = (await api.ask('GET', `harvest_jobs/${encodeURIComponent(id)}`)) as HarvestReport
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

const text = (value: Flags[string]) => (typeof value === 'string' ? value : undefined)

function say(terminal: Terminal, json: object, forPeople: () => string): void {
  terminal.write(terminal.isTerminal ? forPeople() : `${JSON.stringify(json)}\n`)
}
