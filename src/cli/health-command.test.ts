import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { Authority, CertificateFiles } from '../../test/judges/certificates.ts'
import { healthMounts } from '../http/health.ts'
import { type Listener, listen } from '../http/listener.ts'
import { utcMs } from '../media/time.ts'
import { Certificates } from '../tls/certificates.ts'
import { healthCommand } from './health-command.ts'

const silent = { info() {}, warn() {}, error() {} }
const open: Listener[] = []
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close()
})

let reasons: readonly string[] = []

/** A server with `/readyz`, whose reasons are above; gives its port. */
async function serve(host: string, certificates?: Certificates): Promise<number> {
  reasons = []
  const mounts = healthMounts(async () => reasons)
  const tls = certificates && { tls: { certificates } }
  const listener = await listen({ name: 'test', host, port: 0, log: silent, mounts, ...tls })
  open.push(listener)
  return listener.address.port
}

async function health(words: string, env: Readonly<Record<string, string>> = {}, sleep = async () => {}) {
  let text = ''
  let now = 0
  const terminal = {
    isTerminal: false,
    columns: 80,
    write: (more: string) => {
      text += more
    },
    now: () => now,
    async sleep(ms: number) {
      now += ms
      await sleep()
    },
  }
  const code = await healthCommand(words.split(' ').filter(Boolean), { env, readFile: () => '' }, terminal)
  return { code, text, waited: now }
}

describe('windrow health', () => {
  it('asks the server that the settings describe, wherever on this machine it listens', async () => {
    for (const host of ['127.0.0.1', '0.0.0.0', '::', '::1']) {
      const port = await serve(host)
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
      assert.deepEqual(await health('', { WINDROW_LISTEN: address }), { code: 0, text: 'ok\n', waited: 0 })
      assert.equal((await health(`--listen ${address} --alive`)).code, 0)
    }
  })

  it('says why a server is not ready, which is alive all the same', async () => {
    const url = `http://127.0.0.1:${await serve('127.0.0.1')}`
    reasons = ['the database does not answer']
    const { code, text } = await health(`--url ${url}/`)
    assert.deepEqual([code, text], [1, `${url}/readyz answered 503: the database does not answer\n`])
    assert.equal((await health(`--alive --url=${url}`)).code, 0)
  })

  it('waits for a server that starts, but no longer than it is told', async () => {
    const port = await serve('127.0.0.1')
    reasons = ['not yet']
    let looks = 0
    const later = async () => {
      if (++looks === 3) reasons = []
    }
    const flags = `--url http://127.0.0.1:${port} --wait`
    assert.deepEqual(await health(`${flags} 30s`, {}, later), { code: 0, text: 'ok\n', waited: 600 })
    reasons = ['never']
    const { code, waited } = await health(`${flags} 2s`)
    assert.deepEqual([code, waited], [1, 2000])
  })

  it('fails where nobody answers', async () => {
    const nobody = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => nobody.once('listening', resolve))
    const { port } = nobody.address() as AddressInfo
    await new Promise((resolve) => nobody.close(resolve))
    const { code, text } = await health(`--listen 127.0.0.1:${port}`)
    assert.equal(code, 1)
    assert.match(text, /does not answer \(ECONNREFUSED\)/)
  })

  it('asks over TLS where there is nothing else, and compares the certificate of a URL alone', async () => {
    const files = new CertificateFiles(new Authority().issue(['live.example.com']))
    const date = () => utcMs(Date.UTC(2026))
    const port = await serve('127.0.0.1', await Certificates.open([files], { minVersion: 'TLSv1.2', date }))
    const tls = `--tls-certificate ${files.certificate} --tls-key ${files.key}`
    assert.equal((await health(`--listen none --tls-listen 127.0.0.1:${port} ${tls}`)).code, 0)
    const { code, text } = await health(`--url https://127.0.0.1:${port}`)
    assert.equal(code, 1)
    assert.match(text, /does not answer \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/)
  })

  it('is misused with a URL that is none, a wait that is none, and settings it does not need', async () => {
    for (const [words, message] of [
      ['--url here', /--url must be the URL of a server/],
      ['--url file:///etc', /--url must be the URL/],
      ['--wait long', /--wait must be a number with a unit/],
      ['--url http://a --listen b', /unexpected argument "--listen"/],
      ['--nothing 1', /unknown flag --nothing/],
    ] as const) {
      await assert.rejects(health(words), message)
    }
  })
})
