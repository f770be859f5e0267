import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type ControlUnderTest, call, type RawAnswer, send, startControl } from './control-under-test.ts'
import { ROLE } from './rules-asker.ts'
import { clientOf } from './sdk-client.ts'

const DESTINATION = { bucketName: 'clips', manifestKey: '{start}/index.m3u8', roleArn: ROLE }
const RULE_DESTINATION = { bucketName: 'clips', manifestKey: '{rule}/{id}.m3u8', roleArn: ROLE }
const iso = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

/** Each noun with an entity tag: where it is, what creates one, and two changes of it. */
const NOUNS = [
  {
    path: '/channels',
    created: {},
    changes: [{ description: 'one' }, { description: 'two' }],
  },
  {
    path: '/origin_endpoints',
    created: { channelId: 'main', hlsPackage: {} },
    changes: [{ hlsPackage: { segmentDurationSeconds: 4 } }, { hlsPackage: { segmentDurationSeconds: 8 } }],
  },
  {
    path: '/windrow/v1/clips',
    created: { originEndpointId: 'hls', startTime: iso(-600), endTime: iso(-540) },
    changes: [{ expiresAt: iso(3600) }, { expiresAt: iso(7200) }],
  },
  {
    path: '/windrow/v1/harvest_schedules',
    created: { originEndpointId: 'hls', every: { hours: 1 }, s3Destination: DESTINATION },
    changes: [15, 30].map((minutes) => ({
      originEndpointId: 'hls',
      every: { minutes },
      s3Destination: DESTINATION,
    })),
  },
  {
    path: '/windrow/v1/harvest_rules',
    created: { originEndpointId: 'hls', events: ['PROGRAM'], s3Destination: RULE_DESTINATION },
    changes: [1, 2].map((minDurationSeconds) => ({
      originEndpointId: 'hls',
      events: ['PROGRAM'],
      minDurationSeconds,
      s3Destination: RULE_DESTINATION,
    })),
  },
] as const

describe('entity tags', () => {
  let control: ControlUnderTest
  before(async () => {
    control = await startControl()
    await ok('POST', '/channels', { id: 'main' })
    await ok('POST', '/origin_endpoints', {
      id: 'hls',
      channelId: 'main',
      startoverWindowSeconds: 7200,
      hlsPackage: {},
    })
  })
  after(() => control.close())

  const ask = (method: string, path: string, { body, ifMatch }: { body?: object; ifMatch?: string } = {}) =>
    call(control.endpoint, {
      method,
      path,
      ...(body && { body: JSON.stringify(body) }),
      ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
    })
  const ok = async (method: string, path: string, body?: object, ifMatch?: string) => {
    const answer = await ask(method, path, { ...(body && { body }), ...(ifMatch !== undefined && { ifMatch }) })
    assert.ok(answer.status < 300, answer.text)
    return answer
  }
  const tagOf = ({ headers }: RawAnswer) => headers.etag ?? assert.fail('there is no ETag')
  const refused = (answer: RawAnswer) => {
    assert.equal(answer.status, 412, answer.text)
    assert.equal(answer.errorType, 'PreconditionFailedException')
    return (answer.json as { message: string }).message
  }

  for (const { path, created, changes } of NOUNS) {
    it(`of ${path}: another with each change, and If-Match refuses all but the newest`, async () => {
      const id = 'tagged'
      const first = tagOf(await ok('POST', path, { ...created, id }))
      assert.match(first, /^"[\w-]+"$/)
      assert.equal(tagOf(await ok('GET', `${path}/${id}`)), first)
      const second = tagOf(await ok('PUT', `${path}/${id}`, changes[0], first))
      assert.notEqual(second, first)
      const seen = await ok('GET', `${path}/${id}`)
      assert.equal(tagOf(seen), second)

      const message = refused(await ask('PUT', `${path}/${id}`, { body: changes[1], ifMatch: first }))
      assert.ok(message.includes(second), message)
      refused(await ask('DELETE', `${path}/${id}`, { ifMatch: first }))
      refused(await ask('DELETE', `${path}/${id}`, { ifMatch: `W/${second}` }))
      assert.equal((await ok('GET', `${path}/${id}`)).text, seen.text, 'nothing was changed')

      const third = tagOf(await ok('PUT', `${path}/${id}`, changes[1], `${first}, ${second}`))
      const fourth = tagOf(await ok('PUT', `${path}/${id}`, changes[0], '*'))
      const unconditional = tagOf(await ok('PUT', `${path}/${id}`, changes[1]))
      assert.equal(new Set([first, second, third, fourth, unconditional]).size, 5)
      await ok('DELETE', `${path}/${id}`, undefined, unconditional)
      assert.equal((await ask('DELETE', `${path}/${id}`, { ifMatch: unconditional })).status, 404)
      assert.notEqual(tagOf(await ok('POST', path, { ...created, id })), first, 'what is made anew is another')
    })

    it(`of ${path}: of many who change the same state at once, one does`, async () => {
      const id = 'contended'
      const tag = tagOf(await ok('POST', path, { ...created, id }))
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) => ask('PUT', `${path}/${id}`, { body: changes[i % 2]!, ifMatch: tag })),
      )
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted((a, b) => a - b),
        [200, ...Array(7).fill(412)],
      )
      const gone = await Promise.all([
        ask('DELETE', `${path}/${id}`, { ifMatch: '*' }),
        ask('PUT', `${path}/${id}`, { body: changes[0], ifMatch: tag }),
      ])
      assert.deepEqual([gone[0].status < 300, gone[1].status === 412 || gone[1].status === 404], [true, true])
    })
  }

  it('are heeded by everything that changes a channel, a schedule or a rule', async () => {
    const channel = await ok('GET', '/channels/main')
    const stale = tagOf(channel)
    const { hlsIngest } = channel.json as { hlsIngest: { ingestEndpoints: readonly { id: string }[] } }
    const current = tagOf(await ok('PUT', '/channels/main', { description: 'new' }))
    const input = hlsIngest.ingestEndpoints[1]!.id
    for (const path of ['configure_logs', 'credentials', `ingest_endpoints/${input}/credentials`]) {
      refused(await ask('PUT', `/channels/main/${path}`, { body: {}, ifMatch: stale }))
    }
    const rotated = tagOf(await ok('PUT', '/channels/main/credentials', {}, current))
    assert.notEqual(rotated, current)
    for (const { path, created } of NOUNS.slice(3)) {
      const tag = tagOf(await ok('POST', path, { ...created, id: 'stopped' }))
      const stopped = tagOf(await ok('POST', `${path}/stopped/stop`, {}, tag))
      refused(await ask('POST', `${path}/stopped/start`, { body: {}, ifMatch: tag }))
      await ok('POST', `${path}/stopped/start`, {}, stopped)
    }
  })

  it('keep two people and a client of AWS from overwriting each other', async () => {
    const path = '/origin_endpoints/shared'
    await ok('POST', '/origin_endpoints', { id: 'shared', channelId: 'main', hlsPackage: {} })
    const [one, other] = [await ok('GET', path), await ok('GET', path)]
    await ok('PUT', path, { description: 'of the first', hlsPackage: {} }, tagOf(one))
    refused(await ask('PUT', path, { body: { description: 'of the second', hlsPackage: {} }, ifMatch: tagOf(other) }))
    const again = await ok('GET', path)
    assert.equal((again.json as { description: string }).description, 'of the first')

    const updated = await clientOf(control).updateOriginEndpoint({
      Id: 'shared',
      HlsPackage: {},
      Description: 'of AWS',
    })
    assert.equal(updated.Description, 'of AWS', 'without If-Match, all is as it was')
    refused(await ask('PUT', path, { body: { description: 'of the second', hlsPackage: {} }, ifMatch: tagOf(again) }))
    const described = await clientOf(control).describeOriginEndpoint({ Id: 'shared' })
    assert.equal(described.Description, 'of AWS')
    const last = await ok('PUT', path, { description: 'of both', hlsPackage: {} }, tagOf(await ok('GET', path)))
    assert.equal((last.json as { description: string }).description, 'of both')
  })

  it('change with the tags of a channel too, which have none themselves', async () => {
    const channel = await ok('GET', '/channels/main')
    const { arn } = channel.json as { arn: string }
    const path = `/tags/${encodeURIComponent(arn)}`
    refused(await ask('POST', path, { body: { tags: { a: 'b' } }, ifMatch: tagOf(channel) }))
    assert.deepEqual((await ok('GET', path)).json, { tags: {} })
    await ok('POST', path, { tags: { a: 'b' } })
    refused(await ask('PUT', '/channels/main', { body: {}, ifMatch: tagOf(channel) }))
  })

  it('may be read and sent by the pages of others, as all that such a page needs', async () => {
    const preflight = await send(control.endpoint, {
      method: 'OPTIONS',
      path: '/origin_endpoints/shared',
      headers: { origin: 'https://tools.example', 'access-control-request-method': 'PUT' },
    })
    const allowed = String(preflight.headers['access-control-allow-headers']).toLowerCase().split(',')
    for (const name of ['authorization', 'content-type', 'if-match', 'x-amz-date', 'x-amz-content-sha256']) {
      assert.ok(allowed.includes(name), name)
    }
    const exposed = String((await ok('GET', '/channels/main')).headers['access-control-expose-headers']).toLowerCase()
    const missing = ['date', 'etag', 'x-amzn-errortype', 'x-amzn-requestid'].filter((name) => !exposed.includes(name))
    assert.deepEqual(missing, [])
  })
})
