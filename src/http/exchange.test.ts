import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { eventually } from '../../test/judges/processes.ts'
import type { LogFields } from '../log.ts'
import type { Exchange } from './exchange.ts'
import type { Handler } from './handler.ts'
import { type Listener, listen } from './listener.ts'
import { sendText } from './send-text.ts'

const silent = { info() {}, warn() {}, error() {} }
const open: Listener[] = []
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close()
})

/** A listener with one mount, whose clock passes only when the handler says so. */
async function start(handle: (pass: (ms: number) => void, ...args: Parameters<Handler>) => Promise<void>) {
  const ended: Exchange[] = []
  let now = 1000
  const pass = (ms: number) => {
    now += ms
  }
  const mount = {
    prefix: '/',
    handle: (...args: Parameters<Handler>) => {
      args[3].whenEnded((exchange) => ended.push(exchange))
      return handle(pass, ...args)
    },
  }
  const options = { name: 'test', host: '127.0.0.1', port: 0, log: silent, stopwatch: () => now }
  const listener = await listen({ ...options, mounts: [mount], limits: { drainMs: 0 } })
  open.push(listener)
  return { port: listener.address.port, ended }
}

async function ask(port: number, options: { method?: string; chunks?: readonly string[] } = {}): Promise<void> {
  const asked = request({ port, method: options.method ?? 'GET', agent: false })
  for (const chunk of options.chunks ?? []) asked.write(chunk)
  asked.end()
  const [response] = await once(asked, 'response')
  response.resume()
  await once(response, 'close')
}

describe('an exchange', () => {
  it('tells the status, the bytes of both bodies and the times, without headers', async () => {
    const { port, ended } = await start(async (pass, incoming, response) => {
      for await (const _ of incoming) pass(50)
      await new Promise(setImmediate)
      pass(7)
      response.writeHead(201, { 'x-long': 'x'.repeat(500), 'content-length': 12 })
      pass(3)
      response.end('twelve bytes')
    })
    await ask(port, { method: 'PUT', chunks: ['ab', 'cde'] })
    await eventually('the end', () => (ended.length === 1 ? true : undefined))
    const [exchange] = ended
    assert.equal(exchange?.status, 201)
    assert.equal(exchange.receivedBytes, 5)
    assert.equal(exchange.sentBytes, 12)
    assert.equal(exchange.isAborted, false)
    assert.equal(exchange.processingMs, 7)
    assert.ok(exchange.durationMs >= 60)
    assert.equal(exchange.remoteAddress, '127.0.0.1')
  })

  it('has no bytes for a HEAD, and those of each response on a connection that is kept', async () => {
    const { port, ended } = await start(async (_, incoming, response) => {
      response.writeHead(200, { 'content-length': 5 }).end(incoming.method === 'HEAD' ? undefined : 'hello')
    })
    const socket = connect(port, '127.0.0.1')
    const head = 'HEAD / HTTP/1.1\r\nhost: a\r\n\r\n'
    socket.write(`${head}${head.replace('HEAD', 'GET')}${head.replace('HEAD', 'GET')}`)
    await eventually('the end', () => (ended.length === 3 ? true : undefined))
    socket.destroy()
    assert.deepEqual(
      ended.map(({ sentBytes }) => sentBytes),
      [0, 5, 5],
    )
  })

  it('is aborted where the client leaves, with the bytes that left, or 499 before there was an answer', async () => {
    const asked = Promise.withResolvers<void>()
    const { port, ended } = await start(async (_, incoming, response) => {
      if (incoming.url === '/none') asked.resolve()
      if (incoming.url === '/part') response.writeHead(200, { 'content-length': 1000 }).write('part')
    })
    for (const path of ['/part', '/none']) {
      const socket = connect(port, '127.0.0.1')
      socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
      if (path === '/part') await once(socket, 'data')
      else await asked.promise
      // Half-closed, it would wait for its answer.
      socket.resetAndDestroy()
      await eventually('the end', () => (ended.length === (path === '/part' ? 1 : 2) ? true : undefined))
    }
    assert.deepEqual(
      ended.map(({ status, sentBytes, isAborted }) => ({ status, sentBytes, isAborted })),
      [
        { status: 200, sentBytes: 4, isAborted: true },
        { status: 499, sentBytes: 0, isAborted: true },
      ],
    )
  })

  it('of an answer without a body of its own has the bytes of its sentence', async () => {
    const { port, ended } = await start(async (_, __, response) => sendText(response, 404, 'no'))
    await ask(port)
    await eventually('the end', () => (ended.length === 1 ? true : undefined))
    assert.equal(ended[0]?.sentBytes, 3)
  })

  it('goes on without who hears of its end and fails, which the log tells', async () => {
    const lines: LogFields[] = []
    const log = { ...silent, error: (fields: LogFields) => void lines.push(fields) }
    const handle: Handler = async (_, response, __, exchange) => {
      exchange.whenEnded(() => {
        throw new Error('at once')
      })
      exchange.whenEnded(async () => Promise.reject(new Error('later')))
      sendText(response, 200, 'ok')
    }
    const listener = await listen({ name: 'test', host: '127.0.0.1', port: 0, log, mounts: [{ prefix: '/', handle }] })
    open.push(listener)
    await ask(listener.address.port)
    await eventually('both lines', () => (lines.length === 2 ? true : undefined))
    assert.deepEqual(
      lines.map(({ event, error }) => [event, (error as Error).message]),
      [
        ['request-failed', 'at once'],
        ['request-failed', 'later'],
      ],
    )
  })

  it('counts the bytes that a proxy sends in its place', async () => {
    const { port, ended } = await start(async (_, __, response, ___, exchange) => {
      exchange.noteSentByProxy(1000)
      response.writeHead(200, { 'content-length': 0 }).end()
    })
    await ask(port)
    await eventually('the end', () => (ended.length === 1 ? true : undefined))
    assert.equal(ended[0]?.sentBytes, 1000)
  })
})
