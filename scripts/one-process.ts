/**
 * Runs test files that need nothing of their own in one process, each as a suite: a process takes longer than they do.
 */
import { describe } from 'node:test'
import { ONE_PROCESS_VARIABLE } from './test-plan.ts'

for (const file of JSON.parse(process.env[ONE_PROCESS_VARIABLE] ?? '[]') as string[]) {
  await describe(file, async () => {
    await import(file)
  })
}
