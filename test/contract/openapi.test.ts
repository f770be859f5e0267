import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { openApiDocument } from '../../src/control/openapi.ts'
import { DESCRIBED_APIS } from '../../src/control/openapi-mount.ts'
import { type ControlUnderTest, send, startControl } from './control-under-test.ts'

const PATH = '/windrow/v1/openapi.json'

describe('the OpenAPI document over HTTP', () => {
  let control: ControlUnderTest
  before(async () => {
    control = await startControl()
  })
  after(() => control.close())

  const get = (headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${control.endpoint}${PATH}`, { method, headers: { 'accept-encoding': 'identity', ...headers } })

  it('is for anybody, and for pages of others', async () => {
    const response = await get()
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'application/json')
    assert.equal(response.headers.get('access-control-allow-origin'), '*')
    assert.ok(response.headers.get('x-amzn-requestid'))
    const expected = openApiDocument('0.0.0', DESCRIBED_APIS)
    assert.deepEqual(await response.json(), JSON.parse(JSON.stringify(expected)))
  })

  it('is compressed for who takes that', async () => {
    const plain = await get()
    const raw = await send(control.endpoint, { method: 'HEAD', path: PATH, headers: { 'accept-encoding': 'gzip' } })
    assert.equal(raw.headers['content-encoding'], 'gzip')
    assert.equal(raw.headers.vary, 'accept-encoding')
    assert.notEqual(raw.headers.etag, plain.headers.get('etag'), 'other bytes, another strong tag')
    const sent = request(`${control.endpoint}${PATH}`, { headers: { 'accept-encoding': 'gzip' } }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const body = await buffer(response)
    assert.ok(body.length < 20_000, `${body.length} bytes`)
    assert.equal(gunzipSync(body).toString(), await plain.text())
  })

  it('is not sent again to who has it', async () => {
    const tag = (await get()).headers.get('etag')!
    const again = await get({ 'if-none-match': tag })
    assert.deepEqual([again.status, await again.text(), again.headers.get('etag')], [304, '', tag])
    assert.equal((await get({ 'if-none-match': '"other"' })).status, 200)
  })

  it('cannot be written, and is nowhere else', async () => {
    const put = await get({}, 'PUT')
    assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET,HEAD'])
    assert.equal(put.headers.get('x-amzn-errortype'), 'MethodNotAllowedException')
    for (const path of [`${PATH}/`, `${PATH}x`, '/openapi.json']) {
      const answer = await send(control.endpoint, { method: 'GET', path })
      assert.deepEqual([answer.status, answer.errorType], [404, 'UnknownOperationException'], path)
    }
  })
})
