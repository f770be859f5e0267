import type { WindrowOutputs } from '../control/windrow-operations.ts'
import { type Command, type CommandDeps, listed, runApiCommand, type Task } from './api-commands.ts'
import { progressLine } from './harvest-text.ts'
import { JOB_OPTION_FLAGS, jobOptionsOf, neededFlag, say, textFlag, timeFlag } from './job-flags.ts'
import type { Terminal } from './terminal.ts'

type ClipReport = WindrowOutputs['DescribeClip']

const CHANGE_FLAGS = {
  start: { type: 'string' },
  end: { type: 'string' },
  cut: { type: 'string' },
  expires: { type: 'string' },
} as const

const CREATE_FLAGS = {
  id: { type: 'string' },
  channel: { type: 'string' },
  endpoint: { type: 'string' },
  ...CHANGE_FLAGS,
} as const

const { to, role, make, chapters, encryption } = JOB_OPTION_FLAGS
const MATERIALISE_FLAGS = { id: { type: 'string' }, to, role, make, chapters, encryption } as const

const COMMANDS: Readonly<Record<string, Command<void>>> = {
  create: { takesId: false, flags: CREATE_FLAGS, run: create },
  list: { takesId: false, flags: { channel: { type: 'string' } }, run: list },
  describe: { takesId: true, run: (task) => show(task, 'GET') },
  change: { takesId: true, flags: CHANGE_FLAGS, run: (task) => show(task, 'PUT', changesOf(task)) },
  materialise: { takesId: true, flags: MATERIALISE_FLAGS, run: materialise },
  delete: { takesId: true, run: remove },
}

/** Runs `windrow clip …`. Throws CommandFailed or CommandMisused. */
export function clipCommand(args: readonly string[], env: CommandDeps['env'], terminal: Terminal): Promise<void> {
  return runApiCommand({ name: 'clip', noun: 'a clip', commands: COMMANDS }, args, { env, terminal })
}

async function create(task: Task): Promise<void> {
  const { flags, api, terminal } = task
  for (const flag of ['start', 'end']) neededFlag(flags, flag)
  const body = {
    id: flags['id'],
    channelId: flags['channel'],
    originEndpointId: flags['endpoint'],
    ...changesOf(task),
  }
  const made = (await api.ask('POST', 'clips', { body })) as WindrowOutputs['CreateClip']
  say(terminal, made, () => clipText(made))
}

function changesOf({ flags, terminal }: Task) {
  const now = terminal.now()
  const time = (flag: string) => timeFlag(flags, flag, now)
  const cut = textFlag(flags['cut'])?.toUpperCase()
  const expiresAt = textFlag(flags['expires'])?.toUpperCase() === 'NEVER' ? 'NEVER' : time('expires')
  return { startTime: time('start'), endTime: time('end'), cut, expiresAt }
}

async function list({ flags, api, terminal }: Task): Promise<void> {
  const query = { channelId: textFlag(flags['channel']) }
  for await (const clip of listed<ClipReport>(api, 'clips', 'clips', query)) say(terminal, clip, () => clipLine(clip))
}

async function show({ api, terminal, id }: Task, method: string, body?: object): Promise<void> {
  const clip = (await api.ask(method, pathOf(id), body && { body })) as ClipReport
  say(terminal, clip, () => clipText(clip))
}

/** Makes a harvest job of a clip. */
async function materialise({ flags, api, terminal, id }: Task): Promise<void> {
  const { s3Destination, deliverables, encryption } = jobOptionsOf(flags)
  const body = { jobId: flags['id'], s3Destination, deliverables, encryption }
  const job = (await api.ask('POST', `${pathOf(id)}/materialise`, { body })) as WindrowOutputs['MaterialiseClip']
  say(terminal, job, () => `${progressLine(job, terminal.columns)}\n`)
}

async function remove({ api, terminal, id }: Task): Promise<void> {
  await api.ask('DELETE', pathOf(id))
  say(terminal, { id, state: 'DELETED' }, () => `${id} deleted\n`)
}

const pathOf = (id: string) => `clips/${encodeURIComponent(id)}`

function clipLine({ id, channelId, startTime, endTime, expiresAt }: ClipReport): string {
  return `${id}  ${channelId}  ${startTime} to ${endTime}${expiresAt === undefined ? '' : `, until ${expiresAt}`}\n`
}

function clipText(clip: ClipReport): string {
  const urls = Object.entries(clip.urls).map(([name, url]) => `  ${name.padEnd(4)} ${url}\n`)
  return clipLine(clip) + urls.join('')
}
