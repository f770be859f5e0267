import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DigestClient } from '../../test/ingest/digest-client.ts'
import {
  FOLDER,
  type IngestServer,
  SECOND_FOLDER,
  startIngest,
  UNKNOWN_FOLDER,
} from '../../test/ingest/ingest-server.ts'

describe('the ingest folder', () => {
  let server: IngestServer
  let client: DigestClient
  before(async () => {
    server = await startIngest()
    client = new DigestClient(server.port)
    await client.challenge()
  })
  after(async () => {
    client.close()
    await server.close()
  })

  it('answers 201 to PUT and POST, 204 to DELETE, and DELETE leaves the archive alone', async () => {
    for (const method of ['PUT', 'POST']) {
      const { status, text } = await client.signed(method, `${FOLDER}${method}.ts`, { body: method })
      assert.deepEqual([status, text], [201, ''])
    }
    assert.equal((await client.signed('DELETE', `${FOLDER}PUT.ts`)).status, 204)
    assert.equal((await client.signed('DELETE', `${FOLDER}never.ts`)).status, 204)
    assert.equal(server.archive.files().get('PUT.ts')?.toString(), 'PUT')
    assert.equal(server.archive.files().get('POST.ts')?.toString(), 'POST')
  })

  it('says by HEAD what was put lately', async () => {
    await client.signed('PUT', `${FOLDER}head.ts`, { body: 'x' })
    const head = async (path: string) => (await client.signed('HEAD', path)).status
    assert.equal(await head(`${FOLDER}head.ts`), 200)
    assert.equal(await head(`${FOLDER}other.ts`), 404)
    assert.equal(await head(FOLDER), 200)
    await client.signed('DELETE', `${FOLDER}head.ts`)
    assert.equal(await head(`${FOLDER}head.ts`), 404)
  })

  it('tells its methods, and that it is WebDAV', async () => {
    const { status, headers } = await client.signed('OPTIONS', FOLDER)
    assert.equal(status, 200)
    assert.equal(headers['dav'], '1')
    assert.match(headers.allow ?? '', /\bPUT\b.*\bDELETE\b/)
  })

  it('lets folders be made, and asked for, to no effect', async () => {
    assert.equal((await client.signed('MKCOL', FOLDER)).status, 201)
    const { status, text } = await client.signed('PROPFIND', FOLDER, { headers: { depth: '0' } })
    assert.equal(status, 207)
    assert.match(text, /<D:href>\/in\/v2\/[0-9a-f/]+\/<\/D:href>.*<D:collection\/>/)
    const find = async (path: string, depth: string) =>
      (await client.signed('PROPFIND', path, { headers: { depth } })).status
    assert.equal(await find(FOLDER, '1'), 403)
    assert.equal(await find(`${FOLDER}nothing.ts`, '0'), 404)
  })

  it('has no other method, reading included', async () => {
    for (const method of ['GET', 'PATCH', 'COPY', 'MOVE', 'LOCK', 'PROPPATCH']) {
      const { status, headers } = await client.signed(method, `${FOLDER}a.ts`)
      assert.equal(status, 405, method)
      assert.ok(headers.allow)
    }
  })

  it('refuses with the reason what is no path of a file in it', async () => {
    const PATHS = ['%2e%2e%2fa.ts', '..', 'a/../../b.ts', 'a%00.ts', `${'a'.repeat(256)}`]
    for (const path of PATHS) {
      const { status, text } = await client.signed('PUT', FOLDER + path, { body: 'x' })
      assert.equal(status, 400, path)
      assert.match(text, /^(An ingest path|A file name) is /, path)
    }
    assert.equal((await client.signed('PUT', FOLDER, { body: 'x' })).status, 400)
    assert.equal((await client.signed('PUT', `${FOLDER}folder/`, { body: 'x' })).status, 400)
  })

  it('has folders, and names with any character, for every method', async () => {
    assert.equal((await client.signed('MKCOL', `${FOLDER}live%20(1)/`)).status, 201)
    const path = `${FOLDER}live%20(1)/12:03,a&b%5B1%5D%C3%BC.ts`
    const find = async (sought: string) => client.signed('PROPFIND', sought, { headers: { depth: '0' } })
    assert.equal((await find(path)).status, 404)
    assert.equal((await client.signed('PUT', `${path}?part=1`, { body: 'named' })).status, 201)
    assert.equal(server.archive.files().get('live (1)/12:03,a&b[1]ü.ts')?.toString(), 'named')
    const { status, text } = await find(path)
    assert.equal(status, 207)
    assert.match(text, /\/live%20\(1\)\/12%3A03%2Ca%26b%5B1%5D%C3%BC\.ts<\/D:href>.*<D:resourcetype><\/D:resourcetype>/)
    for (const folder of ['live%20(1)', 'live%20(1)/']) assert.equal((await find(FOLDER + folder)).status, 207)
    assert.equal((await client.signed('HEAD', `${path}?part=2`)).status, 200)
    assert.equal((await client.signed('DELETE', path.replace('%5B1%5D', '[1]'))).status, 204)
    assert.equal((await client.signed('HEAD', path)).status, 404)
  })

  it('takes credentials that were made for the same file, encoded otherwise or without the query', async () => {
    for (const [path, uri] of [
      ['a%20b.ts?x=1', 'a%20b.ts'],
      ['a%3Ab.ts', 'a:b.ts'],
    ]) {
      const change = { uri: FOLDER + uri }
      assert.equal((await client.signed('PUT', FOLDER + path, { body: 'x', change })).status, 201, uri)
    }
  })
})

describe('credentials', () => {
  let server: IngestServer
  let client: DigestClient
  let now = 1_800_000_000_000
  before(async () => {
    server = await startIngest({
      clock: () => now as never,
      limits: { nonceLifetimeMs: 1000, failureBurst: 20, failuresPerSecond: 1 },
    })
    client = new DigestClient(server.port)
  })
  after(async () => {
    client.close()
    await server.close()
  })

  it('are asked for with SHA-256 first and MD5 last', async () => {
    const { status, headers } = await client.send('PUT', `${FOLDER}a.ts`, {}, 'body')
    assert.equal(status, 401)
    assert.match(headers['www-authenticate'] ?? '', /^Digest .*algorithm=SHA-256.*, Digest .*algorithm=MD5/)
    assert.equal(server.archive.segments.length, 0)
  })

  it('are answered alike when wrong and when there is no such endpoint', async () => {
    await client.challenge()
    const shape = ({ status, headers, text }: Awaited<ReturnType<typeof client.send>>) => ({
      status,
      text,
      names: Object.keys(headers).toSorted(),
      challenge: headers['www-authenticate']?.replaceAll(/nonce="[^"]+"/g, ''),
    })
    const wrong = shape(await client.signed('PUT', `${FOLDER}a.ts`, { body: 'x', change: { password: 'wrong' } }))
    assert.equal(wrong.status, 401)
    assert.doesNotMatch(wrong.challenge ?? '', /stale/)
    for (const folder of [UNKNOWN_FOLDER, SECOND_FOLDER]) {
      assert.deepEqual(shape(await client.signed('PUT', `${folder}a.ts`, { body: 'x' })), wrong, folder)
    }
    const nobody = { username: '', password: '' }
    assert.deepEqual(shape(await client.signed('PUT', `${UNKNOWN_FOLDER}a.ts`, { body: 'x', change: nobody })), wrong)
    assert.deepEqual(
      shape(await client.send('PUT', `${UNKNOWN_FOLDER}a.ts`, {}, 'x')),
      shape(await client.send('PUT', `${FOLDER}a.ts`, {}, 'x')),
    )
  })

  it('are refused when made for another request, realm or user', async () => {
    await client.challenge()
    const CHANGES = [{ uri: `${FOLDER}b.ts` }, { uri: '*' }, { realm: 'other' }, { username: 'other' }]
    for (const change of CHANGES) {
      const { status } = await client.signed('PUT', `${FOLDER}a.ts`, { body: 'x', change })
      assert.equal(status, 401, JSON.stringify(change))
    }
    const authorization = client.authorization('DELETE', `${FOLDER}a.ts`)
    assert.equal((await client.send('PUT', `${FOLDER}a.ts`, { authorization }, 'x')).status, 401)
    assert.equal(server.archive.segments.length, 0)
  })

  it('may name the target by its whole URL', async () => {
    await client.challenge()
    const change = { uri: `http://127.0.0.1:${server.port}${FOLDER}whole.ts` }
    assert.equal((await client.signed('PUT', `${FOLDER}whole.ts`, { body: 'x', change })).status, 201)
  })

  it('are refused the second time they are sent, on this connection and another, and renewed at once', async () => {
    await client.challenge()
    const authorization = client.authorization('PUT', `${FOLDER}a.ts`)
    assert.equal((await client.send('PUT', `${FOLDER}a.ts`, { authorization }, 'x')).status, 201)
    const thief = new DigestClient(server.port)
    for (const someone of [client, thief]) {
      const replayed = await someone.send('PUT', `${FOLDER}a.ts`, { authorization }, 'x')
      assert.equal(replayed.status, 401)
      assert.match(replayed.headers['www-authenticate'] ?? '', /stale=true/)
    }
    thief.close()
  })

  it('stay good on their connection after the nonce has expired, and on no other', async () => {
    await client.challenge()
    assert.equal((await client.signed('PUT', `${FOLDER}a.ts`, { body: 'x' })).status, 201)
    now += 5000
    assert.equal((await client.signed('PUT', `${FOLDER}a.ts`, { body: 'x' })).status, 201)
    now += 5000
    const other = new DigestClient(server.port)
    other.nonce = client.nonce
    other.count = 100
    const late = await other.signed('PUT', `${FOLDER}a.ts`, { body: 'x' })
    assert.equal(late.status, 401)
    assert.match(late.headers['www-authenticate'] ?? '', /stale=true/)
    other.take(late.headers)
    assert.equal((await other.signed('PUT', `${FOLDER}a.ts`, { body: 'x' })).status, 201)
    other.close()
  })

  it('cost their connection when they are wrong too often, and are never in a log', async () => {
    await client.challenge()
    const wrong = () => client.signed('PUT', `${FOLDER}a.ts`, { body: 'x', change: { password: 'guess' } })
    let answer = await wrong()
    for (let i = 0; i < 20 && answer.status === 401; i++) answer = await wrong()
    assert.equal(answer.status, 429)
    assert.equal(answer.headers.connection, 'close')
    assert.equal(answer.headers['retry-after'], '1')
    assert.equal((await client.signed('PUT', `${FOLDER}a.ts`, { body: 'x' })).status, 201)
    const text = JSON.stringify(server.lines)
    assert.match(text, /wrong ingest credentials/)
    assert.doesNotMatch(text, /guess|4f3c2b1a|response=/)
  })
})
