import { accessOf } from './access.ts'
import { type ApiClient, apiClient } from './api-client.ts'
import { CONNECTION_FLAGS, type FlagOptions, type Flags, parsedFlags } from './job-flags.ts'
import { CommandMisused, type Terminal } from './terminal.ts'

/** What a command is given: its flags, the id that it names, if it takes one, and the server. */
export type Task = { readonly flags: Flags; readonly id: string; readonly api: ApiClient; readonly terminal: Terminal }

export type Command<Result> = {
  readonly takesId: boolean
  /** Besides those of the connection. */
  readonly flags?: FlagOptions
  readonly run: (task: Task) => Promise<Result>
}

export type CommandDeps = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly terminal: Terminal
}

/** Commands on one noun of the API: `windrow <name> <command> [id] [flags]`. */
export type CommandGroup<Result> = {
  /** As it is written, and what its ids are those of, as in "a job". */
  readonly name: string
  readonly noun: string
  readonly commands: Readonly<Record<string, Command<Result>>>
  /** Commands that are not among these, for the message. */
  readonly others?: readonly string[]
}

/** Runs the command that the arguments name. Throws CommandFailed or CommandMisused. */
export async function runApiCommand<Result>(
  { name: group, noun, commands, others = [] }: CommandGroup<Result>,
  [name = '', ...rest]: readonly string[],
  { env, terminal }: CommandDeps,
): Promise<Result> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    const known = [...Object.keys(commands), ...others].join(', ')
    throw new CommandMisused(`windrow ${group} needs one of ${known}; see "windrow help"`)
  }
  const { values, positionals } = parsedFlags(rest, { ...CONNECTION_FLAGS, ...command.flags })
  const [id = '', extra] = positionals
  if (command.takesId && id === '') throw new CommandMisused(`windrow ${group} ${name} needs the id of ${noun}`)
  const unexpected = command.takesId ? extra : id || extra
  if (unexpected !== undefined) throw new CommandMisused(`unexpected argument "${unexpected}"`)
  const access = await accessOf(values, env)
  return command.run({ flags: values, id, api: apiClient(access, terminal.now), terminal })
}

/** Every item of a listing, page by page; `member` has them in the answers. */
export async function* listed<Item>(
  api: ApiClient,
  path: string,
  member: string,
  query: Readonly<Record<string, string | undefined>> = {},
): AsyncGenerator<Item> {
  for (let nextToken: string | undefined; ; ) {
    const page = (await api.ask('GET', path, { query: { ...query, nextToken } })) as Readonly<Record<string, unknown>>
    yield* page[member] as readonly Item[]
    nextToken = page['nextToken'] as string | undefined
    if (nextToken === undefined) return
  }
}
