import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { afterEach, describe, it } from 'node:test'
import { Authority, CertificateFiles } from '../test/judges/certificates.ts'
import { readSettings } from './config/read-settings.ts'
import { openListeners } from './configured-listeners.ts'
import { readCertificates } from './configured-tls.ts'
import type { Mount } from './http/handler.ts'
import { Listeners } from './http/listeners.ts'
import { sendText } from './http/send-text.ts'
import { utcMs } from './media/time.ts'

const authority = new Authority()
const opened: Listeners[] = []
afterEach(async () => {
  for (const listeners of opened.splice(0)) await listeners.close()
})

const at = (prefix: string): Mount => ({
  prefix,
  handle: async (_, response) => sendText(response, 200, prefix),
})

async function start(flags: string, names: readonly string[] = []) {
  const files = names.length > 0 ? new CertificateFiles(authority.issue(names)) : undefined
  const tls = files ? ['--tls-certificate', files.certificate, '--tls-key', files.key] : []
  const settings = readSettings({ args: [...flags.split(' '), ...tls], env: {}, readFile: () => '' })
  const warned: string[] = []
  const warn = ({ event }: { readonly event: string }) => void warned.push(event)
  const log = { info() {}, warn, error() {} }
  const listeners = new Listeners({ log })
  opened.push(listeners)
  const config = { ...settings, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }
  const certificates = await readCertificates(config, () => utcMs(Date.UTC(2026)))
  const urls = await openListeners(config, { listeners, certificates, log, mounts: [at('/out')], api: [at('/api')] })
  return { ...urls, warned }
}

/** The status of a GET; over TLS, the name in the URL is looked for on this machine. */
async function statusOf(url: string): Promise<number | undefined> {
  if (url.startsWith('http:')) return (await fetch(url)).status
  const { hostname, port, pathname } = new URL(url)
  const host = /^[a-z]/.test(hostname) ? '127.0.0.1' : hostname.replace(/^\[(.*)\]$/, '$1')
  const options = { ca: authority.certificate, host, port, path: pathname, servername: hostname, agent: false }
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

describe('the listeners of a process', () => {
  it('are one for everything', async () => {
    const { url, apiUrl } = await start('--listen 127.0.0.1:0')
    assert.equal(apiUrl, url)
    assert.deepEqual([await statusOf(`${url}/out`), await statusOf(`${url}/api`)], [200, 200])
  })

  it('are the same with TLS and without, and clients are given the name of the certificate', async () => {
    const { url, apiUrl } = await start('--listen 127.0.0.1:0 --tls-listen 127.0.0.1:0', [
      '*.example.com',
      'live.example.com',
    ])
    assert.match(url, /^https:\/\/live\.example\.com:\d+$/)
    assert.match(apiUrl, /^http:\/\/127\.0\.0\.1:\d+$/)
    for (const each of [url, apiUrl]) {
      assert.deepEqual([await statusOf(`${each}/out`), await statusOf(`${each}/api`)], [200, 200], each)
    }
  })

  it('may be the one with TLS alone, at an address where the certificate has no name', async () => {
    const { url, apiUrl } = await start('--listen none --tls-listen 127.0.0.1:0', ['127.0.0.1'])
    assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/)
    assert.equal(apiUrl, url)
  })

  it('keep the API apart, with TLS and without', async () => {
    const { url, apiUrl } = await start('--listen 127.0.0.1:0 --control-tls-listen 127.0.0.1:0', ['api.example.com'])
    assert.match(url, /^http:/)
    assert.match(apiUrl, /^https:\/\/127/)
    const api = apiUrl.replace('127.0.0.1', 'api.example.com')
    assert.deepEqual([await statusOf(`${url}/out`), await statusOf(`${url}/api`)], [200, 404])
    assert.deepEqual([await statusOf(`${api}/out`), await statusOf(`${api}/api`)], [404, 200])
  })

  it('may have IPv6, and IPv4 at the same address', async () => {
    const { url } = await start('--listen [::]:0')
    assert.match(url, /^http:\/\/\[::\]:\d+$/)
    const { port } = new URL(url)
    for (const host of ['[::1]', '127.0.0.1', '[::]']) {
      assert.equal(await statusOf(`http://${host}:${port}/out`), 200, host)
    }
    const { url: alone } = await start('--listen [::1]:0')
    assert.match(alone, /^http:\/\/\[::1\]:\d+$/)
    await assert.rejects(statusOf(`http://127.0.0.1:${new URL(alone).port}/out`))
  })

  it('warn when no certificate is for the host of public-url', async () => {
    const flags = '--listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --public-url'
    for (const [url, warned] of [
      ['https://b.example.com', ['tls-name-mismatch']],
      ['https://A.example.com', []],
      ['https://192.0.2.1', ['tls-name-mismatch']],
      ['http://b.example.com', []],
    ] as const) {
      assert.deepEqual((await start(`${flags} ${url}`, ['example.com', 'a.example.com'])).warned, warned, url)
    }
  })
})
