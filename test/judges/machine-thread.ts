/** The thread behind `MachineWatch`: wakes up, notes how late it is, and reads what the kernel counted meanwhile. */
import { readdirSync, readFileSync } from 'node:fs'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

/** One awakening; `from` and `to` in milliseconds since 1970, the rest in milliseconds. */
export type Beat = {
  readonly from: number
  readonly to: number
  /** What this thread was late by. */
  readonly late: number
  /** The most that one thread of the watched processes waited for a core. */
  readonly runQueue: number
  /** Time in which any process of the machine waited for a disk. */
  readonly disk: number
}

const BEAT_MS = 200
/** New processes are looked for at every so many beats. */
const BEATS_A_SEARCH = 3

const { port, pid } = workerData as { readonly port: MessagePort; readonly pid: number }
let pids: readonly number[] = []
const waited = new Map<string, number>()
let disk = diskStall()

parentPort?.postMessage('watching')
let from = now()
for (let beat = 0; ; beat++) {
  if (beat % BEATS_A_SEARCH === 0) pids = familyOf(pid)
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, from + BEAT_MS - now())))
  const to = now()
  const runQueue = longestWait()
  const stalled = diskStall()
  port.postMessage({ from, to, late: Math.max(0, to - from - BEAT_MS), runQueue, disk: stalled - disk } satisfies Beat)
  disk = stalled
  from = to
}

function now(): number {
  return performance.timeOrigin + performance.now()
}

/** A process and all its descendants; only itself where there is no /proc. */
function familyOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of list('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(/^\d+ \(.*\) \S (\d+)/s.exec(read(`/proc/${name}/stat`))?.[1])
    if (!Number.isNaN(parent)) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const family = [root]
  for (const each of family) family.push(...(children.get(each) ?? []))
  return family
}

/**
 * Of all threads of the watched processes since it was last asked, in milliseconds; 0 where the kernel does not count
 * it.
 */
function longestWait(): number {
  let longest = 0
  for (const each of pids) {
    for (const thread of list(`/proc/${each}/task`)) {
      const [, nanoseconds] = read(`/proc/${each}/task/${thread}/schedstat`).split(' ')
      if (nanoseconds === undefined) continue
      const total = Number(nanoseconds) / 1e6
      const before = waited.get(thread)
      waited.set(thread, total)
      if (before !== undefined) longest = Math.max(longest, total - before)
    }
  }
  return longest
}

/**
 * Milliseconds since the machine started in which some process waited for a disk; 0 where the kernel does not count it.
 */
function diskStall(): number {
  return Number(/^some .*total=(\d+)/m.exec(read('/proc/pressure/io'))?.[1] ?? 0) / 1000
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return [] // It has ended, or there is no such folder on this system.
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // It has ended, or the kernel does not count this.
  }
}
