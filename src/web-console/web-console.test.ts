import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { temporaryFolder } from '../../test/judges/processes.ts'
import type { Mount } from '../http/handler.ts'
import { type Listener, listen } from '../http/listener.ts'
import { sendText } from '../http/send-text.ts'
import { contentPolicy } from './content-policy.ts'
import { readSite } from './site-files.ts'
import { type WebConsoleDeps, withWebConsole } from './web-console.ts'

const SCRIPT = 'console.log("here")'
const PAGE = '<!doctype html><title>Console</title>'
const API: Mount = { prefix: '/', handle: async (_, response, { path }) => sendText(response, 404, `API ${path}`) }

const opened: Listener[] = []
afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.close()
})

function siteFolder(): string {
  const folder = temporaryFolder('site')
  mkdirSync(join(folder, 'assets'))
  mkdirSync(join(folder, '.vite'))
  writeFileSync(join(folder, 'index.html'), PAGE)
  writeFileSync(join(folder, 'windrow.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(folder, 'assets/main-AbC.js'), SCRIPT)
  writeFileSync(join(folder, 'assets/main-AbC.js.br'), brotliCompressSync(SCRIPT))
  writeFileSync(join(folder, 'assets/main-AbC.js.gz'), gzipSync(SCRIPT))
  writeFileSync(join(folder, '.vite/manifest.json'), '{}')
  return folder
}

async function start(deps: Partial<WebConsoleDeps> = {}): Promise<string> {
  const site = await readSite(siteFolder())
  const mounts = withWebConsole([API], {
    site: async () => site,
    region: 'eu-west-1',
    version: '1.2.3',
    playback: () => ['https://live.example.com/tv'],
    buckets: [],
    ...deps,
  })
  const log = { info() {}, warn() {}, error() {} }
  const listener = await listen({ name: 'test', host: '127.0.0.1', port: 0, mounts, log })
  opened.push(listener)
  return `http://127.0.0.1:${listener.address.port}`
}

type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** A path as it is: `fetch` would make it another. */
function ask(base: string, path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  return new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(base)
    request({ host: hostname, port, path, headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
      .on('error', reject)
      .end()
  })
}

describe('the console', () => {
  it('is one page at every path without an extension, which is asked for again each time', async () => {
    const url = await start()
    for (const path of [
      '/console/',
      '/console/index.html',
      '/console/channels/tv/timeline',
      '/console/clips/a?b=c.d',
    ]) {
      const { status, headers, body } = await ask(url, path)
      assert.deepEqual([status, body.toString()], [200, PAGE], path)
      assert.equal(headers['content-type'], 'text/html; charset=utf-8')
      assert.equal(headers['cache-control'], 'no-cache')
    }
  })

  it('has files that stay right for years, in the encoding that a client takes', async () => {
    const url = await start()
    const path = '/console/assets/main-AbC.js'
    const readers = { br: brotliDecompressSync, gzip: gunzipSync, '': (bytes: Buffer) => bytes }
    const etags = new Set<unknown>()
    for (const [accepted, coding] of [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip, br;q=0', 'gzip'],
      ['*', 'br'],
      ['identity', ''],
    ] as const) {
      const { status, headers, body } = await ask(url, path, { 'accept-encoding': accepted })
      assert.equal(status, 200)
      assert.equal(headers['content-encoding'] ?? '', coding, accepted)
      assert.equal(readers[coding](body).toString(), SCRIPT)
      assert.equal(headers['content-type'], 'text/javascript; charset=utf-8')
      assert.equal(headers['vary'], 'accept-encoding')
      assert.match(String(headers['cache-control']), /\bimmutable\b/)
      etags.add(headers['etag'])
    }
    assert.equal(etags.size, 3)
  })

  it('answers 304 to whoever has what would be sent', async () => {
    const url = await start()
    const { headers } = await ask(url, '/console/')
    const etag = String(headers['etag'])
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const { status, body, headers: again } = await ask(url, '/console/clips', { 'if-none-match': known })
      assert.deepEqual([status, body.length, again['etag']], [304, 0, etag], known)
      assert.ok(again['content-security-policy'])
    }
    assert.equal((await ask(url, '/console/', { 'if-none-match': '"other"' })).status, 200)
  })

  it('answers HEAD, and refuses other methods', async () => {
    const url = await start()
    const head = await ask(url, '/console/', {}, 'HEAD')
    assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, String(PAGE.length), 0])
    assert.equal((await ask(url, '/console/', {}, 'POST')).status, 405)
  })

  it('tells what signatures are made with', async () => {
    const { headers, body } = await ask(await start(), '/console/config.json')
    assert.deepEqual(JSON.parse(body.toString()), { region: 'eu-west-1', version: '1.2.3' })
    assert.equal(headers['cache-control'], 'no-store')
  })

  it('has no other files than its own, whatever a path is', async () => {
    const url = await start()
    for (const path of [
      '/console/assets/other.js',
      '/console/.vite/manifest.json',
      '/console/../package.json',
      '/console/assets/../../../package.json',
      '/console/%2e%2e/%2e%2e/package.json',
      '/console/assets/main-AbC.js.br',
      '/console/assets/main-AbC.js%00.html',
      '/console/__proto__.js',
    ]) {
      assert.equal((await ask(url, path)).status, 404, path)
    }
  })

  it('follows no link out of its folder', async () => {
    const folder = siteFolder()
    const secret = join(temporaryFolder('secret'), 'credentials.txt')
    writeFileSync(secret, 'secret')
    symlinkSync(secret, join(folder, 'link.txt'))
    assert.equal((await readSite(folder)).has('link.txt'), false)
  })

  it('is where browsers are led to, and nobody else', async () => {
    const url = await start()
    for (const [path, accept] of [
      ['/console', '*/*'],
      ['/', 'text/html,application/xhtml+xml,*/*;q=0.8'],
    ] as const) {
      const { status, headers } = await ask(url, path, { accept })
      assert.deepEqual([status, headers['location']], [302, '/console/'], path)
    }
    for (const [path, accept] of [
      ['/', '*/*'],
      ['/', 'application/json'],
      ['/channels', 'text/html'],
      ['/consoles', 'text/html'],
    ] as const) {
      assert.equal((await ask(url, path, { accept })).body.toString(), `API ${path}\n`)
    }
    assert.equal((await ask(url, '/', { accept: 'text/html' }, 'POST')).status, 404)
  })

  it('says so where it was not built', async () => {
    const url = await start({ site: undefined })
    const { status, body } = await ask(url, '/console/')
    assert.deepEqual([status, body.toString()], [404, 'the console was not built: run "npm run build"\n'])
    assert.equal((await ask(url, '/', { accept: 'text/html' })).body.toString(), 'API /\n')
  })

  it('leaves browsers no script, frame or request but its own, players, and buckets', async () => {
    const { headers } = await ask(await start({ buckets: ['https://*.s3.example.com'] }), '/console/')
    const directives = new Map(
      String(headers['content-security-policy'])
        .split('; ')
        .map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1)]),
    )
    const others = ['https://live.example.com', 'https://*.s3.example.com']
    assert.deepEqual(directives.get('default-src'), ["'none'"])
    assert.deepEqual(directives.get('script-src'), ["'self'"])
    assert.deepEqual(directives.get('style-src'), ["'self'"])
    assert.deepEqual(directives.get('connect-src'), ["'self'", ...others])
    assert.deepEqual(directives.get('frame-ancestors'), ["'none'"])
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
  })
})

describe('the policy of the console', () => {
  it('has no source that is none in CSP', () => {
    const strange = ['http://[::1]:8080', '', "https://a.example.com; script-src 'unsafe-inline'", 'null']
    const policy = contentPolicy({ playback: [...strange, 'http://127.0.0.1:8080'], buckets: [] })
    assert.match(policy, /connect-src 'self' http:\/\/127\.0\.0\.1:8080;/)
    assert.doesNotMatch(policy, /unsafe|\[|null/)
  })
})
