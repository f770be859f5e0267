import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { FeedDelivery, type FeedTarget } from './delivery.ts'

const CHALLENGE = { 'www-authenticate': 'Digest realm="w", nonce="n", qop="auth", algorithm=SHA-256' }
const ALWAYS = new AbortController().signal

type Answer = readonly [status: number, headers?: Record<string, string>]

/** A server that gives these answers one after the other to whoever has credentials, and 201 from then on. */
function answering(...answers: readonly Answer[]) {
  const left = [...answers]
  const seen: (string | undefined)[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    request.resume().on('end', () => {
      seen.push(request.headers.authorization)
      const [status, headers] = request.headers.authorization ? (left.shift() ?? [201]) : [401, CHALLENGE]
      response.writeHead(status, headers).end(status >= 400 ? 'the reason' : '')
    })
  })
  return { server, seen }
}

const servers: Server[] = []
after(() => {
  for (const server of servers) server.close()
})

async function listening(server: Server, port = 0): Promise<FeedTarget> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in/v2/c/e/channel`
  return { url, username: 'u', password: 'p' }
}

/** A clock that passes when somebody sleeps. */
function fakePace() {
  const slept: number[] = []
  const pace = {
    now: () => slept.reduce((sum, ms) => sum + ms, 0),
    async sleep(ms: number) {
      slept.push(ms)
    },
  }
  return { slept, pace }
}

describe('a delivery', () => {
  it('answers the challenge once, and counts the uses of its nonce', async () => {
    const { server, seen } = answering()
    const delivery = new FeedDelivery(await listening(server), fakePace().pace)
    await delivery.put('-a.ts', 'video/mp2t', 'body', ALWAYS)
    await delivery.put('-b.ts', 'video/mp2t', 'body', ALWAYS)
    assert.equal(seen.length, 3)
    assert.match(seen[1]!, /username="u", realm="w", nonce="n", uri="\/in\/v2\/c\/e\/channel-a\.ts".* nc=00000001,/)
    assert.match(seen[2]!, /nc=00000002,/)
  })

  it('waits as long as a server asks for that has had too many requests, or has no space', async () => {
    const { server, seen } = answering([429, { 'retry-after': '3' }], [503, { 'retry-after': '1' }], [507])
    const { pace, slept } = fakePace()
    await new FeedDelivery(await listening(server), pace).put('-a.ts', 'video/mp2t', 'body', ALWAYS)
    assert.equal(seen.length, 5)
    assert.deepEqual(slept, [3000, 1000, 200])
  })

  it('goes on when a server that was away is there again', async () => {
    const { server } = answering()
    const target = await listening(server)
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const { pace, slept } = fakePace()
    const sleep = async (ms: number) => {
      await pace.sleep(ms)
      if (slept.length === 3) await listening(answering().server, port)
    }
    await new FeedDelivery(target, { now: pace.now, sleep }).put('-a.ts', 'video/mp2t', 'body', ALWAYS)
    assert.deepEqual(slept, [200, 200, 200])
  })

  it('gives up after a minute, and says where', async () => {
    const target = { url: 'http://127.0.0.1:1/in/v2/c/e/channel', username: 'u', password: 'p' }
    const put = new FeedDelivery(target, fakePace().pace).put('-a.ts', 'video/mp2t', 'body', ALWAYS)
    await assert.rejects(put, {
      name: 'FeedRefused',
      message: /^http:\/\/127\.0\.0\.1:1 does not answer \(.*\), for a minute$/,
    })
  })

  it('gives up at once where nothing will change: wrong credentials, and what is refused', async () => {
    const wrong = answering([401, CHALLENGE], [401, CHALLENGE])
    await assert.rejects(new FeedDelivery(await listening(wrong.server), fakePace().pace).put('', 'a/b', '', ALWAYS), {
      name: 'FeedRefused',
      message: /does not take the ingest credentials of the channel/,
    })
    const refused = answering([400])
    await assert.rejects(
      new FeedDelivery(await listening(refused.server), fakePace().pace).put('', 'a/b', '', ALWAYS),
      {
        name: 'FeedRefused',
        message: /^PUT http:\S+channel was answered 400: the reason$/,
      },
    )
  })

  it('ends when it is interrupted', async () => {
    const interruption = new AbortController()
    const sleep = async () => interruption.abort(new Error('interrupted'))
    const target = { url: 'http://127.0.0.1:1/in/v2/c/e/channel', username: 'u', password: 'p' }
    const put = new FeedDelivery(target, { now: () => 0, sleep }).put('-a.ts', 'a/b', '', interruption.signal)
    await assert.rejects(put, /interrupted/)
  })
})
