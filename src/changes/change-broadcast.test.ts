import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import type { Channel } from '../model/channel.ts'
import type { ContentListener } from '../stores/content-feed.ts'
import { type ResourceChange, StoreUnavailable } from '../stores/resources.ts'
import { ChangeBroadcast } from './change-broadcast.ts'
import { MOST_STREAMS, type StreamResponse } from './streams.ts'

const DAY_MS = 86_400_000
const job = (id: string): ResourceChange => ({ kind: 'harvestJob', id })

/** The response of a client, which reads at once unless it is `stuck`. */
class Client extends EventEmitter implements StreamResponse {
  text = ''
  isEnded = false
  isStuck = false
  destroyed = false
  closed: Promise<void> | undefined

  get writableNeedDrain(): boolean {
    return this.isStuck
  }

  write(text: string): void {
    // As a response does, whose error would end the process.
    if (this.isEnded) throw new Error('write after end')
    this.text += text
  }

  end(text = ''): void {
    this.write(text)
    this.isEnded = true
    if (!this.isStuck) this.leave()
  }

  destroy(): void {
    this.leave()
  }

  leave(): void {
    this.destroyed = true
    this.emit('close')
  }

  /** Reads again after it was stuck. */
  read(): void {
    this.isStuck = false
    this.emit('drain')
    if (this.isEnded) this.leave()
  }

  /** The blocks since the last call, without comments: each as its fields. */
  events(): readonly Readonly<Record<string, string>>[] {
    const blocks = this.text.split('\n\n').slice(0, -1)
    this.text = ''
    return blocks
      .filter((block) => block !== ':')
      .map((block) => Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2))))
  }

  /** What is said to have changed since the last call. */
  told(): readonly unknown[] {
    return this.events().flatMap(({ event, data }) => (event === undefined ? [] : [[event, JSON.parse(data!)]]))
  }
}

const change = (kind: string, id?: string) => ['change', { kind, ...(id !== undefined && { id }) }]

/** The changes of a process by a clock that `pass` moves. */
function started(t: TestContext, processId = 'one', find = async (guid: string) => ({ id: `of-${guid}` })) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  let now = 0
  let tell: (change: ResourceChange) => void = () => {}
  let others: ContentListener = () => {}
  const changes = new ChangeBroadcast({
    resources: {
      channelByGuid: async (guid) => (await find(guid)) as Channel,
      onChange(listener) {
        tell = listener
        return () => {}
      },
    },
    feed: {
      onChange(listener) {
        others = listener
        return () => {}
      },
    },
    processId,
    stopwatch: () => now,
  })
  t.after(() => changes.close())
  return {
    changes,
    tell: (...each: readonly ResourceChange[]) => {
      for (const one of each) tell(one)
    },
    others: (guid: string | undefined) => others(guid, 'shown'),
    pass(ms: number) {
      // In small steps, so that timers find the clock where they expect it.
      for (let passed = 0; passed < ms; passed += 10) {
        now += 10
        t.mock.timers.tick(10)
      }
    },
    open(after?: string, lastsMs = DAY_MS) {
      const client = new Client()
      client.closed = changes.streams.open(client, { after, lastsMs })
      return client
    },
  }
}

/** Lets what waits for a promise go on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('streams of changes', () => {
  it('tell what changes from then on, by kind and id alone', (t) => {
    const { tell, open, pass } = started(t)
    tell({ kind: 'clip', id: 'before' })
    const client = open()
    assert.deepEqual(client.events(), [{ retry: '2000' }, { id: 'one-1' }])
    tell(
      { kind: 'channel', id: 'news', guid: 'g' },
      { kind: 'originEndpoint', id: 'hls', guid: 'h', channelGuid: 'g' },
      { kind: 'harvestRule', id: 'a\nevent: reset' },
      { kind: 'everything' },
    )
    assert.equal(client.text, '', 'they are gathered')
    pass(20)
    assert.deepEqual(client.events(), [{ id: 'one-5', event: 'change', data: '{"kind":"everything"}' }])
    tell({ kind: 'channel', id: 'sport', guid: 'f' }, { kind: 'harvestRule', id: 'a\nevent: reset' }, job('größe'))
    pass(200)
    assert.deepEqual(client.told(), [
      change('channel', 'sport'),
      change('harvestJob', 'größe'),
      change('harvestRule', 'a\nevent: reset'),
    ])
  })

  it('resume where they were', (t) => {
    const { tell, open, pass } = started(t)
    const first = open()
    tell(job('a'), job('b'))
    pass(20)
    const { id } = first.events().at(-1)!
    first.leave()
    tell({ kind: 'clip', id: 'c' }, { kind: 'event', id: 'e' })
    assert.deepEqual(open(id).told(), [change('clip', 'c'), change('event', 'e')])
    assert.deepEqual(open('one-0').told().length, 4)
    assert.deepEqual(open('one-4').told(), [])
  })

  it('say so when they cannot be resumed, and go on from there', (t) => {
    const { tell, open, pass } = started(t)
    for (const [after, reason] of [
      ['two-1', 'OTHER_PROCESS'],
      ['one-1', 'TOO_LONG_AGO'],
      ['one', 'UNKNOWN_ID'],
      ['one-01', 'UNKNOWN_ID'],
      [`one-${'9'.repeat(30)}`, 'UNKNOWN_ID'],
      ['', 'UNKNOWN_ID'],
    ] as const) {
      assert.deepEqual(open(after).told(), [['reset', { reason }]], after)
    }
    for (let n = 0; n < 9000; n++) tell({ kind: 'event', id: `${n}` })
    const client = open('one-1')
    assert.deepEqual(client.told(), [['reset', { reason: 'TOO_LONG_AGO' }]])
    tell(job('a'))
    pass(20)
    assert.deepEqual(client.told(), [change('harvestJob', 'a')])
  })

  it('tell of a harvest job at most twice a second, and of its last change always', (t) => {
    const { tell, open, pass } = started(t)
    const client = open()
    for (let n = 0; n < 100; n++) {
      tell(job('a'))
      pass(50)
    }
    const { length } = client.told()
    assert.ok(length >= 8 && length <= 11, `${length} times in five seconds`)
    pass(700)
    assert.equal(client.told().length, 1)
    pass(5000)
    assert.equal(client.told().length, 0)
  })

  it('tell of the content of a channel at most once a second, and again when it may have gone silent', async (t) => {
    const { changes, others, open, pass } = started(t)
    const client = open()
    changes.contentChanged('mine')
    others('theirs')
    await settled()
    pass(20)
    assert.deepEqual(client.told(), [change('content', 'of-mine'), change('content', 'of-theirs')])
    for (let n = 0; n < 100; n++) {
      changes.contentChanged('mine')
      pass(50)
    }
    const told = client.told()
    assert.ok(told.length >= 5 && told.length <= 7, `${told.length} times in five seconds`)
    pass(3000)
    assert.deepEqual(client.told().slice(-1), [change('content', 'of-theirs')], 'seven seconds later')
    pass(60_000)
    assert.ok(client.told().length > 10)
    pass(60_000)
    assert.deepEqual(client.told(), [])
    others(undefined)
    pass(20)
    assert.deepEqual(client.told(), [change('everything')])
  })

  it('know the ids of channels that were made while they were open, and ask once for others', async (t) => {
    const asked: string[] = []
    const { changes, tell, open, pass } = started(t, 'one', async (guid) => {
      asked.push(guid)
      if (guid === 'away') throw new StoreUnavailable('it does not answer')
      return { id: `of-${guid}` }
    })
    const client = open()
    tell({ kind: 'channel', id: 'news', guid: 'g' })
    for (const guid of ['g', 'old', 'old', 'away']) changes.contentChanged(guid)
    await settled()
    pass(20)
    assert.deepEqual(asked, ['old', 'away'])
    assert.deepEqual(client.told(), [change('channel', 'news'), change('content', 'news'), change('content', 'of-old')])
  })

  it('are kept open by comments', (t) => {
    const { open, pass } = started(t)
    const client = open()
    client.events()
    pass(60_000)
    assert.equal(client.text, ':\n\n'.repeat(4))
  })

  it('end when they have lasted, and when the process stops, with a pause that differs', async (t) => {
    const { changes, open, pass } = started(t)
    const [short, one, two] = [open(undefined, 60_000), open(), open()]
    pass(59_000)
    assert.deepEqual([short!.isEnded, changes.streams.size], [false, 3])
    pass(2000)
    assert.equal(short!.isEnded, true)
    await short!.closed
    assert.equal(changes.streams.size, 2)
    changes.end()
    await Promise.all([one!.closed, two!.closed])
    const retries = [one!, two!].map((client) => client.events().at(-1)!['retry'])
    assert.deepEqual(retries, ['2125', '2250'])
    const late = open('one-0')
    await late.closed
    assert.deepEqual(late.events(), [{ retry: '2375' }], 'the client still knows where it was')
  })

  it('are over at once for a client that has left already', async (t) => {
    const { changes } = started(t)
    const client = new Client()
    client.leave()
    await changes.streams.open(client, { lastsMs: DAY_MS })
    assert.deepEqual([client.text, changes.streams.size], ['', 0])
  })

  it('that have ended get nothing more, and are cut off when their client does not read the end', async (t) => {
    const { tell, open, pass } = started(t)
    const [slow, stuck] = [open(undefined, 60_000), open(undefined, 60_000)]
    pass(59_990)
    // The end itself does not fit in what the network takes at once.
    for (const client of [slow!, stuck!]) client.isStuck = true
    pass(1010)
    assert.deepEqual([slow!.isEnded, slow!.destroyed], [true, false])
    tell(job('a'))
    pass(20_000)
    slow!.read()
    await slow!.closed
    assert.equal(stuck!.destroyed, false)
    pass(11_000)
    await stuck!.closed
  })

  it('are so many and no more', async (t) => {
    const { changes, open } = started(t)
    const clients = Array.from({ length: MOST_STREAMS }, () => open())
    assert.equal(changes.streams.isFull, true)
    clients[7]!.leave()
    await clients[7]!.closed
    assert.equal(changes.streams.isFull, false)
  })

  it('hold nothing for a client that does not read, and cut it off after half a minute', async (t) => {
    const { changes, tell, open, pass } = started(t)
    const client = open()
    client.isStuck = true
    for (let n = 0; n < 5000; n++) {
      tell({ kind: 'event', id: `${n}` })
      if (n % 100 === 0) pass(20)
    }
    assert.ok(client.text.length < 500 * 100, `${client.text.length} characters are written`)
    pass(31_000)
    await client.closed
    assert.equal(changes.streams.size, 0)
  })

  it('give a client that reads again all that it has missed, or say that it has missed too much', (t) => {
    const { tell, open, pass } = started(t)
    const client = open()
    client.isStuck = true
    tell(job('a'))
    pass(20)
    client.told()
    for (let n = 0; n < 5000; n++) tell({ kind: 'event', id: `${n}` })
    client.read()
    assert.equal(client.told().length, 5000)
    client.isStuck = true
    for (let n = 0; n < 20_000; n++) tell({ kind: 'event', id: `x${n}` })
    pass(20)
    client.told()
    for (let n = 0; n < 20_000; n++) tell({ kind: 'event', id: `y${n}` })
    client.read()
    const told = client.told()
    assert.deepEqual(told, [['reset', { reason: 'TOO_LONG_AGO' }]])
  })
})
