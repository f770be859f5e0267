/** Segments that nginx sends from the data folder, as deploy/nginx-accel.conf has it: players see no difference. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { renameSync, rmSync, truncateSync } from 'node:fs'
import { get, type IncomingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import {
  ConfigureLogsCommand,
  CreateOriginEndpointCommand,
  type MediaPackageClient,
} from '@aws-sdk/client-mediapackage'
import { BEHIND_ACCEL, startAccelNginx } from '../judges/accel-nginx.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import type { Nginx } from '../judges/nginx.ts'
import { fetchMediaPlaylist, renditionsOf } from '../judges/playlists.ts'
import { eventually, freePort, temporaryFolder } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { readLines } from './access-logs.ts'

const { after, before, describe, it } = needing('nginx', 'ffmpeg')

const SEGMENTS = 8
/** What differs with each answer, or is of the connection alone. */
const OF_THE_HOP = new Set(['date', 'server', 'connection', 'keep-alive'])

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
type Asked = { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly from?: string }

async function ask(url: string, { method = 'GET', headers = {}, from }: Asked = {}): Promise<Answer> {
  const asked = request(url, { method, headers, agent: false, ...(from !== undefined && { localAddress: from }) })
  asked.end()
  const [response] = await once(asked, 'response')
  const chunks: Buffer[] = await response.toArray()
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
}

/** As a player sees an answer. */
function seen({ status, headers, body }: Answer): object {
  const names = Object.keys(headers).filter((name) => !OF_THE_HOP.has(name))
  return { status, headers: Object.fromEntries(names.toSorted().map((name) => [name, headers[name]])), body }
}

describe('nginx that sends the segments of a Windrow', () => {
  let windrow: Windrow
  let nginx: Nginx
  let client: MediaPackageClient
  let pusher: Pusher
  let paths: readonly string[]
  let metrics: string

  before(async () => {
    metrics = `127.0.0.1:${await freePort()}`
    windrow = await Windrow.start({ environment: { ...BEHIND_ACCEL, WINDROW_METRICS_LISTEN: metrics } })
    nginx = await startAccelNginx(windrow)
    client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'tv')
    const parent = await createHlsEndpoint(client, 'tv', 'viewer', {
      SegmentDurationSeconds: 1,
      PlaylistWindowSeconds: 60,
    })
    pusher = new Pusher(ingest, await encodeLoop(), Date.now() - 60_000)
    await pusher.pushParent()
    while (pusher.published < SEGMENTS) await pusher.pushNext()
    paths = await segmentsOf(parent)
    await client.send(new ConfigureLogsCommand({ Id: 'tv', EgressAccessLogs: {} }))
  })
  after(async () => {
    pusher?.close()
    await nginx?.stop()
    await windrow?.stop()
  })

  const segmentsOf = (parent: string) =>
    eventually('segments', async () => {
      const response = await fetch(parent)
      const [rendition] = response.ok ? renditionsOf(await response.text(), parent) : []
      if (!rendition) return undefined
      const { segments } = await fetchMediaPlaylist(rendition.url)
      return segments.length >= 6 ? segments.map(({ uri }) => new URL(uri, rendition.url).pathname) : undefined
    })
  const objects = () => join(windrow.dataFolder, 'objects')
  /** What nginx makes of a request, and what Windrow does, which has been found equal. */
  const both = async (path: string, asked?: Asked): Promise<Answer> => {
    const direct = await ask(windrow.url + path, asked)
    const through = await ask(nginx.url + path, asked)
    assert.deepEqual(seen(through), seen(direct), JSON.stringify(asked))
    return direct
  }
  /** The object that a path is served from, as nginx is told it. */
  const objectAt = async (path: string): Promise<string> => {
    const { headers } = await ask(windrow.url + path, { headers: { 'X-Sendfile-Type': 'X-Accel-Redirect' } })
    const [, key] = /^\/windrow-objects\/([\w./-]+)$/.exec(String(headers['x-accel-redirect'])) ?? []
    return join(objects(), key ?? assert.fail(`no file for ${path}`))
  }
  /** What the access log says of the requests with this query. */
  const logged = (query: string) =>
    eventually('a line of the access log', () => {
      const lines = readLines(join(windrow.dataFolder, 'logs'), 'while it is written')
      return lines.findLast(({ request }) => request.endsWith(`?${query}`))
    })

  it('gives the answers that Windrow gives: whole, in parts, by condition, without a body, refused', async () => {
    const path = paths[1]!
    const whole = await both(path)
    assert.deepEqual([whole.status, whole.body.length > 1000], [200, true])
    assert.equal(whole.headers['last-modified'], undefined)
    const { etag = '' } = whole.headers
    const headers: readonly (readonly [number, Record<string, string>])[] = [
      [206, { Range: 'bytes=0-0' }],
      [206, { Range: 'bytes=100-299' }],
      [206, { Range: 'bytes=500-' }],
      [206, { Range: 'bytes=-188' }],
      [206, { Range: 'bytes=-99999999' }],
      [206, { Range: 'bytes=0-99999999' }],
      [206, { Range: 'bytes=0-9', 'If-Range': etag }],
      [200, { Range: 'bytes=0-9', 'If-Range': '"another"' }],
      [200, { Range: 'bytes=0-9', 'If-Range': new Date().toUTCString() }],
      [200, { Range: 'bytes=0-9,20-29' }],
      [200, { Range: 'bytes=9-0' }],
      [200, { Range: 'lines=0-9' }],
      [206, { Range: `bytes=0-${'9'.repeat(30)}` }],
      [416, { Range: 'bytes=99999999-' }],
      [416, { Range: 'bytes=-0' }],
      [304, { 'If-None-Match': etag }],
      [304, { 'If-None-Match': `"another", W/${etag}` }],
      [304, { 'If-None-Match': '*', Range: 'bytes=0-9' }],
      [200, { 'If-None-Match': '"another"' }],
      [200, { 'If-Modified-Since': new Date(Date.now() + 86_400_000).toUTCString() }],
      [200, { 'If-Unmodified-Since': new Date(0).toUTCString() }],
      [200, { 'If-Match': '"another"' }],
      [200, { 'If-Match': etag }],
      [200, { Origin: 'https://player.example', 'Accept-Encoding': 'gzip' }],
    ]
    for (const [status, each] of headers) {
      assert.equal((await both(path, { headers: each })).status, status, JSON.stringify(each))
      await both(path, { method: 'HEAD', headers: each })
    }
    assert.equal((await both(path, { method: 'OPTIONS', headers: { Origin: 'https://player.example' } })).status, 204)
    assert.equal((await both(path, { method: 'DELETE' })).status, 405)
    assert.equal((await both(path.replace(/\d+\.ts$/, '99999.ts'))).status, 404)
  })

  it('is what sends them, and the access log and metrics have the bytes', async () => {
    const sum = async () => {
      const text = await (await fetch(`http://${metrics}/metrics`)).text()
      return Number(/^windrow_egress_bytes_total\{[^}]*"viewer"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0)
    }
    const before = await sum()
    const { body } = await ask(`${nginx.url}${paths[2]}?whole`)
    const part = await ask(`${nginx.url}${paths[2]}?part`, { headers: { Range: 'bytes=7-106' } })
    const whole = (await logged('whole')) as object
    const ofPart = (await logged('part')) as object
    assert.deepEqual(part.body, body.subarray(7, 107))
    for (const [line, status, bytes] of [[whole, '200', body.length] as const, [ofPart, '206', 100] as const]) {
      const { statusCode, sentBytes, windrow: own } = line as Record<string, unknown>
      const { bytesFrom } = own as Record<string, unknown>
      assert.deepEqual([statusCode, sentBytes, bytesFrom], [status, bytes, 'proxy'])
    }
    assert.equal((await sum()) - before, body.length + 100)
  })

  it('gives the name of a file to no player, and the bytes to whoever asks Windrow itself', async () => {
    const asking = { 'X-Sendfile-Type': 'X-Accel-Redirect', 'X-Forwarded-For': '127.0.0.1' }
    const { body } = await ask(windrow.url + paths[3])
    for (const [url, from] of [
      [windrow.url, '127.0.0.9'],
      [nginx.url, '127.0.0.9'],
    ] as const) {
      const { headers, body: got } = await ask(url + paths[3], { headers: asking, from })
      assert.ok(got.equals(body), url)
      for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^x-(accel|sendfile)/, url)
    }
    const key = (await objectAt(paths[3]!)).slice(objects().length + 1)
    for (const path of [
      `/windrow-objects/${key}`,
      `/windrow-objects/../windrow.db`,
      `/out/../windrow-objects/${key}`,
    ]) {
      assert.equal((await ask(nginx.url + path, { headers: asking })).status, 404, path)
    }
  })

  it('sends nothing to whom Windrow refuses', async () => {
    const secret = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:cdn'
    const closed = {
      whitelisted: { Whitelist: ['127.0.0.5/32'] },
      authorized: {
        Authorization: { CdnIdentifierSecret: secret, SecretsRoleArn: 'arn:aws:iam::000000000000:role/cdn' },
      },
      denied: { Origination: 'DENY' as const },
    }
    for (const [Id, rule] of Object.entries(closed)) {
      const command = new CreateOriginEndpointCommand({
        ChannelId: 'tv',
        Id,
        HlsPackage: { SegmentDurationSeconds: 1 },
        ...rule,
      })
      const { Url = '' } = await client.send(command)
      const path = new URL(Url).pathname.replace(/[^/]+$/, paths[4]!.split('/').at(-1)!)
      for (const url of [nginx.url, windrow.url]) {
        const { status, headers } = await ask(url + path, {
          from: '127.0.0.6',
          headers: { 'X-Forwarded-For': '127.0.0.5' },
        })
        assert.deepEqual([status, headers['cache-control']], [403, 'no-store'], `${Id} at ${url}`)
      }
      const listed = await ask(nginx.url + path, { from: '127.0.0.5' })
      assert.equal(listed.status, Id === 'whitelisted' ? 200 : 403, Id)
    }
  })

  it('leaves it to Windrow where it cannot open a file, or has another folder', async () => {
    const lost = await startAccelNginx(windrow, { objects: temporaryFolder('no-objects') })
    try {
      const direct = await ask(windrow.url + paths[5])
      for (const headers of [{}, { Range: 'bytes=3-9' }] as Record<string, string>[])
        assert.deepEqual(
          seen(await ask(lost.url + paths[5], { headers })),
          seen(await ask(windrow.url + paths[5], { headers })),
        )
      assert.equal(direct.status, 200)
    } finally {
      await lost.stop()
    }
  })

  it('has no segment whose object is gone or cut, and Windrow tells that it is lost', async () => {
    const damages: readonly ((file: string) => void)[] = [
      (file) => rmSync(file),
      (file) => truncateSync(file, 1000),
      (file) => renameSync(file, `${file}.away`),
    ]
    // Without what memory has of them.
    await windrow.stop()
    await windrow.start({ WINDROW_MEMORY_CACHE: '1B' })
    for (const [n, damage] of damages.entries()) {
      const path = paths[n]!
      assert.equal((await both(path)).status, 200)
      damage(await objectAt(path))
      // It was looked at a moment ago.
      const through = await eventually('the loss to be noticed', async () => {
        const answer = await ask(nginx.url + path).catch(() => undefined)
        return answer?.status === 404 ? answer : undefined
      })
      assert.equal(through.headers['x-windrow-error'], 'SegmentLost')
      assert.deepEqual(seen(through), seen(await ask(windrow.url + path)))
    }
  })

  it('takes channels in and answers the API, as Windrow itself does', async () => {
    const { accessKeyId, secretAccessKey } = windrow
    const behind = mediaPackage({ accessKeyId, secretAccessKey, url: nginx.url })
    const ingest = await createChannel(behind, 'news')
    const url = new URL(new URL(ingest.url).pathname, nginx.url).href
    const news = new Pusher({ ...ingest, url }, await encodeLoop(), Date.now() - 60_000)
    await news.pushParent()
    await news.pushNext()
    news.close()
    assert.equal(news.published, 1)
    const waiting = get(`${url}.ts`, { headers: { Expect: '100-continue' } })
    const [response] = await once(waiting, 'response')
    response.resume()
    assert.equal(response.statusCode, 401)
  })
})
