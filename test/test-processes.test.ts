import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryFolder } from './judges/processes.ts'

const TEST_PROCESSES = new URL('../scripts/test-processes.ts', import.meta.url)

const RUN = `
import { run } from 'node:test'
import { relative } from 'node:path'
import { TestProcesses } from '${TEST_PROCESSES}'
const files = [process.argv[2]]
const running = new TestProcesses(files, 3000)
for await (const { type, data } of run({ files, execArgv: [...running.execArgv] })) {
  running.heard()
  if (type === 'test:fail') console.log('failed:', data.name)
}
running.stop()
console.log(running.toldOf(relative(process.cwd(), files[0])).join('\\n'))
`

/** What is printed of a file that is run and killed when it has been silent. */
async function killed(text: string): Promise<string> {
  const folder = temporaryFolder('hung')
  const file = join(folder, 'some.test.mjs')
  writeFileSync(file, text)
  writeFileSync(join(folder, 'run.mjs'), RUN)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const program = spawn(process.execPath, [join(folder, 'run.mjs'), file], { env: { ...env, TMPDIR: folder } })
  let printed = ''
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk))
  const [code] = await once(program, 'close')
  assert.equal(code, 0, printed)
  assert.match(printed, /failed: .*some\.test\.mjs/, 'the file fails')
  return printed
}

describe('a test process that would never end', { concurrency: true }, () => {
  it('is killed where it never lets go of its loop', async () => {
    const printed = await killed(`
import { it } from 'node:test'
process.on('SIGTERM', () => {})
it('spins', () => { for (;;); })`)
    assert.match(printed, /it hung, and never let go of its loop/)
  })

  it('is killed where it has something open after its cases, which is told', async () => {
    const printed = await killed(`
import { createServer } from 'node:net'
import { it } from 'node:test'
const server = createServer().listen(0, () => it('passes', () => {}))`)
    assert.match(printed, /it hung, with open: .*\btcp \d+/)
  })

  it('is not waited for where a program that it started has its output', async () => {
    const printed = await killed(`
import { spawn } from 'node:child_process'
import { it } from 'node:test'
const program = spawn('sleep', ['60'], { stdio: 'inherit', detached: true })
program.unref()
it('passes', () => {})`)
    assert.match(printed, /a program that it started still has its output open/)
  })
})
