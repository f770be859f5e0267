/**
 * Runs a test file whose process is killed once it has been silent: `silent-run.ts FILE`. Prints what failed, and what
 * is told of the process.
 */
import { run } from 'node:test'
import { relativePath } from '../../scripts/tally.ts'
import { TestProcesses } from '../../scripts/test-processes.ts'

const SILENT_MS = 3000

const [file = ''] = process.argv.slice(2)
const running = new TestProcesses([file], SILENT_MS)
for await (const { type, data } of run({ files: [file], execArgv: [...running.execArgv] })) {
  running.heard()
  if (type === 'test:fail') console.log('failed:', data.name)
}
running.stop()
console.log(running.toldOf(relativePath(file)).join('\n'))
