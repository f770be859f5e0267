import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Channel } from '../model/channel.ts'
import { openMetrics } from '../prometheus-metrics.ts'
import { channel } from '../stores/nouns.contract.ts'
import type { ResourceChange } from '../stores/resources.ts'
import { NamedResources } from './named-resources.ts'

it('changes are remembered up to a thousand while nobody reads metrics', async () => {
  const listeners: ((change: ResourceChange) => void)[] = []
  let overdue = 0
  const named = new NamedResources({
    resources: {
      channelByGuid: async () => undefined,
      originEndpointByGuid: async () => undefined,
      listChannels: async () => ({ items: [] }),
      listOriginEndpoints: async () => ({ items: [] }),
      onChange(listener) {
        listeners.push(listener)
        return () => {}
      },
    },
    metrics: openMetrics(),
    stopwatch: () => 0,
    overdue: () => void overdue++,
  })
  const change = (from: number, to: number) => {
    for (let n = from; n < to; n++)
      for (const hear of listeners) hear({ kind: 'channel', id: `${n}`, guid: `guid-${n}` })
  }
  change(0, 999)
  assert.equal(overdue, 0)
  change(999, 1000)
  assert.equal(overdue, 1)
  await named.refresh()
  change(0, 999)
  assert.equal(overdue, 1)
})

it('a channel is looked up once while nobody reads metrics, and again when somebody does', async () => {
  let stored: Channel | undefined = channel('news')
  let lookups = 0
  const metrics = openMetrics()
  const named = new NamedResources({
    resources: {
      async channelByGuid() {
        lookups++
        return stored
      },
      originEndpointByGuid: async () => undefined,
      listChannels: async () => ({ items: [] }),
      listOriginEndpoints: async () => ({ items: [] }),
      onChange: () => () => {},
    },
    metrics,
    stopwatch: () => 0,
    overdue() {},
  })
  await named.refresh()
  const { guid } = stored
  assert.equal((await named.findChannel(guid))?.id, 'news')
  assert.equal((await named.findChannel(guid))?.id, 'news')
  assert.equal(lookups, 1)
  assert.match(await metrics.text(), /"news"/)
  stored = undefined
  await named.refresh()
  assert.equal(named.channel(guid), undefined)
  assert.doesNotMatch(await metrics.text(), /"news"/)
})
