import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { ChannelUsage } from '../stores/object-ledger.ts'
import { ArchiveFull, type ArchiveLimits, ArchiveQuota } from './quota.ts'

function quotaOf(limits: ArchiveLimits, usage: Record<string, number>) {
  const events: ServiceEvent[] = []
  const warned: object[] = []
  const quota = new ArchiveQuota({
    limits,
    usage: async () =>
      Object.entries(usage).map(([channelGuid, bytes]): ChannelUsage => ({ channelGuid, bytes, objects: 1 })),
    resources: { appendEvent: async (event) => void events.push(event) },
    date: () => utcMs(7),
    log: { info() {}, warn: (fields) => void warned.push(fields), error() {} },
    account: { region: 'eu-west-1', accountId: '111122223333' },
  })
  return { quota, events, warned }
}

const full = (scope: string) => (error: unknown) => error instanceof ArchiveFull && error.scope === scope

describe('the limits of what is kept', () => {
  it('hold for each channel, from the first object after a start on', async () => {
    const usage = { one: 100, two: 99 }
    const { quota } = quotaOf({ channelBytes: 100 }, usage)
    await assert.rejects(quota.admit('one'), full('channel'))
    await quota.admit('two')
    quota.stored('two', 1)
    await assert.rejects(quota.admit('two'), full('channel'))
    await quota.admit('three')
    usage.two = 50
    await quota.refresh()
    await quota.admit('two')
  })

  it('hold for all channels together', async () => {
    const { quota } = quotaOf({ bytes: 100 }, { one: 60, two: 39 })
    await quota.admit('three')
    quota.stored('three', 1)
    for (const channel of ['one', 'two', 'three']) await assert.rejects(quota.admit(channel), full('archive'))
  })

  it('are none where none is set', async () => {
    const { quota, events } = quotaOf({}, { one: Number.MAX_SAFE_INTEGER })
    await quota.admit('one')
    await quota.refresh()
    assert.deepEqual(events, [])
  })

  it('are told of once, before they bite, and again when they come near again', async () => {
    const usage = { one: 89 }
    const { quota, events, warned } = quotaOf({ bytes: 1000, channelBytes: 100 }, usage)
    for (const used of [89, 90, 95, 86, 92, 84, 91]) {
      usage.one = used
      await quota.refresh()
    }
    assert.deepEqual(
      events.map(({ detail, resources }) => [detail['event'], detail['usedBytes'], detail['limitBytes'], resources]),
      [90, 91].map((used) => [
        'ArchiveNearlyFull',
        used,
        100,
        ['arn:aws:mediapackage:eu-west-1:111122223333:channels/one'],
      ]),
    )
    assert.equal(warned.length, 2)
    Object.assign(usage, { two: 850 })
    await quota.refresh()
    assert.deepEqual(events.at(-2)?.resources, [], 'the archive')
  })
})
