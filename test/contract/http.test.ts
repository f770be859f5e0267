import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { type ControlUnderTest, call, send, signer, startControl, unsigned } from './control-under-test.ts'

describe('the API as HTTP', () => {
  let control: ControlUnderTest

  before(async () => {
    control = await startControl()
  })
  after(() => control.close())

  it('knows no other paths', async () => {
    for (const path of [
      '/',
      '/favicon.ico',
      '/channels/',
      '/channels/a/b',
      '/channels/%E0',
      '/CHANNELS',
      '//channels',
    ]) {
      const answer = await send(control.endpoint, { method: 'GET', path })
      assert.equal(answer.status, 404, path)
      assert.equal(answer.errorType, 'UnknownOperationException')
      assert.ok(answer.headers['x-amzn-requestid'])
    }
  })

  it('says which methods a path takes', async () => {
    const answer = await send(control.endpoint, { method: 'PATCH', path: '/channels/a' })
    assert.equal(answer.status, 405)
    assert.deepEqual(answer.headers['allow']?.split(',').sort(), ['DELETE', 'GET', 'OPTIONS', 'PUT'])
  })

  it('lets web pages call it', async () => {
    const preflight = await send(control.endpoint, { method: 'OPTIONS', path: '/harvest_jobs' })
    assert.equal(preflight.status, 200)
    assert.equal(preflight.headers['access-control-allow-origin'], '*')
    assert.deepEqual(preflight.headers['access-control-allow-methods']?.split(',').sort(), ['GET', 'OPTIONS', 'POST'])
    assert.match(preflight.headers['access-control-allow-headers'] ?? '', /Authorization/)
    const answer = await call(control.endpoint, { method: 'GET', path: '/channels' })
    assert.equal(answer.headers['access-control-allow-origin'], '*')
  })

  it('answers deletions with an empty object and tags with nothing at all', async () => {
    const created = await call(control.endpoint, { method: 'POST', path: '/channels', body: '{"id":"gone"}' })
    const { arn } = created.json as { arn: string }
    const path = `/tags/${encodeURIComponent(arn)}`
    const tagged = await call(control.endpoint, { method: 'POST', path, body: '{"tags":{"a":"b"}}' })
    assert.deepEqual([tagged.status, tagged.text], [204, ''])
    const deleted = await call(control.endpoint, { method: 'DELETE', path: '/channels/gone' })
    assert.deepEqual([deleted.status, deleted.text], [202, '{}'])
  })

  it('says where a body stops being JSON', async () => {
    const create = (body: string) => call(control.endpoint, { method: 'POST', path: '/channels', body })
    const answer = await create('{\n  "id": "a",\n}')
    assert.equal(answer.status, 422)
    assert.equal(answer.errorType, 'UnprocessableEntityException')
    const { message } = answer.json as { message: string }
    assert.equal(message, 'request body: is not JSON: unexpected "}" at line 3, column 1')
    for (const body of ['[]', '"id"', 'null', '1']) {
      assert.match(((await create(body)).json as { message: string }).message, /^request body: must be an object, got /)
    }
  })

  it('ignores members it does not know and takes null for absent', async () => {
    const body = JSON.stringify({ id: 'lenient', description: null, colour: 'red', __proto__: null })
    const answer = await call(control.endpoint, { method: 'POST', path: '/channels', body })
    assert.equal(answer.status, 200)
    assert.ok(!('description' in (answer.json as object)))
  })

  it('refuses a body beyond 128 KiB, declared or not, and lives', async () => {
    const body = JSON.stringify({ id: 'large', description: 'x'.repeat(128 * 1024) })
    const declared = await call(control.endpoint, { method: 'POST', path: '/channels', body })
    assert.deepEqual([declared.status, declared.errorType], [413, 'RequestEntityTooLargeException'])
    const { headers } = await signer().sign(unsigned(control.endpoint, { method: 'POST', path: '/channels', body }))
    const chunked = await send(control.endpoint, {
      method: 'POST',
      path: '/channels',
      headers: { ...headers, 'transfer-encoding': 'chunked' },
      body,
    })
    assert.equal(chunked.status, 413)
    assert.equal((await call(control.endpoint, { method: 'GET', path: '/channels' })).status, 200)
  })

  it('lets a client that sends all of its body first read the refusal', async () => {
    const body = JSON.stringify({ id: 'larger', description: 'x'.repeat(8 * 1024 * 1024) })
    const { headers } = await signer().sign(unsigned(control.endpoint, { method: 'POST', path: '/channels', body }))
    const lines = Object.entries({ ...headers, 'content-length': String(body.length) })
    const socket = connect(Number(new URL(control.endpoint).port), '127.0.0.1').pause()
    socket.write(`POST /channels HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
    await promisify(socket.write.bind(socket) as (data: string, sent: (error?: Error | null) => void) => void)(body)
    const [data] = await once(socket.resume(), 'data')
    assert.match(String(data), /^HTTP\/1\.1 413 /)
    socket.destroy()
  })

  it('does not wait for a body that would be refused anyway', async () => {
    const { port } = new URL(control.endpoint)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write('POST /channels HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n')
    const [data] = await once(socket, 'data')
    assert.match(String(data), /^HTTP\/1\.1 403 /)
    socket.destroy()
  })

  it('blames nobody when a client leaves in the middle of its body', async () => {
    const own = await startControl()
    const raw = { method: 'POST', path: '/channels', body: '{"id":"left"}' }
    const { headers } = await signer().sign(unsigned(own.endpoint, raw))
    const lines = Object.entries({ ...headers, 'content-length': '13' }).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = connect(Number(new URL(own.endpoint).port), '127.0.0.1')
    socket.end(`POST /channels HTTP/1.1\r\n${lines.join('')}\r\n{"id"`)
    await once(socket.resume(), 'close')
    assert.equal((await call(own.endpoint, { method: 'GET', path: '/channels/left' })).status, 404)
    await own.close()
    assert.deepEqual(own.errors, [])
  })
})
