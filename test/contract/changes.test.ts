import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { MOST_STREAMS } from '../../src/changes/streams.ts'
import type { ChangeReport } from '../../src/control/change-operations.ts'
import { signatureEnds } from '../../src/control/sigv4.ts'
import { channel, event, MANY } from '../../src/stores/nouns.contract.ts'
import { eventually } from '../judges/processes.ts'
import { type ControlUnderTest, REGION, send, signer, startControl, unsigned } from './control-under-test.ts'

const PATH = '/windrow/v1/changes'

describe('a stream of changes', () => {
  let control: ControlUnderTest
  before(async () => {
    control = await startControl()
  })
  after(() => control.close())

  const opened: AbortController[] = []

  /** Asks for a stream, and gives the response with what it has said so far. */
  async function ask({ headers = {}, query = {} }: { headers?: object; query?: Record<string, string> } = {}) {
    const raw = { method: 'GET', path: PATH, query, headers: { ...headers } }
    const { headers: signed } = await signer().sign(unsigned(control.endpoint, raw))
    const { host: _, ...sent } = signed
    const abort = new AbortController()
    opened.push(abort)
    const search = new URLSearchParams(query).toString()
    const response = await fetch(`${control.endpoint}${PATH}?${search}`, { headers: sent, signal: abort.signal })
    const stream = { response, text: '', isOver: false }
    const read = async () => {
      for await (const chunk of response.body!) stream.text += Buffer.from(chunk).toString()
    }
    const over = () => {
      stream.isOver = true
    }
    void read().then(over, over)
    return stream
  }

  const says = (stream: { readonly text: string }, what: RegExp) =>
    eventually(`a stream to say ${what}`, () => what.exec(stream.text) ?? undefined)

  it('is answered as browsers and proxies want it, and tells what changes', async () => {
    const stream = await ask()
    const { status, headers } = stream.response
    assert.equal(status, 200)
    const told = ['content-type', 'cache-control', 'x-accel-buffering', 'access-control-allow-origin']
    assert.deepEqual(
      told.map((name) => headers.get(name)),
      ['text/event-stream', 'no-store', 'no', '*'],
    )
    assert.match(headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/)
    await says(stream, /^retry: 2\d\d\d\n\nid: test-0\n\n/)
    await control.resources.createChannel(channel('news'), MANY)
    const [, data] = await says(stream, /\nid: test-1\nevent: change\ndata: (.*)\n\n/)
    const expected: ChangeReport = { kind: 'channel', id: 'news' }
    assert.deepEqual(JSON.parse(data!), expected)
  })

  it('goes on after the event that the header names, or the query; the header is the later one', async () => {
    await control.resources.appendEvent(event('e'))
    const change = /id: test-2\nevent: change\ndata: \{"kind":"event","id":"e"\}\n\n/
    await says(await ask({ headers: { 'last-event-id': 'test-1' } }), change)
    await says(await ask({ query: { after: 'test-1' } }), change)
    await says(await ask({ query: { after: 'other-1' }, headers: { 'last-event-id': 'test-1' } }), change)
    await says(await ask({ query: { after: 'other-1' } }), /event: reset\ndata: \{"reason":"OTHER_PROCESS"\}\n\n/)
  })

  it('is for those who sign, at its own path alone', async () => {
    const plain = await send(control.endpoint, { method: 'GET', path: PATH })
    assert.deepEqual([plain.status, plain.errorType], [403, 'MissingAuthenticationTokenException'])
    const preflight = await send(control.endpoint, { method: 'OPTIONS', path: PATH })
    assert.match(preflight.headers['access-control-allow-headers'] ?? '', /\bLast-Event-ID\b/)
    assert.equal((await send(control.endpoint, { method: 'POST', path: PATH })).status, 405)
    assert.equal((await send(control.endpoint, { method: 'GET', path: `${PATH}es` })).status, 404)
  })

  it('ends when its presigned request expires', async () => {
    const { query } = await signer().presign(
      {
        ...unsigned(control.endpoint, { method: 'GET', path: PATH }),
        headers: { host: new URL(control.endpoint).host },
      },
      { expiresIn: 2 },
    )
    const search = new URLSearchParams(query as Record<string, string>).toString()
    const response = await fetch(`${control.endpoint}${PATH}?${search}`)
    assert.equal(response.status, 200)
    assert.match(await response.text(), /retry: \d+\n\n$/)
  })

  it('is refused by name beyond the most, and ends at once while the process stops', async () => {
    for (const abort of opened.splice(0)) abort.abort()
    await eventually('the streams to be closed', () => control.streams() === 0 || undefined)
    const streams = await Promise.all(Array.from({ length: MOST_STREAMS }, () => ask()))
    assert.deepEqual(new Set(streams.map(({ response }) => response.status)), new Set([200]))
    const full = await ask()
    assert.equal(full.response.status, 429)
    assert.equal(full.response.headers.get('x-amzn-errortype'), 'TooManyRequestsException')
    control.endStreams()
    await eventually('the streams to be closed', () => control.streams() === 0 || undefined)
    const ended = await ask()
    assert.equal(ended.response.status, 200)
    await eventually('the stream to end', () => ended.isOver || undefined)
    assert.match(ended.text, /^retry: \d+\n\n$/)
  })
})

describe('the end of a signature', () => {
  const signed = (headers: Record<string, string>) => {
    const distinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
    return { headersDistinct: distinct } as unknown as IncomingMessage
  }
  const ends = (request: IncomingMessage, query = '') =>
    new Date(signatureEnds(request, { path: PATH, query })).toISOString()
  const scope = (day: string) => `AKID/${day}/${REGION}/mediapackage/aws4_request`

  it('is a quarter of an hour after the day of its key', () => {
    for (const time of ['000000', '120000', '235959']) {
      const request = signed({
        authorization: `AWS4-HMAC-SHA256 Credential=${scope('20260228')}, SignedHeaders=host;x-amz-date, Signature=0`,
        'x-amz-date': `20260228T${time}Z`,
      })
      assert.equal(ends(request), '2026-03-01T00:15:00.000Z')
    }
  })

  it('is that of a presigned request when it expires', () => {
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': scope('20260228'),
      'X-Amz-Date': '20260228T235959Z',
      'X-Amz-Expires': '61',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': '0',
    })
    assert.equal(ends(signed({}), String(query)), '2026-03-01T00:01:00.000Z')
  })
})
