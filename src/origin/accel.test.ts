import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { OriginUnderTest } from '../../test/origin/origin-under-test.ts'
import { outputSegments, windowOf } from '../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'

const SEGMENT = 'index_1_10.ts'
const ASKING = { 'X-Sendfile-Type': 'X-Accel-Redirect' }

describe('an origin behind nginx that sends files', () => {
  const origin = new OriginUnderTest()
  const trusted = new BlockList()
  trusted.addAddress('127.0.0.1')
  trusted.addAddress('::1', 'ipv6')
  const serve = (proxies: BlockList, rules = {}) => {
    origin.serve(hlsEndpoint({}, rules), windowOf(outputSegments(10, [{}, { slots: 2 }])), proxies)
    origin.archive.hasFiles = true
  }
  before(() => origin.listen())
  after(() => origin.close())
  beforeEach(() => {
    origin.isBehindAccel = true
    serve(trusted)
  })

  it('answers by the name of the file, and counts the bytes that nginx sends', async () => {
    const direct = await origin.ask(SEGMENT)
    assert.equal(direct.headers['x-accel-redirect'], undefined)
    const { status, headers, body } = await origin.ask(SEGMENT, ASKING)
    assert.deepEqual([status, body.length, headers['content-length']], [200, 0, '0'])
    assert.match(String(headers['x-accel-redirect']), /^\/windrow-objects\/[\w./-]+$/)
    assert.equal(headers['cache-control'], undefined)
    assert.equal(headers['x-accel-cache-control'], direct.headers['cache-control'])
    for (const name of ['etag', 'content-type', 'access-control-allow-origin', 'access-control-expose-headers'])
      assert.equal(headers[name], direct.headers[name], name)
    const part = await origin.ask(SEGMENT, { ...ASKING, Range: 'bytes=10-19' })
    assert.deepEqual([part.status, part.headers['x-accel-redirect']], [206, headers['x-accel-redirect']])
    assert.deepEqual(
      origin.heard.slice(1).map(({ status, sentBytes, egress: { bytesFrom } }) => [status, sentBytes, bytesFrom]),
      [
        [200, direct.body.length, 'proxy'],
        [206, 10, 'proxy'],
      ],
    )
  })

  it('answers itself what is in no single file, and what has no body', async () => {
    const asked = (path: string, headers = {}, method = 'GET') => origin.ask(path, { ...ASKING, ...headers }, method)
    const { headers } = await asked(SEGMENT)
    const answers = [
      await asked('index_1_11.ts'),
      await asked('index_1.m3u8'),
      await asked(SEGMENT, { 'If-None-Match': headers.etag }),
      await asked(SEGMENT, {}, 'HEAD'),
      await asked(SEGMENT, { Range: 'bytes=999999-' }),
    ]
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 304, 200, 416],
    )
    for (const each of answers) assert.equal(each.headers['x-accel-redirect'], undefined)
  })

  it('answers itself where the file is lost, as without nginx', async () => {
    const key = String((await origin.ask(SEGMENT, ASKING)).headers['x-accel-redirect']).replace('/windrow-objects/', '')
    origin.archive.hasFiles = false
    assert.equal((await origin.ask(SEGMENT, ASKING)).text, (await origin.ask(SEGMENT)).text)
    origin.archive.hasFiles = true
    origin.archive.lost.add(key)
    const [through, direct] = [await origin.ask(SEGMENT, ASKING), await origin.ask(SEGMENT)]
    assert.equal(through.status, 404)
    assert.deepEqual([through.status, through.text], [direct.status, direct.text])
    assert.equal(through.headers['x-accel-redirect'], undefined)
  })

  it('gives nobody else the name of a file: no stranger who asks, and no proxy where it is not switched on', async () => {
    serve(new BlockList())
    const stranger = await origin.ask(SEGMENT, { ...ASKING, 'X-Forwarded-For': '127.0.0.1' })
    assert.equal(stranger.headers['x-accel-redirect'], undefined)
    assert.ok(stranger.body.length > 0)
    origin.isBehindAccel = false
    serve(trusted)
    const { headers, body } = await origin.ask(SEGMENT, ASKING)
    assert.equal(headers['x-accel-redirect'], undefined)
    assert.ok(body.equals(stranger.body))
  })

  it('refuses whom it would refuse', async () => {
    serve(trusted, { whitelist: ['192.0.2.1/32'] })
    const refused = await origin.ask(SEGMENT, { ...ASKING, 'X-Forwarded-For': '192.0.2.2' })
    assert.deepEqual([refused.status, refused.headers['x-accel-redirect']], [403, undefined])
    const listed = await origin.ask(SEGMENT, { ...ASKING, 'X-Forwarded-For': '192.0.2.1' })
    assert.notEqual(listed.headers['x-accel-redirect'], undefined)
  })
})
