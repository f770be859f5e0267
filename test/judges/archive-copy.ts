import { fileURLToPath } from 'node:url'
import { eventually, type Running, start } from './processes.ts'

export const PROGRAM = fileURLToPath(new URL('../../bin/windrow', import.meta.url))

type Environment = Readonly<Record<string, string>>

/** What the last line of `windrow archive copy` says. */
export type CopyOutcome = {
  readonly outcome: 'COPIED' | 'MEDIA_COPIED'
  readonly objects: number
  readonly rows: number
  readonly lost: number
}

export function startCopy(environment: Environment, ...flags: readonly string[]): Running {
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

/** Starts a copy, and kills it with SIGKILL as soon as it says that it is in a phase. */
export async function killCopy(phase: string, environment: Environment, ...flags: readonly string[]): Promise<void> {
  const copying = startCopy(environment, ...flags)
  await eventually(`phase ${phase}`, () => {
    if (copying.child.exitCode !== null) throw new Error(`archive copy ended before:\n${copying.said()}`)
    return copying.said().includes(`"phase":"${phase}"`) || undefined
  })
  copying.child.kill('SIGKILL')
  const ended = await copying.ended
  if (ended !== 'SIGKILL') throw new Error(`archive copy ended with ${ended} before it was killed`)
}
