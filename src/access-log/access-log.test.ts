import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { ClientNetworks } from '../http/client-networks.ts'
import type { Exchange } from '../http/exchange.ts'
import { utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import { channel } from '../stores/nouns.contract.ts'
import { type ResourceChange, StoreUnavailable } from '../stores/resources.ts'
import { AccessLog } from './access-log.ts'
import { DroppedLines } from './dropped-lines.ts'

const TV = channel('tv')
const ENDPOINT = hlsEndpoint({}, { channelGuid: TV.guid })
const clock = () => utcMs(0)

/** As much of a request that has ended as a line needs. */
const EXCHANGE = {
  request: { url: '/a', method: 'GET', httpVersion: '1.1', headers: {}, socket: {} },
  requestId: 'id',
  status: 200,
  receivedBytes: 0,
  sentBytes: 0,
  processingMs: 0,
  durationMs: 0,
} as unknown as Exchange

describe('access logs', () => {
  let lines: string[]
  let stored: Channel | undefined
  let lookups: number
  let isAway: boolean
  let dropped: number
  let listeners: Set<(change: ResourceChange) => void>
  let accessLog: AccessLog
  beforeEach(() => {
    lines = []
    stored = TV
    lookups = 0
    isAway = false
    dropped = 0
    listeners = new Set()
    const counter = {
      add(count = 1) {
        dropped += count
      },
    }
    accessLog = new AccessLog({
      account: { accountId: '111122223333', region: 'us-east-1' },
      publicUrl: () => 'http://127.0.0.1:8080',
      clients: new ClientNetworks(),
      addressForm: 'full',
      date: clock,
      steady: clock,
      dropped: new DroppedLines('file', { counter, clock, log: { info() {}, warn() {}, error() {} } }),
      resources: {
        async channelByGuid(guid) {
          lookups++
          if (isAway) throw new StoreUnavailable('away')
          return guid === TV.guid ? stored : undefined
        },
        onChange(listener) {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      },
      sink: { write: (group) => void lines.push(group), async reopen() {}, async close() {} },
    })
  })

  const change = (to: Partial<Channel>) => {
    stored = { ...TV, ...to }
    for (const listener of listeners) listener({ kind: 'channel', id: TV.id, guid: TV.guid })
  }
  const play = async () => {
    accessLog.egress(EXCHANGE, { endpoint: ENDPOINT, kind: 'segment', refusal: undefined })
    await new Promise(setImmediate)
  }
  const push = () => accessLog.ingress(EXCHANGE, { channel: stored!, ingestEndpointId: TV.guid })

  it('have the requests of players and encoders as the channel says, from its next change on', async () => {
    await play()
    push()
    assert.deepEqual(lines, [])
    change({ egressAccessLogs: { logGroupName: '/aws/MediaPackage/out' } })
    await play()
    push()
    assert.deepEqual(lines, ['/aws/MediaPackage/out'])
    change({ ingressAccessLogs: { logGroupName: '/aws/MediaPackage/in' } })
    await play()
    push()
    assert.deepEqual(lines, ['/aws/MediaPackage/out', '/aws/MediaPackage/in'])
  })

  it('find the channel in memory, while the store is away as well', async () => {
    change({ egressAccessLogs: { logGroupName: '/aws/MediaPackage/out' } })
    await play()
    await play()
    assert.equal(lookups, 1)
    isAway = true
    for (const listener of listeners) listener({ kind: 'everything' })
    await play()
    assert.deepEqual([lookups, lines.length, dropped], [2, 3, 0])
  })

  it('count a request of which it cannot be known whether it should be there', async () => {
    isAway = true
    await play()
    assert.deepEqual([lines, dropped], [[], 1])
  })

  it('listen to no changes once they are closed', async () => {
    await accessLog.close()
    assert.equal(listeners.size, 0)
  })
})
