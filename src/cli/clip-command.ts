import type { ClipReport } from '../control/clip-report.ts'
import { accessOf } from './access.ts'
import { type ApiClient, apiClient } from './api-client.ts'
import { CONNECTION_FLAGS, type Flags, neededFlag, parsedFlags, say, textFlag } from './job-flags.ts'
import { CommandMisused, type Terminal } from './terminal.ts'
import { timeOf } from './times.ts'

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

type Task = { readonly flags: Flags; readonly id: string; readonly api: ApiClient; readonly terminal: Terminal }
type Command = {
  readonly takesId: boolean
  readonly flags: Readonly<Record<string, { readonly type: 'string' }>>
  readonly run: (task: Task) => Promise<void>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  create: { takesId: false, flags: CREATE_FLAGS, run: create },
  list: { takesId: false, flags: { channel: { type: 'string' } }, run: list },
  describe: { takesId: true, flags: {}, run: (task) => show(task, 'GET') },
  change: { takesId: true, flags: CHANGE_FLAGS, run: (task) => show(task, 'PUT', changesOf(task)) },
  delete: { takesId: true, flags: {}, run: remove },
}

/** Runs `windrow clip …`. Throws CommandFailed or CommandMisused. */
export async function clipCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<void> {
  const [name = '', ...rest] = args
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    throw new CommandMisused(`windrow clip needs one of ${Object.keys(COMMANDS).join(', ')}; see "windrow help"`)
  }
  const { values, positionals } = parsedFlags(rest, { ...CONNECTION_FLAGS, ...command.flags })
  const [id = '', extra] = positionals
  if (command.takesId && id === '') throw new CommandMisused(`windrow clip ${name} needs the id of a clip`)
  const unexpected = command.takesId ? extra : (extra ?? (id || undefined))
  if (unexpected !== undefined) throw new CommandMisused(`unexpected argument "${unexpected}"`)
  const access = await accessOf(values as Parameters<typeof accessOf>[0], env)
  await command.run({ flags: values, id, api: apiClient(access, terminal.now), terminal })
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
  const made = (await api.ask('POST', 'clips', { body })) as ClipReport
  say(terminal, made, () => clipText(made))
}

function changesOf({ flags, terminal }: Task) {
  const now = terminal.now()
  const time = (flag: string) => {
    const value = textFlag(flags[flag])
    return value === undefined ? undefined : timeOf(`--${flag}`, value, now)
  }
  const cut = textFlag(flags['cut'])?.toUpperCase()
  return { startTime: time('start'), endTime: time('end'), cut, expiresAt: time('expires') }
}

async function list({ flags, api, terminal }: Task): Promise<void> {
  const channelId = textFlag(flags['channel'])
  for (let nextToken: string | undefined; ; ) {
    const page = (await api.ask('GET', 'clips', { query: { channelId, nextToken } })) as {
      readonly clips: readonly ClipReport[]
      readonly nextToken?: string
    }
    for (const clip of page.clips) say(terminal, clip, () => clipLine(clip))
    if (page.nextToken === undefined) return
    nextToken = page.nextToken
  }
}

async function show({ api, terminal, id }: Task, method: string, body?: object): Promise<void> {
  const clip = (await api.ask(method, pathOf(id), body && { body })) as ClipReport
  say(terminal, clip, () => clipText(clip))
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
