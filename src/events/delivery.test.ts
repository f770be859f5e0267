import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import type { EventEnvelope } from '../model/event.ts'
import type { RecordedEvent } from '../stores/event-outbox.ts'
import type { PageRequest } from '../stores/pages.ts'
import { createDelivery, type DeliveryDeps } from './delivery.ts'

const NOON = Date.UTC(2026, 0, 1, 12)

/** Events 1, 2, 3 …, and one sink that receives them. */
function outbox(count: number) {
  let now = NOON
  const events = Array.from({ length: count }, (_, n): RecordedEvent => {
    return { id: `${n + 1}`, at: utcMs(NOON), detailType: 'x', resources: [], detail: {}, cursor: `${n + 1}` }
  })
  const store = { after: '0', fence: 0, owner: '', until: 0 }
  const told: string[] = []
  const lines: string[] = []
  let refuse: (event: EventEnvelope) => boolean = () => false
  const write = (_: object, message: string) => void lines.push(message)
  const deps: DeliveryDeps = {
    resources: {
      async claimEventSink({ owner, leaseMs, now: at }) {
        if (store.owner !== owner && store.until > at) return undefined
        Object.assign(store, { owner, fence: store.fence + 1, until: at + leaseMs })
        return { fence: store.fence, after: store.after }
      },
      async advanceEventSink({ fence }, { after, now: at, leaseMs }) {
        if (fence !== store.fence) return 'lost'
        Object.assign(store, { after, until: at + leaseMs })
        return 'kept'
      },
      async listEvents({ limit, after = '0' }: PageRequest) {
        return { items: events.filter(({ cursor }) => Number(cursor) > Number(after)).slice(0, limit) }
      },
    },
    sinks: [
      {
        name: 'sink',
        async deliver(event) {
          if (refuse(event)) throw new Error('not now')
          told.push(event.id)
        },
        close() {},
      },
    ],
    clock: () => utcMs(now),
    steady: () => utcMs(now),
    log: { info: write, warn: write, error: write },
    account: { region: 'r', accountId: '1' },
    owner: 'a',
    leaseMs: 10_000,
    giveUpMs: 3_600_000,
  }
  return {
    deps,
    store,
    events,
    told,
    lines,
    refuseWhen: (test: typeof refuse) => {
      refuse = test
    },
    pass: (ms: number) => {
      now += ms
    },
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `${from + n}`)

describe('a sink of events', () => {
  it('is told everything in order, once, however much there is', async () => {
    const { deps, told, store, events } = outbox(250)
    const delivery = createDelivery(deps)
    await delivery.deliver()
    await delivery.deliver()
    assert.deepEqual(told, numbers(1, 250))
    assert.equal(store.after, '250')
    events.push({ ...events[0]!, id: '251', cursor: '251' })
    await delivery.deliver()
    assert.deepEqual(told.slice(250), ['251'])
  })

  it('that does not take an event is told it again, after pauses, before any other', async () => {
    const { deps, told, pass, refuseWhen } = outbox(4)
    let refusals = 3
    refuseWhen(({ id }) => id === '2' && refusals-- > 0)
    const delivery = createDelivery(deps)
    const at: number[] = []
    for (let ms = 0; told.length < 4 && ms < 60_000; ms += 500) {
      const before = refusals
      await delivery.deliver()
      if (refusals !== before) at.push(ms)
      pass(500)
    }
    assert.deepEqual(told, ['1', '2', '3', '4'])
    assert.deepEqual(at, [0, 1000, 3000, 8000])
  })

  it('that does not take an event for too long is told the next one', async () => {
    const { deps, told, pass, refuseWhen, lines } = outbox(3)
    refuseWhen(({ id }) => id === '2')
    const delivery = createDelivery(deps)
    await delivery.deliver()
    pass(deps.giveUpMs)
    await delivery.deliver()
    assert.deepEqual(told, ['1', '3'])
    assert.ok(lines.some((line) => /is skipped/.test(line)))
  })

  it('is told by one process at a time, and by another when that is gone', async () => {
    const { deps, told, pass, refuseWhen } = outbox(3)
    refuseWhen(({ id }) => id === '3')
    const first = createDelivery(deps)
    const second = createDelivery({ ...deps, owner: 'b' })
    await first.deliver()
    refuseWhen(() => false)
    await second.deliver()
    assert.deepEqual(told, ['1', '2'])
    pass(deps.leaseMs)
    await second.deliver()
    await first.deliver()
    assert.deepEqual(told, ['1', '2', '3'])
  })

  it('is told by one process as long as that lives, whatever date another believes', async () => {
    const { deps, told, events } = outbox(1)
    const steady = () => utcMs(0)
    const [first, second] = [0, 3_600_000].map((aheadMs, n) => {
      return createDelivery({ ...deps, owner: `${n}`, steady, clock: () => utcMs(NOON + aheadMs) })
    })
    await first!.deliver()
    events.push({ ...events[0]!, id: '2', cursor: '2' })
    await second!.deliver()
    assert.deepEqual(told, ['1'], 'it is the first one’s')
    await first!.deliver()
    assert.deepEqual(told, ['1', '2'])
  })

  it('is told again what somebody wants it to be told again', async () => {
    const { deps, told, store, pass } = outbox(3)
    const delivery = createDelivery(deps)
    await delivery.deliver()
    Object.assign(store, { after: '1', fence: store.fence + 1, until: 0 })
    pass(deps.leaseMs / 2)
    await delivery.deliver()
    assert.deepEqual(told, ['1', '2', '3', '2', '3'])
  })

  it('is told an event again that nobody knows to have arrived', async () => {
    const { deps, told, store } = outbox(1)
    await createDelivery({
      ...deps,
      resources: { ...deps.resources, advanceEventSink: () => Promise.reject(new Error('the store is gone')) },
    })
      .deliver()
      .catch(() => {})
    store.until = 0
    await createDelivery({ ...deps, owner: 'b' }).deliver()
    assert.deepEqual(told, ['1', '1'])
  })

  it('leaves its sink to others at once when it closes', async () => {
    const { deps, told, events } = outbox(1)
    const [first, second] = [createDelivery(deps), createDelivery({ ...deps, owner: 'b' })]
    await first.deliver()
    events.push({ ...events[0]!, id: '2', cursor: '2' })
    await second.deliver()
    assert.deepEqual(told, ['1'], 'it is the first one’s')
    await first.close()
    await second.deliver()
    assert.deepEqual(told, ['1', '2'])
  })

  it('waits for no delivery when it closes', async () => {
    const { deps, told } = outbox(2)
    const [sink] = deps.sinks
    const began = Promise.withResolvers<void>()
    const slow = {
      ...sink!,
      deliver: (_: EventEnvelope, signal: AbortSignal) => {
        began.resolve()
        return new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    }
    const delivery = createDelivery({ ...deps, sinks: [slow] })
    const delivering = delivery.deliver()
    await began.promise
    await delivery.close()
    await delivering
    assert.deepEqual(told, [])
  })
})
