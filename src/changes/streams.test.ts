import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { it } from 'node:test'
import { eventually } from '../../test/judges/processes.ts'
import { RecentChanges } from './recent-changes.ts'
import { ChangeStreams, STREAM_HEADERS } from './streams.ts'

it('a stream over a real connection holds a bounded part for a client that does not read, and goes on when it does', async (t) => {
  const recent = new RecentChanges()
  let now = 0
  const streams = new ChangeStreams({ recent, processId: 'one', stopwatch: () => now })
  let response: ServerResponse | undefined
  const server = createServer((_, given) => {
    response = given.writeHead(200, STREAM_HEADERS)
    void streams.open(given, { lastsMs: 3_600_000 })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => client.destroy())
  client.setEncoding('utf8').write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  let text = ''
  client.on('data', (chunk: string) => {
    text += chunk
  })
  await eventually('the stream to begin', () => text.includes('id: one-0') || undefined)

  client.pause()
  let most = 0
  /** Until the kernel takes no more, and then as much again. */
  const change = (count: number) => {
    for (let n = 0; n < count; n++) recent.add({ kind: 'event', id: `${recent.last}`.padStart(200, '0') })
    streams.flush()
    most = Math.max(most, response!.writableLength)
  }
  await eventually('the connection to take no more', async () => {
    change(1000)
    await new Promise((resolve) => setImmediate(resolve))
    return response!.writableNeedDrain || undefined
  })
  for (let n = 0; n < 20; n++) change(1000)
  assert.ok(most < 512 * 1024, `${most} bytes wait in this process`)
  now += 29_000
  streams.tick()
  assert.equal(streams.size, 1)

  client.resume()
  await eventually('the client to be told that it has missed changes', () => text.includes('TOO_LONG_AGO') || undefined)
  change(1)
  await eventually('the last change', () => text.includes(`id: one-${recent.last}\n`) || undefined)
  assert.ok([...text.matchAll(/^data: .*$/gm)].every(([line]) => JSON.parse(line.slice(6)) !== null))

  streams.endAll()
  await eventually('the end', () => text.endsWith('0\r\n\r\n') || undefined)
  await eventually('the stream to be closed', () => streams.size === 0 || undefined)
})
