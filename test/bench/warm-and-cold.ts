/** What serving made segments costs: with all of them in memory, and with each made when it is asked for. */
import { statSync } from 'node:fs'
import { type Nginx, startNginx } from '../judges/nginx.ts'
import { load } from './get-load.ts'
import { cpuSeconds, type Measure, median, ROUNDS, SERVED_ON } from './measure.ts'
import type { Programme } from './programme.ts'
import { childSeconds, type Served } from './served-formats.ts'

/** A hundredth of a second, by which the kernel counts, is one in eighty of it. */
const SECONDS = 0.8
const CONNECTIONS = 8

/** The memory in which all made segments are kept. */
export const ROOMY = { WINDROW_MEMORY_CACHE: '1GiB' }
const CRAMPED = { WINDROW_MEMORY_CACHE: '1B' }

export type Temperature = 'warm' | 'cold'

export type Measured = Readonly<Record<Temperature, readonly Measure[]>>

/**
 * Measures a programme beside nginx, which serves the files below `root`: as it was started, which is with `ROOMY`, and
 * started again with next to no memory for segments.
 */
export async function warmAndCold(
  { windrow }: Programme,
  root: string,
  beside: (nginx: Nginx, temperature: Temperature) => Promise<Measure[]>,
): Promise<Measured> {
  const nginx = await startNginx(`root ${root};`, SERVED_ON)
  try {
    const warm = await beside(nginx, 'warm')
    await windrow.stop()
    await windrow.start(CRAMPED)
    return { warm, cold: await beside(nginx, 'cold') }
  } finally {
    await nginx.stop()
  }
}

/** Compiles code, and, where that is meant, puts segments into memory. */
export async function warmUp(origin: string, { paths }: Served, seconds: number): Promise<void> {
  await load({ origin, paths, connections: CONNECTIONS, seconds })
}

/** Measures the gigabytes that a process serves in a CPU second; `waits` gets those of its clients, ms. */
export function serving(pid: number, origin: string, { paths }: Served, waits: number[] = []): () => Promise<number> {
  return async () => {
    const before = cpuSeconds(pid)
    const figures = await load({ origin, paths, connections: CONNECTIONS, seconds: SECONDS })
    waits.push(...figures.waits)
    return figures.bytes / 1e9 / (cpuSeconds(pid) - before)
  }
}

/** A segment of ours beside a program that begins once and makes the same of the whole source. */
export async function besideProgram(ours: Measure, peer: string, command: string, source: string): Promise<Measure> {
  const seconds: number[] = []
  for (let round = 0; round < ROUNDS; round++) seconds.push(await childSeconds(command))
  const peerValue = statSync(source).size / 1e9 / median(seconds)
  return {
    name: `${ours.name}, beside ${peer}`,
    value: ours.value,
    unit: ours.unit,
    peer,
    peerValue,
    ratio: ours.value / peerValue,
    note: 'ours over HTTP, theirs to a file',
  }
}
