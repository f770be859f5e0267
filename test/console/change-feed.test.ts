import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Connection, followChanges, MOST_SILENCE_MS } from '../../console/src/api/change-feed.ts'
import { Invalidation, MOST_ROUND_MS } from '../../console/src/api/invalidation.ts'

type Answer = Response | Error

const stream = (...texts: readonly string[]): Response =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const text of texts) controller.enqueue(new TextEncoder().encode(text))
        controller.close()
      },
    }),
    { headers: { 'content-type': 'text/event-stream' } },
  )

/** A stream that says nothing, and does not end by itself. */
const silentStream = () => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })

/** What a page does with one answer after the other, until there is no other. */
async function follow(...answers: readonly Answer[]) {
  const left = [...answers]
  const leaving = new AbortController()
  const seen: string[] = []
  await followChanges(
    {
      async open(after) {
        const answer = left.shift()
        seen.push(`ask${after && ` after ${after}`}`)
        if (!answer) {
          leaving.abort()
          return new Response()
        }
        if (answer instanceof Error) throw answer
        return answer
      },
      async wait(milliseconds) {
        if (milliseconds < MOST_SILENCE_MS) seen.push(`wait ${milliseconds}`)
        // Silence is noticed only after what is there has been read.
        else await new Promise((resolve) => setImmediate(resolve))
      },
      awake: () => new Promise(() => {}),
      onChanged: (kind) => seen.push(`read ${kind}`),
      onConnection: (connection: Connection) => seen.push(connection),
    },
    leaving.signal,
  )
  return seen
}

const change = (id: string, kind: string) => `id: ${id}\ndata: {"kind":"${kind}","id":"x"}\n\n`
const refused = (status: number, headers = {}) =>
  new Response('{}', { status, headers: { 'content-type': 'application/json', ...headers } })

describe('the changes of the server', () => {
  it('make the queries of their kind read anew, and go on after the last event', async () => {
    assert.deepEqual(
      await follow(stream(change('1', 'harvestJob'), ':\n\n', change('2', 'clip')), stream(change('3', 'event'))),
      [
        'ask',
        'streaming',
        'read everything',
        'read harvestJob',
        'read clip',
        'wait 500',
        'ask after 2',
        'read event',
        'wait 500',
        'ask after 3',
      ],
    )
  })

  it('make everything read anew where the server cannot go on, or says what nobody understands', async () => {
    const seen = await follow(stream('event: reset\ndata:\n\n', 'data: {"kind":7}\n\n', 'data: {\n\n'))
    assert.deepEqual(
      seen.filter((each) => each.startsWith('read')),
      Array(4).fill('read everything'),
    )
  })

  it('are asked for again while the server is away, less often after a while, and read anew when it is back', async () => {
    const away = new TypeError('fetch failed')
    assert.deepEqual(await follow(stream(change('1', 'clip')), away, refused(502), away, away, away, stream(':\n\n')), [
      'ask',
      'streaming',
      'read everything',
      'read clip',
      'wait 500',
      'ask after 1',
      'away',
      'wait 500',
      'ask after 1',
      'wait 1000',
      'ask after 1',
      'wait 2000',
      'ask after 1',
      'wait 5000',
      'ask after 1',
      'wait 5000',
      'ask after 1',
      'streaming',
      'read everything',
      'wait 500',
      'ask after 1',
    ])
  })

  it('are polled while the stream is refused, until it is not', async () => {
    assert.deepEqual(
      await follow(refused(404), refused(503, { 'x-amzn-errortype': 'TooManyStreams' }), stream(':\n\n')),
      [
        'ask',
        'polling',
        'read everything',
        'wait 5000',
        'ask',
        'read everything',
        'wait 5000',
        'ask',
        'streaming',
        'read everything',
        'wait 500',
        'ask',
      ],
    )
  })

  it('come by another connection where one is silent for too long', async () => {
    assert.deepEqual((await follow(silentStream(), stream())).slice(2), [
      'read everything',
      'wait 1000',
      'ask',
      'wait 2000',
      'ask',
    ])
  })

  it('go on after the last id, also where that had no event', async () => {
    assert.deepEqual((await follow(stream('id: 41\n\n', 'id: 42\n'))).at(-1), 'ask after 41')
  })

  it('wait as long as the stream asks for', async () => {
    assert.ok((await follow(stream('retry: 1234\n\n'))).includes('wait 1234'))
  })
})

describe('reading anew', () => {
  type Round = { readonly asked: string; readonly end: () => void }

  /** Rounds that end when they are told to, or when they have lasted for too long. */
  function rounds() {
    const all: Round[] = []
    const overdue: (() => void)[] = []
    const invalidation = new Invalidation(
      {
        invalidateQueries: (filters = {}) =>
          new Promise<void>((resolve) => all.push({ asked: JSON.stringify(filters), end: resolve })),
      },
      (milliseconds) =>
        milliseconds === MOST_ROUND_MS ? new Promise((resolve) => overdue.push(resolve)) : Promise.resolve(),
    )
    const reached = async (count: number) => {
      while (all.length < count) await new Promise((resolve) => setImmediate(resolve))
    }
    return { invalidation, all, overdue, reached }
  }

  it('goes in rounds, of which none is broken off by later changes', async () => {
    const { invalidation, all, reached } = rounds()
    for (const kind of ['clip', 'harvestJob', 'event', 'harvestJob']) invalidation.add(kind)
    assert.deepEqual(
      all.map(({ asked }) => asked),
      ['{"queryKey":["clip"]}'],
    )
    all[0]!.end()
    await reached(3)
    invalidation.add('clip')
    invalidation.add('everything')
    for (const { end } of all.slice(1)) end()
    await reached(4)
    assert.deepEqual(
      all.slice(1).map(({ asked }) => asked),
      ['{"queryKey":["harvestJob"]}', '{"queryKey":["event"]}', '{}'],
    )
    all[3]!.end()
  })

  it('goes on where a query is never answered', async () => {
    const { invalidation, all, overdue, reached } = rounds()
    invalidation.add('channel')
    invalidation.add('clip')
    overdue[0]!()
    await reached(2)
    assert.equal(all[1]!.asked, '{"queryKey":["clip"]}')
    all[1]!.end()
  })
})
