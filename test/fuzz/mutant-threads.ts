import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { TIMEOUT_MS } from '../judges/timeout.ts'
import type { RunFigures } from './mutant-run.ts'
import type { ThreadTask } from './mutant-thread.ts'

/** Memory that a reader may hold over all mutants together, in MiB; its code is in it as well. */
const MOST_MEGABYTES = 256
const LOOK_MS = 500

/**
 * Reads mutants in a thread of its own, which is ended, as a finding, when it holds more than it may or does not get on
 * with one mutant. The next thread goes on behind that mutant.
 */
export async function readInThread(reader: string, runs: number, seed: number): Promise<RunFigures> {
  const progress = new Int32Array(new SharedArrayBuffer(4))
  const task: ThreadTask = { reader, runs, seed, progress }
  const worker = new Worker(join(import.meta.dirname, 'mutant-thread.ts'), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
  })
  let [last, since] = [-1, performance.now()]
  let isStuck = false
  const watch = setInterval(() => {
    if (progress[0] !== last) [last, since] = [progress[0]!, performance.now()]
    else if (performance.now() - since > TIMEOUT_MS) {
      isStuck = true
      void worker.terminate()
    }
  }, LOOK_MS)
  try {
    return await new Promise<RunFigures>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', () => reject(new Error(isStuck ? 'a mutant is never done with' : 'the thread has ended')))
    })
  } catch (error) {
    const run = progress[0]!
    const finding = { reader, run, base64: '', fault: String((error as Error).stack) }
    return { reader, mutants: run, understood: 0, refused: 0, slowestMs: 0, findings: [finding] }
  } finally {
    clearInterval(watch)
  }
}
