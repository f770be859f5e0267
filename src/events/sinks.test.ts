import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach, describe, it } from 'node:test'
import { harvestJob } from '../../test/harvest/sample-harvest.ts'
import { freePort } from '../../test/judges/processes.ts'
import { harvestEvent } from '../harvest/job/event.ts'
import { utcMs } from '../media/time.ts'
import { type EventEnvelope, eventEnvelope } from '../model/event.ts'
import { eventBridgeSink } from './event-bridge-sink.ts'
import { logSink } from './log-sink.ts'
import { webhookSink } from './webhook-sink.ts'

const ACCOUNT = { region: 'us-east-1', accountId: '111122223333' }
const NOON = utcMs(Date.UTC(2019, 5, 26, 12, 0, 1, 250))
const never = new AbortController().signal

/** An event as shown in AWS's guide. */
const EVENT: EventEnvelope = {
  version: '0',
  id: '5f57a7b8-0000-4000-8000-000000000001',
  'detail-type': 'MediaPackage HarvestJob Notification',
  source: 'aws.mediapackage',
  account: '111122223333',
  time: '2019-06-26T12:00:01Z',
  region: 'us-east-1',
  resources: ['arn:aws:mediapackage:us-east-1:111122223333:harvest_jobs/highlights'],
  detail: {
    harvest_job: {
      id: 'highlights',
      arn: 'arn:aws:mediapackage:us-east-1:111122223333:harvest_jobs/highlights',
      status: 'FAILED',
      origin_endpoint_id: 'sample',
      start_time: '2026-08-01T14:00:06+02:00',
      end_time: '1785585618',
      s3_destination: {
        bucket_name: 'clips',
        manifest_key: 'cup/final/asset.m3u8',
        role_arn: 'arn:aws:iam::111122223333:role/S3Access',
      },
      created_at: '2026-08-01T12:01:00.000Z',
    },
    message: 'There is no bucket clips.',
  },
}

it('an event of a harvest job has the shape it has at AWS', () => {
  const failure = { code: 'NoSuchBucket', message: 'There is no bucket clips.' }
  const about = { id: EVENT.id, at: NOON }
  const event = harvestEvent(harvestJob(), { state: 'FAILED', failure }, ACCOUNT, about)
  assert.deepEqual(eventEnvelope(event, ACCOUNT), EVENT)
})

it('the log has each event as a field', async () => {
  const lines: object[] = []
  const log = { info: (fields: object) => void lines.push(fields), warn() {}, error() {} }
  await logSink(log).deliver(EVENT, never)
  assert.deepEqual(lines, [{ event: 'service-event', envelope: EVENT }])
})

describe('what takes events over HTTP', () => {
  let url: string
  let received: { readonly request: IncomingMessage; readonly body: string }[] = []
  let answer = { status: 200, headers: {}, body: '' }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ request, body })
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    // The SDK looks for them as it does anywhere.
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIDEVENTS'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'secret'
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    received = []
    answer = { status: 200, headers: {}, body: '' }
  })

  const webhook = (to = url) => webhookSink({ url: to, secret: 'a secret of theirs', clock: () => NOON })

  it('as a webhook can check who sent them, and when', async () => {
    await webhook().deliver(EVENT, never)
    const [{ request, body } = assert.fail('nothing came')] = received
    assert.equal(request.method, 'POST')
    assert.equal(request.headers['content-type'], 'application/json')
    assert.equal(request.headers['x-windrow-event-id'], EVENT.id)
    assert.deepEqual(JSON.parse(body), EVENT)
    const timestamp = request.headers['x-windrow-timestamp']
    assert.equal(timestamp, String(NOON / 1000 - 0.25))
    const expected = createHmac('sha256', 'a secret of theirs').update(`${timestamp}.${body}`).digest('hex')
    assert.equal(request.headers['x-windrow-signature'], `sha256=${expected}`)
  })

  it('as a webhook may refuse them, be away, or point elsewhere: all of that is told', async () => {
    answer = { ...answer, status: 503 }
    await assert.rejects(webhook().deliver(EVENT, never), { message: `${url} answered 503` })
    const secret = webhook(`${url}/hooks/T0PSECRET?token=T0PSECRET`).deliver(EVENT, never)
    await assert.rejects(secret, { message: `${url} answered 503` })
    answer = { status: 307, headers: { location: `${url}/elsewhere` }, body: '' }
    await assert.rejects(webhook().deliver(EVENT, never), { message: `${url} answered 307` })
    assert.equal(received.length, 3)
    const port = await freePort()
    const away = webhook(`http://127.0.0.1:${port}`).deliver(EVENT, never)
    await assert.rejects(away, { message: `http://127.0.0.1:${port} does not answer (ECONNREFUSED)` })
  })

  const bridge = () => eventBridgeSink({ bus: 'media', region: 'us-east-1', endpoint: url, source: 'video.windrow' })

  it('as EventBridge gets entries of its own kind', async (t) => {
    answer = { status: 200, headers: {}, body: JSON.stringify({ FailedEntryCount: 0, Entries: [{ EventId: 'x' }] }) }
    const sink = bridge()
    t.after(() => sink.close())
    await sink.deliver(EVENT, never)
    const [{ request, body } = assert.fail('nothing came')] = received
    assert.equal(request.headers['x-amz-target'], 'AWSEvents.PutEvents')
    assert.match(String(request.headers.authorization), /Credential=AKIDEVENTS\/\d{8}\/us-east-1\/events\/aws4_request/)
    const { Entries } = JSON.parse(body) as { Entries: Record<string, unknown>[] }
    const { Detail, ...entry } = Entries[0] ?? {}
    assert.deepEqual(entry, {
      EventBusName: 'media',
      Source: 'video.windrow',
      Time: Date.parse(EVENT.time) / 1000,
      DetailType: EVENT['detail-type'],
      Resources: EVENT.resources,
    })
    assert.deepEqual(JSON.parse(String(Detail)), EVENT.detail)
  })

  it('as EventBridge is believed only when it gives an id, and read to a bound', async (t) => {
    const sink = bridge()
    t.after(() => sink.close())
    answer = { status: 200, headers: {}, body: '{}' }
    await assert.rejects(sink.deliver(EVENT, never), /^Error: what answers for media is not EventBridge/)
    answer = { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>Log in</html>' }
    await assert.rejects(sink.deliver(EVENT, never), /a page of the type text\/html/)
    const Entries = [{ EventId: 'x', ErrorMessage: 'x'.repeat(2_000_000) }]
    answer = { status: 200, headers: {}, body: JSON.stringify({ Entries }) }
    await assert.rejects(sink.deliver(EVENT, never), /more than 1048576 bytes/)
  })

  it('as EventBridge may take the request and refuse the entry', async (t) => {
    const refused = { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' }
    answer = { status: 200, headers: {}, body: JSON.stringify({ FailedEntryCount: 1, Entries: [refused] }) }
    const sink = bridge()
    t.after(() => sink.close())
    await assert.rejects(
      sink.deliver(EVENT, never),
      /^Error: media refuses it: NotAuthorizedForSourceException, Not auth/,
    )
  })
})
