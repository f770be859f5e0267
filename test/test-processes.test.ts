import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { start, temporaryFolder } from './judges/processes.ts'

const SILENT_RUN = fileURLToPath(new URL('judges/silent-run.ts', import.meta.url))

/** What is printed of a test file, which is killed when it has been silent. */
async function killed(text: string): Promise<string> {
  const folder = temporaryFolder('hung')
  const file = join(folder, 'some.test.mjs')
  writeFileSync(file, `const { it } = await import('node:test')\n${text}`)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { said, ended } = start(process.execPath, [SILENT_RUN, file], { env: { ...env, TMPDIR: folder } })
  assert.equal(await ended, 0, said())
  assert.match(said(), /failed: .*some\.test\.mjs/)
  return said()
}

describe('a test process that would never end', { concurrency: true }, () => {
  it('is killed where it never lets go of its loop', async () => {
    const printed = await killed(`process.on('SIGTERM', () => {})\nit('spins', () => { for (;;); })`)
    assert.match(printed, /it hung, and never let go of its loop/)
  })

  it('is killed where it has something open after its cases, which is told', async () => {
    const printed = await killed(`
const { createServer } = await import('node:net')
createServer().listen(0, () => it('passes', () => {}))`)
    assert.match(printed, /it hung, with open: .*\btcp \d+/)
  })

  it('is not waited for where a program that it started has its output', async () => {
    const printed = await killed(`
const { spawn } = await import('node:child_process')
spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'inherit', detached: true }).unref()
it('passes', () => {})`)
    assert.match(printed, /a program that it started still has its output open/)
  })
})
