import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { needing } from '../programs.ts'
import { FOLDER, type IngestServer, PASSWORD, startIngest, USERNAME } from './ingest-server.ts'

const { after, before, describe, it } = needing('curl')

const run = promisify(execFile)

describe('curl --digest', () => {
  const bytes = Buffer.from(Array.from({ length: 2_000_000 }, (_, i) => (i * 31) & 255))
  let server: IngestServer
  let folder: string
  let file: string
  before(async () => {
    server = await startIngest()
    folder = await mkdtemp(join(tmpdir(), 'windrow-curl-'))
    file = join(folder, 'body')
    await writeFile(file, bytes)
  })
  after(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  /** For each transfer its status and the connections made for it; curl reads `bytes` from its standard input. */
  const curl = async (user: string, args: readonly string[], scheme = '--digest'): Promise<string[]> => {
    const running = run('curl', [
      '-s',
      scheme,
      '-u',
      user,
      '-o',
      '/dev/null',
      '-w',
      '%{http_code} %{num_connects}\n',
      ...args,
    ])
    running.child.stdin?.on('error', () => {}).end(bytes)
    return (await running).stdout.trim().split('\n')
  }
  const statusOf = async (...call: Parameters<typeof curl>) => (await curl(...call)).at(-1)?.slice(0, 3)
  const url = (name: string) => `http://127.0.0.1:${server.port}${FOLDER}${name}`
  const GOOD = `${USERNAME}:${PASSWORD}`

  const WAYS: readonly [string, () => string[]][] = [
    ['by length', () => ['-T', file]],
    ['after asking for 100', () => ['-T', file, '-H', 'Expect: 100-continue']],
    ['without asking for 100', () => ['-T', file, '-H', 'Expect:']],
    ['of unknown length, chunked', () => ['-T', '-']],
  ]
  for (const [way, args] of WAYS) {
    it(`puts a file ${way}`, async () => {
      const name = `${way.replaceAll(/\W+/g, '-')}.ts`
      assert.equal(await statusOf(GOOD, [...args(), url(name)]), '201')
      assert.ok(server.archive.files().get(name)?.equals(bytes))
    })
  }

  it('puts several files over one connection', async () => {
    const names = ['1.ts', '2.ts', '3.ts']
    const outputs = names.flatMap((name) => ['-T', file, url(name)])
    assert.deepEqual(await curl(GOOD, outputs), ['201 1', '201 0', '201 0'])
    for (const name of names) assert.ok(server.archive.files().get(name)?.equals(bytes))
  })

  it('is refused with a wrong password and with Basic', async () => {
    const before = server.archive.segments.length
    assert.equal(await statusOf(`${USERNAME}:wrong`, ['-T', file, url('a.ts')]), '401')
    assert.equal(await statusOf(GOOD, ['-T', file, url('a.ts')], '--basic'), '401')
    assert.equal(server.archive.segments.length, before)
  })

  it('deletes, and traverses nowhere', async () => {
    assert.equal(await statusOf(GOOD, ['-X', 'DELETE', url('1.ts')]), '204')
    assert.equal(await statusOf(GOOD, ['--path-as-is', '-T', file, url('../../x/a.ts')]), '400')
    assert.equal(await statusOf(GOOD, ['-T', file, url('..%2f..%2fa.ts')]), '400')
  })
})
