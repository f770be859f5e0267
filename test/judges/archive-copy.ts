import { fileURLToPath } from 'node:url'
import { type Running, start } from './processes.ts'

export const PROGRAM = fileURLToPath(new URL('../../bin/windrow', import.meta.url))

type Environment = Readonly<Record<string, string>>

/** What the last line of `windrow archive copy` says. */
export type CopyOutcome = {
  readonly outcome: 'COPIED' | 'MEDIA_COPIED'
  readonly objects: number
  readonly rows: number
  readonly lost: number
}

function startCopy(environment: Environment, ...flags: readonly string[]): Running {
  const env = { PATH: process.env['PATH'], ...environment }
  return start(process.execPath, [PROGRAM, 'archive', 'copy', ...flags], { env })
}

/** Runs a copy to its end. Throws with what it said when it fails. */
export async function copy(environment: Environment, ...flags: readonly string[]): Promise<CopyOutcome> {
  const copying = startCopy(environment, ...flags)
  const ended = await copying.ended
  if (ended !== 0) throw new Error(`archive copy ended with ${ended}:\n${copying.said()}`)
  return JSON.parse(copying.said().trimEnd().split('\n').at(-1)!) as CopyOutcome
}

/** Runs a copy that must fail; resolves to what it says. */
export async function refusedCopy(environment: Environment, ...flags: readonly string[]): Promise<string> {
  const copying = startCopy(environment, ...flags)
  const ended = await copying.ended
  if (ended !== 1) throw new Error(`archive copy ended with ${ended}, not with 1:\n${copying.said()}`)
  return copying.said()
}

/** Runs a copy that is killed with SIGKILL when it begins a phase, or with the PUT of so many objects to S3. */
export async function killedCopy(
  at: { readonly phase: string } | { readonly put: number },
  environment: Environment,
  ...flags: readonly string[]
): Promise<void> {
  const preloaded = fileURLToPath(new URL('kill-itself.ts', import.meta.url))
  const moment = 'put' in at ? { KILL_AT_PUT: `${at.put}` } : { KILL_AT_LINE: `"phase":"${at.phase}"` }
  const copying = startCopy({ ...environment, ...moment, NODE_OPTIONS: `--import ${preloaded}` }, ...flags)
  const ended = await copying.ended
  if (ended !== 'SIGKILL') throw new Error(`archive copy ended with ${ended}, and was not killed:\n${copying.said()}`)
}
