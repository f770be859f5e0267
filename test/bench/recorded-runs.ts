/** Runs of the bench that are kept in the repository: a file for each machine, its runs in order. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MachineSpeed } from './machine.ts'
import type { Measure } from './measure.ts'

export type RecordedRun = {
  /** When it began, ISO 8601. */
  readonly date: string
  readonly commit: string
  readonly cores: number
  readonly isVirtual: boolean
  readonly memoryGiB: number
  /** Of the last minute before it began, as the kernel tells it: processes that ran or waited. */
  readonly load: number
  readonly machine: readonly MachineSpeed[]
  readonly measures: readonly Measure[]
}

export type RecordedMachine = { readonly name: string; readonly runs: readonly RecordedRun[] }

const FOLDER = new URL('../../docs/measurements/', import.meta.url)
/** More is noise. */
const DIGITS = 4

export function canBeRecorded(name: string): boolean {
  return /^[\w-]+$/.test(name)
}

/** Adds a run to those of a machine; gives the path of their file from the root of the repository. */
export function record(name: string, run: RecordedRun): string {
  const path = `${name}.json`
  const file = new URL(path, FOLDER)
  mkdirSync(FOLDER, { recursive: true })
  const earlier = existsSync(file) ? read(file) : []
  const short = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value)
  writeFileSync(file, `${JSON.stringify([...earlier, run], short, 2)}\n`)
  return `docs/measurements/${path}`
}

export function recordedMachines(): RecordedMachine[] {
  if (!existsSync(FOLDER)) return []
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  return files.sort().map((name) => ({ name: basename(name, '.json'), runs: read(new URL(name, FOLDER)) }))
}

function read(file: URL): RecordedRun[] {
  return JSON.parse(readFileSync(fileURLToPath(file), 'utf8')) as RecordedRun[]
}
