import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { ResourceChange } from '../stores/resources.ts'
import { IngestCredentials } from './credentials.ts'

const channel = (password: string): Channel => ({
  guid: 'g',
  id: 'c',
  tags: {},
  createdAt: utcMs(0),
  revision: 1,
  ingestEndpoints: [
    { id: 'g', username: 'u', password },
    { id: 'h', username: 'v', password },
  ],
})

function store() {
  const listeners = new Set<(change: ResourceChange) => void>()
  const state = { channel: channel('old') as Channel | undefined, reads: 0, failure: undefined as Error | undefined }
  const resources = {
    async channelByGuid(guid: string) {
      state.reads++
      if (state.failure) throw state.failure
      return guid === 'g' ? state.channel : undefined
    },
    onChange(listener: (change: ResourceChange) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const change = (next: Channel | undefined) => {
    state.channel = next
    for (const listener of listeners) listener({ kind: 'channel', id: 'news', guid: 'g' })
  }
  return { state, listeners, change, credentials: new IngestCredentials(resources) }
}

const G = { channelGuid: 'g', ingestEndpointId: 'g' }

describe('credentials', () => {
  it('are looked up once, for both endpoints of a channel', async () => {
    const { state, credentials } = store()
    assert.equal((await credentials.of(G))?.username, 'u')
    assert.equal((await credentials.of({ ...G, ingestEndpointId: 'h' }))?.username, 'v')
    assert.equal(await credentials.of({ ...G, ingestEndpointId: 'i' }), undefined)
    assert.equal(state.reads, 1)
  })
  it('are those of the moment after a rotation, a deletion and a creation', async () => {
    const { change, credentials } = store()
    assert.equal((await credentials.of(G))?.password, 'old')
    change(channel('new'))
    assert.equal((await credentials.of(G))?.password, 'new')
    change(undefined)
    assert.equal(await credentials.of(G), undefined)
    change(channel('newest'))
    assert.equal((await credentials.of(G))?.password, 'newest')
  })
  it('are looked up again when anything may have changed', async () => {
    const { state, listeners, credentials } = store()
    await credentials.of(G)
    state.channel = channel('new')
    for (const listener of listeners) listener({ kind: 'everything' })
    assert.equal((await credentials.of(G))?.password, 'new')
  })
  it('are not remembered from a look-up that a change overtook', async () => {
    const { change, credentials } = store()
    const early = credentials.of(G)
    change(channel('new'))
    await early
    assert.equal((await credentials.of(G))?.password, 'new')
  })
  it('are looked up again after the store has failed', async () => {
    const { state, credentials } = store()
    state.failure = new Error('locked')
    await assert.rejects(credentials.of(G), /locked/)
    state.failure = undefined
    assert.equal((await credentials.of(G))?.password, 'old')
  })
  it('stop listening when closed', () => {
    const { listeners, credentials } = store()
    credentials.close()
    assert.equal(listeners.size, 0)
  })
})
