/**
 * Runs test files that need nothing of their own in one process, each as a suite: a process takes longer than they do.
 */
import { setPriority } from 'node:os'
import { describe } from 'node:test'
import { ONE_PROCESS_VARIABLE } from './test-plan.ts'

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
