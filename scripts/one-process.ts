/**
 * Runs test files that need nothing of their own in one process, each as a suite: a process takes longer than they do.
 */
import { setPriority } from 'node:os'
import { describe } from 'node:test'
import { ONE_PROCESS_VARIABLE } from './test-plan.ts'

/** How long what the files have left open may keep this process when all have ended. */
const LEFT_OPEN_MS = 30_000

try {
  // One process has a fifth of the machine beside the others, and this one has more than that to do.
  setPriority(-5)
} catch {
  // Only root may.
}

for (const file of JSON.parse(process.env[ONE_PROCESS_VARIABLE] ?? '[]') as string[]) {
  await describe(file, async () => {
    await import(file)
  })
}

// It is not known whose it is, and node:test would wait for it without a bound.
setTimeout(() => {
  console.error(`left open by the files that share a process: ${process.getActiveResourcesInfo().join(', ')}`)
  process.exit()
}, LEFT_OPEN_MS).unref()
