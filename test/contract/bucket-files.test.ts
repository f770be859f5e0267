/** Files of harvest jobs, and listings of buckets, as clients of the API get them. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import { utcMs } from '../../src/media/time.ts'
import { BucketRefused, type ReadableBuckets, type StoredObject } from '../../src/stores/buckets.ts'
import { folderBuckets } from '../../src/stores/folder-buckets/buckets.ts'
import {
  ACCOUNT_ID,
  type ControlUnderTest,
  CREDENTIALS,
  call,
  REGION,
  send,
  signer,
  startControl,
  unsigned,
} from './control-under-test.ts'

const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/harvest`
const SIGNING = { credentials: CREDENTIALS, region: REGION, service: 'mediapackage', sha256: Sha256 }
const PLAYLIST = '#EXTM3U\n#EXT-X-ENDLIST\n'

/** Records that a job has written these objects, as a harvester does. */
async function recordJob(control: ControlUnderTest, id: string, objects: Readonly<Record<string, number>>) {
  const now = Date.now()
  const body = {
    id,
    originEndpointId: 'end',
    startTime: new Date(now - 60_000).toISOString(),
    endTime: new Date(now).toISOString(),
    s3Destination: { bucketName: 'clips', manifestKey: `${id}/index.m3u8`, roleArn: ROLE },
  }
  const request = { method: 'POST', path: '/windrow/v1/harvest_jobs', body: JSON.stringify(body) }
  const created = await call(control.endpoint, request)
  assert.equal(created.status, 200, created.text)
  const job = await control.resources.claimHarvestJob({ owner: 'test', now: utcMs(Date.now()), leaseMs: 60_000 })
  assert.equal(job?.id, id)
  const written = Object.entries(objects).map(([key, size]) => ({ key, size, sha256: '0'.repeat(64) }))
  const claim = { id, fence: job.run.fence }
  await control.resources.checkpointHarvestJob(claim, { now: utcMs(Date.now()), leaseMs: 60_000, objects: written })
}

async function createEndpoint(control: ControlUnderTest): Promise<void> {
  await call(control.endpoint, { method: 'POST', path: '/channels', body: '{"id":"tv"}' })
  const endpoint = { id: 'end', channelId: 'tv', hlsPackage: {}, startoverWindowSeconds: 600 }
  await call(control.endpoint, { method: 'POST', path: '/origin_endpoints', body: JSON.stringify(endpoint) })
}

describe('files of harvest jobs in folders', () => {
  let root: string
  let control: ControlUnderTest
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'files-'))
    control = await startControl({ buckets: folderBuckets({ folder: root, links: true, createBuckets: true }) })
    await createEndpoint(control)
    const files = {
      'goal/index.m3u8': PLAYLIST,
      'goal/a b&+é.ts': 'segment',
      'goal/page.html': '<script>alert(1)</script>',
      'goal/empty.vtt': '',
      'goal/index.ism/Events(0_0)/QualityLevels(64000)/Fragments(a_2_0=0)': 'sound',
      'goal/replaced.mp4': 'what somebody else wrote',
      'other/secret.mp4': 'secret',
    }
    for (const [key, text] of Object.entries(files)) {
      const path = join(root, 'clips', key)
      await mkdir(join(path, '..'), { recursive: true })
      await writeFile(path, text)
    }
    await writeFile(join(root, 'outside'), 'precious')
    await symlink(join(root, 'outside'), join(root, 'clips/goal/link.ts'))
    const sizes = Object.entries(files).map(([key, text]) => [key, Buffer.byteLength(text)] as const)
    const own = Object.fromEntries(sizes.filter(([key]) => key.startsWith('goal/')))
    await recordJob(control, 'goal', { ...own, 'goal/replaced.mp4': 3, 'goal/link.ts': 8, 'goal/gone.ts': 5 })
    await recordJob(control, 'other', { 'other/secret.mp4': 6 })
  })
  after(async () => {
    await control?.close()
    await rm(root, { recursive: true })
  })

  const pathOf = (key: string) =>
    `/windrow/v1/harvest_jobs/goal/files/${key.split('/').map(encodeURIComponent).join('/')}`

  /** The answer, of which the body may be no JSON. */
  async function file(
    path: string,
    more: { method?: string; headers?: Record<string, string>; query?: Record<string, string> } = {},
  ) {
    const { method = 'GET', query = {} } = more
    // The SDK's signer would take dots and empty segments out of the path that it signs.
    const asItIs = new SignatureV4({ ...SIGNING, uriEscapePath: false })
    const signing = path.includes('%') ? signer() : asItIs
    const { headers } = await signing.sign({ ...unsigned(control.endpoint, { method, path, query }), query })
    const search = new URLSearchParams(query).toString()
    const { hostname, port } = new URL(control.endpoint)
    const sent = { ...headers, ...more.headers }
    return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const request = httpRequest({ hostname, port, method, path: search ? `${path}?${search}` : path, headers: sent })
      request.on('error', reject)
      request.on('response', (response) => {
        const { statusCode: status = 0, headers } = response
        response
          .toArray()
          .then((chunks) => resolve({ status, headers, text: Buffer.concat(chunks).toString() }), reject)
      })
      request.end()
    })
  }

  it('are the bytes as they are, with a type by their names, and harmless', async () => {
    const types = {
      'goal/index.m3u8': 'application/vnd.apple.mpegurl',
      'goal/a b&+é.ts': 'video/mp2t',
      'goal/page.html': 'application/octet-stream',
      'goal/empty.vtt': 'text/vtt',
      'goal/index.ism/Events(0_0)/QualityLevels(64000)/Fragments(a_2_0=0)': 'audio/mp4',
    }
    for (const [key, type] of Object.entries(types)) {
      const { status, headers } = await file(pathOf(key))
      assert.deepEqual([status, headers['content-type']], [200, type], key)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox")
      assert.equal(headers['content-disposition'], undefined)
      assert.equal(headers['access-control-allow-origin'], '*')
    }
    assert.equal((await file(pathOf('goal/index.m3u8'))).text, PLAYLIST)
    assert.equal((await file(pathOf('goal/empty.vtt'))).text, '')
  })

  it('are told of, in parts and under conditions, as HTTP has it', async () => {
    const path = pathOf('goal/a b&+é.ts')
    const whole = await file(path)
    const { etag } = whole.headers as { etag: string }
    const head = await file(path, { method: 'HEAD' })
    assert.deepEqual(
      [head.status, head.text, head.headers['content-length'], head.headers['etag']],
      [200, '', '7', etag],
    )
    const part = await file(path, { headers: { range: 'bytes=2-4' } })
    assert.deepEqual([part.status, part.text, part.headers['content-range']], [206, 'gme', 'bytes 2-4/7'])
    assert.equal((await file(path, { headers: { range: 'bytes=-3' } })).text, 'ent')
    const beyond = await file(path, { headers: { range: 'bytes=7-' } })
    assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */7'])
    assert.deepEqual((await file(path, { headers: { range: 'bytes=2-4', 'if-range': '"other"' } })).status, 200)
    assert.deepEqual((await file(path, { headers: { range: 'bytes=2-4', 'if-range': etag } })).status, 206)
    const unchanged = await file(path, { headers: { 'if-none-match': etag } })
    assert.deepEqual([unchanged.status, unchanged.text], [304, ''])
  })

  it('are saved under their names where that is asked for', async () => {
    const { headers } = await file(pathOf('goal/a b&+é.ts'), { query: { download: '1' } })
    assert.equal(
      headers['content-disposition'],
      `attachment; filename="a b___.ts"; filename*=UTF-8''a%20b%26%2B%C3%A9.ts`,
    )
  })

  it('are given to whoever has a URL that was signed, and to nobody without', async () => {
    const path = pathOf('goal/index.m3u8')
    const { host } = new URL(control.endpoint)
    const plain = { ...unsigned(control.endpoint, { method: 'GET', path }), headers: { host } }
    const { query } = await signer().presign(plain, { expiresIn: 60 })
    const search = new URLSearchParams(query as Record<string, string>).toString()
    const presigned = await fetch(`${control.endpoint}${path}?${search}`)
    assert.deepEqual([presigned.status, await presigned.text()], [200, PLAYLIST])
    const refused = await fetch(`${control.endpoint}${path}`)
    assert.deepEqual(
      [refused.status, refused.headers.get('x-amzn-errortype')],
      [403, 'MissingAuthenticationTokenException'],
    )
    await refused.body?.cancel()
    const spoilt = await fetch(`${control.endpoint}${path.replace('index', 'index2')}?${search}`)
    assert.equal(spoilt.status, 403)
    await spoilt.body?.cancel()
  })

  it('may be asked for by pages of other origins, in parts', async () => {
    const answer = await fetch(`${control.endpoint}${pathOf('goal/index.m3u8')}`, { method: 'OPTIONS' })
    assert.match(answer.headers.get('access-control-allow-headers') ?? '', /\bRange\b/)
    assert.equal(answer.headers.get('access-control-allow-methods'), 'GET,HEAD,OPTIONS')
    assert.match(answer.headers.get('access-control-expose-headers') ?? '', /\bContent-Range\b/)
    await answer.body?.cancel()
  })

  it('are none but what the job has written and is there as it wrote it', async () => {
    const files = '/windrow/v1/harvest_jobs/goal/files'
    const hostile = [
      'other/secret.mp4',
      '../other/secret.mp4',
      'goal/../other/secret.mp4',
      'goal/%2e%2e/other/secret.mp4',
      '%2e%2e/outside',
      'goal/%2E./%2e%2E/outside',
      'goal%2F..%2Fother%2Fsecret.mp4',
      'goal%2Findex.m3u8',
      '..%2f..%2foutside',
      '%2Fetc%2Fpasswd',
      '/etc/passwd',
      'goal//index.m3u8',
      'goal/./index.m3u8',
      'goal/index.m3u8%00',
      'goal/index.m3u8%0a',
      'goal/%ff',
      'goal/index.m3u8/',
      'goal',
      'goal/gone.ts',
      'goal/link.ts',
      'goal/replaced.mp4',
      '',
    ]
    for (const key of hostile) {
      const { status, text } = await file(`${files}/${key}`)
      assert.equal(status, 404, `${key}: ${text}`)
      assert.doesNotMatch(text, /secret"?$|precious|root:/)
    }
    const unknown = await file('/windrow/v1/harvest_jobs/none/files/goal/index.m3u8')
    assert.match(unknown.text, /There is no harvest job with the id/)
    assert.deepEqual(control.errors, [])
  })

  it('are listed with the buckets that there are, a level at a time', async () => {
    const ask = async (path: string, query: Record<string, string> = {}) =>
      (await call(control.endpoint, { method: 'GET', path: `/windrow/v1/${path}`, query })).json as Record<
        string,
        unknown
      >
    assert.deepEqual(await ask('buckets'), { buckets: [{ name: 'clips' }] })
    const top = await ask('buckets/clips/objects')
    assert.deepEqual(top, { folders: [{ prefix: 'goal/' }, { prefix: 'other/' }], objects: [] })
    const first = await ask('buckets/clips/objects', { prefix: 'goal/', maxResults: '2' })
    const { nextToken } = first as { nextToken: string }
    const rest = await ask('buckets/clips/objects', { prefix: 'goal/', nextToken })
    const keysOf = (page: object) => (page as { objects: readonly { key: string }[] }).objects.map(({ key }) => key)
    assert.deepEqual(keysOf(first), ['goal/a b&+é.ts', 'goal/empty.vtt'])
    assert.deepEqual(keysOf(rest), ['goal/index.m3u8', 'goal/page.html', 'goal/replaced.mp4'])
    assert.deepEqual(rest['folders'], [{ prefix: 'goal/index.ism/' }])
    const strange = await ask('buckets/clips/objects', { prefix: 'other/', nextToken })
    assert.match(String(strange['message']), /^nextToken: /)
    for (const path of ['buckets/%2e%2e/objects', 'buckets/a%2Fb/objects', 'buckets/.hidden/objects']) {
      assert.match(String((await ask(path))['message']), /is not a valid bucket name/, path)
    }
    assert.match(String((await ask('buckets/clips/objects', { prefix: '../' }))['message']), /cannot be used/)
    assert.match(String((await ask('buckets', { roleArn: 'me' }))['message']), /^roleArn: must be the ARN/)
  })
})

/** A bucket elsewhere, with one object that tells how much of it was read. */
function remoteBuckets(
  size: number,
): ReadableBuckets & { read: ReadableBuckets['read']; pieces: number; closed: number } {
  const remote = {
    pieces: 0,
    closed: 0,
    names: async () => ({ names: [], reason: 'S3 does not list buckets for us.' }),
    read: async ({ bucketName }: { bucketName: string }) => ({
      async list() {
        if (bucketName === 'hidden') throw new BucketRefused('AccessDenied', 'Bucket hidden denies access.')
        if (bucketName === 'away') throw new BucketRefused('Unreachable', 'S3 does not answer.')
        throw new BucketRefused('NoSuchBucket', 'There is no bucket.')
      },
      async object(): Promise<StoredObject> {
        return {
          size,
          tag: 'tag',
          async open({ start, end }) {
            const piece = Buffer.alloc(512 * 1024)
            return {
              async *[Symbol.asyncIterator]() {
                for (let at = start; at < end; at += piece.length) {
                  remote.pieces++
                  yield piece.subarray(0, Math.min(piece.length, end - at))
                }
              },
              async close() {},
            }
          },
          close: async () => void remote.closed++,
        }
      },
      temporaryUrl: async (key: string, url: object) => `https://s3.example.com/${key}?${JSON.stringify(url)}`,
    }),
  }
  return remote
}

describe('files of harvest jobs in S3', () => {
  const SIZE = 128 << 20
  const PATH = '/windrow/v1/harvest_jobs/goal/files/goal/index.mp4'
  const buckets = remoteBuckets(SIZE)
  let control: ControlUnderTest
  before(async () => {
    control = await startControl({ buckets })
    await createEndpoint(control)
    await recordJob(control, 'goal', { 'goal/index.mp4': SIZE })
  })
  after(() => control?.close())

  it('are at a URL that is good for some minutes, and kept by nobody', async () => {
    const answer = await call(control.endpoint, { method: 'GET', path: PATH, query: { download: '1' } })
    assert.equal(answer.status, 307)
    assert.equal(answer.headers['cache-control'], 'no-store')
    const { pathname, search } = new URL(answer.headers.location ?? '')
    assert.equal(pathname, '/goal/index.mp4')
    assert.deepEqual(JSON.parse(decodeURIComponent(search.slice(1))), {
      seconds: 300,
      contentType: 'video/mp4',
      contentDisposition: `attachment; filename="index.mp4"; filename*=UTF-8''index.mp4`,
    })
    assert.equal(buckets.pieces, 0)
    const head = await call(control.endpoint, { method: 'HEAD', path: PATH })
    assert.deepEqual([head.status, head.headers['content-length']], [200, String(SIZE)])
    const none = await call(control.endpoint, { method: 'GET', path: `${PATH}x` })
    assert.equal(none.status, 404)
  })

  it('come through the server where that is asked for, as fast as they are read, and no faster', async () => {
    const query = { through: '1' }
    const raw = { method: 'GET', path: PATH, query }
    const { headers } = await signer().sign(unsigned(control.endpoint, raw))
    const { hostname, port } = new URL(control.endpoint)
    const request = httpRequest({ hostname, port, path: `${PATH}?through=1`, headers })
    const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject).end()
    })
    assert.equal(response.headers['content-length'], String(SIZE))
    // It reads nothing: what has been read for it stays as it is, while the server serves others.
    let seen = -1
    for (let same = 0; same < 5; ) {
      await call(control.endpoint, { method: 'GET', path: '/channels' })
      await setImmediate()
      same = buckets.pieces === seen ? same + 1 : 0
      seen = buckets.pieces
    }
    assert.ok(seen > 0 && seen * 512 * 1024 < SIZE / 2, `${seen} pieces`)
    let size = 0
    for await (const chunk of response) size += chunk.length
    assert.equal(size, SIZE)
    for (; buckets.closed === 0; ) await setImmediate()
    const part = await call(control.endpoint, { ...raw, headers: { range: 'bytes=0-9' } }).catch(
      (error: Error) => error,
    )
    assert.ok(part instanceof SyntaxError, 'ten bytes that are no JSON')
  })

  it('are not listed where S3 does not list them for us, which has a name of its own', async () => {
    const ask = (path: string) => refusalOf(control, path)
    const all = await call(control.endpoint, { method: 'GET', path: '/windrow/v1/buckets' })
    assert.deepEqual(all.json, { buckets: [], reason: 'S3 does not list buckets for us.' })
    assert.deepEqual(await ask('hidden'), [422, 'NotSupportedException', 'Bucket hidden denies access.'])
    assert.deepEqual(await ask('away'), [503, 'ServiceUnavailableException', 'S3 does not answer.'])
    assert.deepEqual(await ask('none'), [422, 'UnprocessableEntityException', 'There is no bucket.'])
  })
})

async function refusalOf(control: ControlUnderTest, bucket: string): Promise<unknown> {
  const path = `/windrow/v1/buckets/${bucket}/objects`
  assert.equal((await send(control.endpoint, { method: 'GET', path })).status, 403)
  const { status, errorType, json } = await call(control.endpoint, { method: 'GET', path })
  return [status, errorType, (json as { message: string }).message]
}
