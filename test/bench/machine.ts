/** How fast the machine itself is, so that runs on two machines can be compared. */
import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, fstatSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { temporaryFolder } from '../judges/processes.ts'
import { median } from './measure.ts'

export type MachineSpeed = { readonly name: string; readonly value: number; readonly unit: string }

const MEBIBYTE = 1024 * 1024
const COPIED_BYTES = 256 * MEBIBYTE
const HASHED_BYTES = 64 * MEBIBYTE
const SYNCS = 50
const CALLS = 200_000
const SWITCHES = 20_000

export function machineSpeeds(): readonly MachineSpeed[] {
  return [
    { name: 'copying memory', value: copying(), unit: 'GB/s' },
    { name: 'SHA-256', value: hashing(), unit: 'GB/s' },
    { name: 'fdatasync of 4 KiB', value: syncing(), unit: 'ms' },
    { name: 'a system call', value: calling(), unit: 'µs' },
    { name: 'waking a thread, and being woken by it', value: switching(), unit: 'µs' },
  ]
}

/** Milliseconds that some work takes. */
function timed(work: () => void): number {
  const began = performance.now()
  work()
  return performance.now() - began
}

/** Of a size that no cache of a processor has. */
function copying(): number {
  const [from, to] = [Buffer.alloc(COPIED_BYTES, 1), Buffer.alloc(COPIED_BYTES, 2)]
  return COPIED_BYTES / 1e6 / median(Array.from({ length: 5 }, () => timed(() => from.copy(to))))
}

function hashing(): number {
  const bytes = Buffer.alloc(HASHED_BYTES, 1)
  return (
    HASHED_BYTES /
    1e6 /
    median(Array.from({ length: 3 }, () => timed(() => createHash('sha256').update(bytes).digest())))
  )
}

function syncing(): number {
  const folder = temporaryFolder('sync')
  const file = openSync(join(folder, 'file'), 'w')
  const page = Buffer.alloc(4096, 1)
  const times = Array.from({ length: SYNCS }, () => {
    writeSync(file, page)
    return timed(() => fdatasyncSync(file))
  })
  closeSync(file)
  rmSync(folder, { recursive: true })
  return median(times)
}

/** With what Node does around it. */
function calling(): number {
  const file = openSync('/dev/null', 'r')
  const took = timed(() => {
    for (let n = 0; n < CALLS; n++) fstatSync(file)
  })
  closeSync(file)
  return (took / CALLS) * 1000
}

/** Two threads that wait for each other by turns. */
function switching(): number {
  const turns = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(
    `const { workerData: turns } = require('node:worker_threads')
    Atomics.store(turns, 1, 1)
    Atomics.notify(turns, 1)
    for (let n = 0; n < ${SWITCHES}; n++) {
      Atomics.wait(turns, 0, 2 * n)
      Atomics.store(turns, 0, 2 * n + 2)
      Atomics.notify(turns, 0)
    }`,
    { eval: true, workerData: turns },
  )
  // It has begun. A notice without a turn would put it one turn ahead, and it would end while it is waited for.
  Atomics.wait(turns, 1, 0)
  const took = timed(() => {
    for (let n = 0; n < SWITCHES; n++) {
      Atomics.store(turns, 0, 2 * n + 1)
      Atomics.notify(turns, 0)
      Atomics.wait(turns, 0, 2 * n + 1)
    }
  })
  void worker.terminate()
  return (took / SWITCHES) * 1000
}
