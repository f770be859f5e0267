import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { connect } from 'node:tls'
import { Authority, CertificateFiles } from './judges/certificates.ts'
import { eventually, freePort } from './judges/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'windrow-program-'))
after(() => rmSync(folder, { recursive: true }))

/** Makes the launcher believe that it runs on an old Node; what it starts does not load this. */
const oldNode = join(folder, 'old-node.cjs')
writeFileSync(oldNode, "Object.defineProperty(process, 'versions', { value: { node: '20.20.0' } })\n")

/** Writes down each flag of V8 that is set while a process runs. */
const flagsSet = join(folder, 'flags')
const flagWriter = join(folder, 'flag-writer.cjs')
writeFileSync(
  flagWriter,
  `const v8 = require('v8')
v8.setFlagsFromString = (flag) => require('fs').appendFileSync(${JSON.stringify(flagsSet)}, flag + '\\n')
`,
)

const LAUNCHERS = [
  { title: 'bin/windrow', nodeArgs: [] },
  { title: 'bin/windrow started by an old Node', nodeArgs: ['--require', oldNode] },
]

describe('bin/windrow whose pinned Node is an old one', () => {
  it('starts it once', async () => {
    const run = new Run(['bin/windrow', 'version'], { NODE_OPTIONS: `--require ${oldNode}` })
    assert.equal(await run.exitCode, 0, run.stderr)
    assert.match(run.stdout, /^\d+\.\d+\.\d+\n$/)
  })
})

for (const { title, nodeArgs } of LAUNCHERS) {
  const windrow = (...args: string[]) => new Run([...nodeArgs, 'bin/windrow', ...args])

  describe(title, () => {
    it('tells its version and how it is used', async () => {
      const version = windrow('version')
      assert.equal(await version.exitCode, 0)
      assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
      const help = windrow('help')
      assert.equal(await help.exitCode, 0)
      assert.match(help.stdout, /--listen HOST:PORT/)
    })

    it('sets the flags of V8 in the process that serves', async () => {
      writeFileSync(flagsSet, '')
      const run = new Run([...nodeArgs, 'bin/windrow', 'version'], { NODE_OPTIONS: `--require ${flagWriter}` })
      assert.equal(await run.exitCode, 0)
      assert.deepEqual(readFileSync(flagsSet, 'utf8').trim().split('\n'), [
        '--external-memory-accounted-in-global-limit',
        '--heap-growing-percent=100',
      ])
    })

    it('ends with 2 and one line when it is misused', async () => {
      for (const [args, message] of [
        [['serve', '--listen', 'here'], /^windrow: --listen must be HOST:PORT.*\n$/],
        [['sevre'], /^windrow: unknown command "sevre".*\n$/],
      ] as const) {
        const run = windrow(...args)
        assert.equal(await run.exitCode, 2)
        assert.match(run.stderr, message)
        assert.equal(run.stdout, '')
      }
    })

    it('serves until a signal, then ends with 0; its ready file is there meanwhile', async () => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        const ready = join(folder, 'ready')
        // As a server leaves it that is killed.
        writeFileSync(ready, 'http://127.0.0.1:1\n')
        const run = windrow('serve', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0', '--ready-file', ready)
        const url = await run.url()
        assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
        assert.equal(readFileSync(ready, 'utf8'), `${url}\n`)
        run.child.kill(signal)
        assert.equal(await run.exitCode, 0, run.stderr)
        assert.equal(existsSync(ready), false)
      }
    })

    it('is gone when it is killed, so that it can be started again on the same port and data', async () => {
      const port = await freePort()
      const args = ['serve', '--data', join(folder, 'killed'), '--listen', `127.0.0.1:${port}`]
      const first = windrow(...args)
      const url = await first.url()
      first.child.kill('SIGKILL')
      // Its output closes with the last process that holds it.
      await first.exitCode
      await assert.rejects(fetch(`${url}/healthz`))
      const second = windrow(...args)
      assert.equal(await second.url(), url)
      second.child.kill('SIGTERM')
      assert.equal(await second.exitCode, 0, second.stderr)
    })
  })
}

describe('windrow harvest', () => {
  it('asks a server with the keys in its data folder, in lines of JSON', async () => {
    const data = join(folder, 'harvested')
    const server = new Run(['bin/windrow', 'serve', '--data', data, '--listen', '127.0.0.1:0'])
    const url = await server.url()
    const list = new Run(['bin/windrow', 'harvest', 'list', '--url', url, '--data', data])
    assert.equal(await list.exitCode, 0, list.stderr)
    assert.equal(list.stdout, '')
    const watch = new Run(['bin/windrow', 'harvest', 'watch', 'nobody', '--url', url, '--data', data])
    assert.equal(await watch.exitCode, 1)
    assert.equal(watch.stderr, 'windrow: There is no harvest job with the id "nobody"\n')
    server.child.kill()
    await server.exitCode
  })

  it('ends with 2 and one line when it is misused', async () => {
    const run = new Run(['bin/windrow', 'harvest', 'reap'])
    assert.equal(await run.exitCode, 2)
    assert.match(run.stderr, /^windrow: windrow harvest needs one of create, .*\n$/)
  })
})

describe('windrow with TLS', () => {
  const files = new CertificateFiles(new Authority().issue(['live.example.com']))
  const tls = ['--tls-certificate', files.certificate, '--tls-key', files.key]

  it('is ready when `health` says so, also after SIGHUP at its start, and has a new certificate after another', async () => {
    const port = await freePort()
    const address = ['--listen', 'none', '--tls-listen', `[::1]:${port}`, ...tls]
    const server = new Run(['bin/windrow', 'serve', '--data', join(folder, 'tls'), ...address])
    await eventually('its start', () => existsSync(join(folder, 'tls', 'credentials')) || undefined)
    // Whoever has just replaced a file does not know that the server reads it now anyway.
    server.child.kill('SIGHUP')
    const health = new Run(['bin/windrow', 'health', '--wait', '10m', ...address])
    assert.equal(await health.exitCode, 0, health.stdout)
    assert.equal(health.stdout, 'ok\n')
    assert.equal(await server.url(), `https://live.example.com:${port}`)
    const newest = new Authority().issue(['live.example.com'])
    files.write(newest)
    server.child.kill('SIGHUP')
    await eventually('the new certificate', async () => {
      const socket = connect({ port, host: '::1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const given = socket.getPeerX509Certificate()?.serialNumber
      socket.destroy()
      return given === new X509Certificate(newest.certificate).serialNumber || undefined
    })
    server.child.kill('SIGTERM')
    assert.equal(await server.exitCode, 0, server.stderr)
    const after = new Run(['bin/windrow', 'health', ...address])
    assert.equal(await after.exitCode, 1)
    assert.match(after.stdout, /does not answer/)
  })

  it('says whether it would start: `config check` ends with 0, or with 2 and one line', async () => {
    const good = new Run(['bin/windrow', 'config', 'check', '--data', folder, '--tls-listen', '[::1]:443', ...tls])
    assert.equal(await good.exitCode, 0, good.stderr)
    assert.match(good.stdout, /^tls-listen: "\[::1\]:443" {2}# --tls-listen$/m)
    files.write({ key: 'no key' })
    const bad = new Run(['bin/windrow', 'config', 'check', '--data', folder, '--tls-listen', '[::1]:443', ...tls])
    assert.equal(await bad.exitCode, 2)
    assert.match(bad.stderr, /^windrow: \S+server\.key has no private key that can be read \(\w+\)\n$/)
  })
})

describe('windrow serve', () => {
  it('says in one line why it cannot start, and ends with 1', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as { port: number }
    const run = new Run(['bin/windrow', 'serve', '--data', join(folder, 'busy'), '--listen', `127.0.0.1:${port}`])
    assert.equal(await run.exitCode, 1)
    assert.match(run.stderr, /windrow: .*EADDRINUSE.*\n$/)
    squatter.close()
  })

  it('takes no data folder that another one serves, nor one whose database is something else, and says so in one line', async () => {
    const data = join(folder, 'taken')
    const first = new Run(['bin/windrow', 'serve', '--data', data, '--listen', '127.0.0.1:0'])
    await first.url()
    const second = new Run(['bin/windrow', 'serve', '--data', data, '--listen', '127.0.0.1:0'])
    assert.equal(await second.exitCode, 1)
    assert.equal(second.stderr, `windrow: ${join(data, 'windrow.db')} is in use by another process\n`)
    first.child.kill()
    assert.equal(await first.exitCode, 0)

    writeFileSync(join(data, 'windrow.db'), 'no database '.repeat(1000))
    const third = new Run(['bin/windrow', 'serve', '--data', data, '--listen', '127.0.0.1:0'])
    assert.equal(await third.exitCode, 1)
    assert.match(third.stderr, /^windrow: cannot use \S+windrow\.db: file is not a database\n$/)
  })

  it('says that it needs a public URL when it listens on every address', async () => {
    for (const [flags, note] of [
      [[], /note +encoders and players are given http:\/\/0\.0\.0\.0:\d+: set --public-url/],
      [['--public-url', 'http://origin.example'], /^(?![\s\S]*note)/],
    ] as const) {
      const run = new Run(['bin/windrow', 'serve', '--data', join(folder, 'wide'), '--listen', '0.0.0.0:0', ...flags])
      await run.url()
      run.child.kill()
      await run.exitCode
      assert.match(run.stdout, note)
      assert.match(run.stdout, /open +http:\/\/0\.0\.0\.0:\d+\/console\/\n/)
    }
  })

  it('keeps its database from others in a folder that is open to them', async () => {
    const data = join(folder, 'open')
    mkdirSync(data, { mode: 0o755 })
    const run = new Run(['bin/windrow', 'serve', '--data', data, '--listen', '127.0.0.1:0'])
    await run.url()
    for (const name of readdirSync(data).filter((each) => each.startsWith('windrow.db'))) {
      assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name)
    }
    run.child.kill('SIGTERM')
    await run.exitCode
  })

  it('refuses the database of a newer version with one line', async () => {
    const data = join(folder, 'newer')
    mkdirSync(data)
    const database = new DatabaseSync(join(data, 'windrow.db'))
    database.exec('PRAGMA user_version = 1000')
    database.close()
    const run = new Run(['bin/windrow', 'serve', '--data', data, '--listen', '127.0.0.1:0'])
    assert.equal(await run.exitCode, 1)
    assert.match(run.stderr, /^windrow: the database has version 1000, but this program supports versions up to .*\n$/)
  })

  it('never writes its secret', async () => {
    const secret = 'do-not-write-this-down'
    const env = { WINDROW_ACCESS_KEY_ID: 'AKIAWINDROWEXAMPLE00', WINDROW_SECRET_ACCESS_KEY: secret }
    const args = [
      'bin/windrow',
      'serve',
      '--data',
      join(folder, 'quiet'),
      '--listen',
      '127.0.0.1:0',
      '--log-level',
      'debug',
    ]
    const run = new Run(args, env)
    await run.url()
    run.child.kill()
    await run.exitCode
    assert.doesNotMatch(run.stdout + run.stderr, new RegExp(secret))
  })
})

/** A process and what it has said so far. */
class Run {
  readonly child: ChildProcess
  readonly exitCode: Promise<number | null>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout!.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString()
    })
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
    })
    this.exitCode = new Promise((resolve) => this.child.once('close', (code) => resolve(code)))
  }

  /** The URL it says it is ready at. */
  async url(): Promise<string> {
    for (;;) {
      const url = /ready at (\S+)/.exec(this.stdout)?.[1]
      if (url) return url
      const heard = await Promise.race([once(this.child.stdout!, 'data'), this.exitCode.then(() => undefined)])
      if (!heard) throw new Error(`it ended before it was ready: ${this.stderr}`)
    }
  }
}
