import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach, describe, it } from 'node:test'
import { lineOf, writtenLines } from '../../test/judges/access-lines.ts'
import { listen } from '../../test/judges/processes.ts'
import type { LogFields } from '../log.ts'
import { utcMs } from '../media/time.ts'
import { CloudWatchSink } from './cloudwatch-sink.ts'
import { DroppedLines } from './dropped-lines.ts'
import { logEventBatches } from './log-event-batches.ts'

const NOON = utcMs(Date.UTC(2026, 11, 1, 12))
const HOUR_MS = 3_600_000
const GROUP = '/aws/MediaPackage/EgressAccessLogs'

const lineAt = (ms: number, line = '{}') => lineOf(`${line}\n`, utcMs(NOON + ms))

describe('batches of log events', () => {
  const sizes = (lines: readonly ReturnType<typeof lineAt>[]) =>
    logEventBatches(writtenLines(lines), NOON).batches.map(({ length }) => length)

  it('are in the order of their times, and have no line feeds', () => {
    const { batches, outside } = logEventBatches(
      writtenLines([lineAt(-5, 'b'), lineAt(-9, 'a'), lineAt(-5, 'c')]),
      NOON,
    )
    assert.deepEqual(batches, [
      [
        { timestamp: NOON - 9, message: 'a' },
        { timestamp: NOON - 5, message: 'b' },
        { timestamp: NOON - 5, message: 'c' },
      ],
    ])
    assert.equal(outside, 0)
  })

  it('leave out what is older than 14 days or more than two hours ahead', () => {
    const lines = [-14 * 24 * HOUR_MS, -14 * 24 * HOUR_MS + 1, 2 * HOUR_MS - 1, 2 * HOUR_MS].map((ms) => lineAt(ms))
    const { batches, outside } = logEventBatches(writtenLines(lines), NOON)
    assert.equal(outside, 2)
    // These two are more than a day apart.
    assert.equal(batches.length, 2)
  })

  it('have at most 10,000 events, and less than a day', () => {
    assert.deepEqual(sizes(Array.from({ length: 20_001 }, () => lineAt(0))), [10_000, 10_000, 1])
    assert.deepEqual(sizes([lineAt(-24 * HOUR_MS), lineAt(-1), lineAt(0), lineAt(1)]), [2, 2])
  })

  it('have at most a mebibyte of UTF-8, with 26 bytes for each event', () => {
    const half = 'é'.repeat((1_048_576 / 2 - 26) / 2)
    assert.deepEqual(sizes([half, half, half].map((line) => lineAt(0, line))), [2, 1])
    assert.deepEqual(sizes([half, `${half}e`, half].map((line) => lineAt(0, line))), [1, 1, 1])
  })
})

describe('CloudWatch Logs', () => {
  type Body = { readonly logGroupName: string; readonly logStreamName: string; readonly logEvents?: readonly object[] }
  type Call = { readonly operation: string; readonly body: Body }
  let url: string
  let calls: Call[] = []
  let streams = new Set<string>()
  let groups = new Set<string>()
  let answer: (call: Call) => { readonly status?: number; readonly body: object } | undefined
  const refusal = (type: string, status = 400) => ({ status, body: { __type: type, message: 'no' } })

  /** What the service answers to a call. */
  function served(call: Call): { readonly status?: number; readonly body: object } {
    const { logGroupName: group, logStreamName: stream } = call.body
    const name = `${group} ${stream}`
    switch (call.operation) {
      case 'CreateLogGroup':
        groups.add(group)
        return { body: {} }
      case 'CreateLogStream':
        if (!groups.has(group)) return refusal('ResourceNotFoundException')
        if (streams.has(name)) return refusal('ResourceAlreadyExistsException')
        streams.add(name)
        return { body: {} }
      default:
        return streams.has(name) ? { body: {} } : refusal('ResourceNotFoundException')
    }
  }
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '')
      const call = { operation, body: JSON.parse(body) as Call['body'] }
      calls.push(call)
      const { status = 200, body: answered } = answer(call) ?? served(call)
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answered))
    })
  })
  before(async () => {
    url = await listen(server)
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIDLOGS'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'secret'
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    calls = []
    streams = new Set()
    groups = new Set()
    answer = () => undefined
  })

  function sinkUnderTest(endpoint = url) {
    const logged: LogFields[] = []
    const log = { info() {}, error() {}, warn: (fields: LogFields) => void logged.push(fields) }
    let dropped = 0
    const counter = {
      add(count = 1) {
        dropped += count
      },
    }
    const sink = new CloudWatchSink({
      region: 'us-east-1',
      endpoint,
      stream: 'origin-1-77',
      pauses: [1],
      date: () => NOON,
      log,
      dropped: new DroppedLines('cloudwatch', { counter, clock: () => NOON, log }),
    })
    return { sink, logged, dropped: () => dropped }
  }

  const operations = () => calls.map(({ operation }) => operation)

  it('gets lines in a stream of the process, which is made, with its group, where it is missing', async () => {
    const { sink, dropped } = sinkUnderTest()
    sink.write(GROUP, lineAt(0, '{"a":1}'))
    sink.write(GROUP, lineAt(-1, '{"b":2}'))
    await sink.close()
    assert.deepEqual(operations(), ['CreateLogStream', 'CreateLogGroup', 'CreateLogStream', 'PutLogEvents'])
    assert.deepEqual(calls.at(-1)?.body, {
      logGroupName: GROUP,
      logStreamName: 'origin-1-77',
      logEvents: [
        { timestamp: NOON - 1, message: '{"b":2}' },
        { timestamp: NOON, message: '{"a":1}' },
      ],
    })
    assert.equal(dropped(), 0)
  })

  it('may refuse events for their times, and the rest for good: they are counted', async () => {
    const { sink, dropped, logged } = sinkUnderTest()
    answer = ({ operation }) =>
      operation === 'PutLogEvents'
        ? { body: { rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 3 } } }
        : undefined
    for (let at = 0; at < 5; at++) sink.write(GROUP, lineAt(at))
    sink.write(GROUP, lineAt(-15 * 24 * HOUR_MS))
    await sink.close()
    assert.equal(dropped(), 4)
    const refused = sinkUnderTest()
    answer = () => refusal('AccessDeniedException')
    refused.sink.write(GROUP, lineAt(0))
    await refused.sink.close()
    assert.equal(refused.dropped(), 1)
    assert.deepEqual(
      logged.map(({ event }) => event),
      ['access-log-dropped'],
    )
  })

  it('is asked again when it fails, and when somebody has deleted the stream', async () => {
    const { sink, dropped, logged } = sinkUnderTest()
    let failures = 0
    answer = ({ operation }) => {
      if (operation !== 'PutLogEvents') return undefined
      failures++
      // The SDK itself tries each of them twice.
      if (failures <= 2) return refusal('ServiceUnavailableException', 503)
      if (failures === 3) streams.clear()
      return undefined
    }
    sink.write(GROUP, lineAt(0))
    await sink.close()
    assert.equal(operations().filter((name) => name === 'PutLogEvents').length, 4)
    assert.equal(dropped(), 0)
    assert.deepEqual(
      logged.map(({ event }) => event),
      ['access-log-not-delivered', 'access-log-not-delivered'],
    )
  })
})
