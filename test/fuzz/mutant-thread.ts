import { parentPort, workerData } from 'node:worker_threads'
import { readMutants } from './mutant-run.ts'

/** What a thread is given: which reader, and where it notes the number of the mutant that it reads. */
export type ThreadTask = {
  readonly reader: string
  readonly runs: number
  readonly seed: number
  readonly progress: Int32Array
}

// Nearly all mutants are refused, which costs little without the places of its reader's callers.
Error.stackTraceLimit = 6

const { progress, ...task } = workerData as ThreadTask
const figures = await readMutants(task.reader, {
  ...task,
  note: (run) => {
    progress[0] = run
  },
})
parentPort!.postMessage(figures)
