import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { clip } from './clip-records.contract.ts'
import {
  type ContractStore,
  channel,
  claimed,
  claimOf,
  event,
  harvestJob,
  LEASE_MS,
  MANY,
  NOW,
  originEndpoint,
  storeJob,
} from './nouns.contract.ts'
import type { ResourceChange, Resources } from './resources.ts'

/** The contract of every Resources about what it tells of its changes. */
export function changesContract(
  name: string,
  open: () => Promise<ContractStore>,
  { describe, it }: Blocks = needing(),
): void {
  const endpoint = originEndpoint('e', 'a')

  /** A store with a channel and an endpoint, and the changes it tells of from then on. */
  async function listening(): Promise<{ resources: Resources; heard: ResourceChange[]; stop: () => void }> {
    const { resources } = await open()
    await resources.createChannel(channel('a'), MANY)
    await resources.createOriginEndpoint(endpoint, MANY)
    const heard: ResourceChange[] = []
    return { resources, heard, stop: resources.onChange((change) => heard.push(change)) }
  }

  describe(`${name} as Resources: changes`, () => {
    it('tells each change after it can be read, and no refusal', async () => {
      const { resources } = await open()
      const heard: ResourceChange[] = []
      const stop = resources.onChange((change) => heard.push(change))
      await resources.createChannel(channel('a'), MANY)
      await resources.createChannel(channel('a'), MANY)
      await resources.updateChannel(channel('a', { revision: 2 }))
      await resources.updateChannel(channel('a', { revision: 2 }))
      await resources.createOriginEndpoint(originEndpoint('e', 'a'), MANY)
      await resources.updateOriginEndpoint(originEndpoint('e', 'a', { revision: 2 }), 0)
      await resources.deleteOriginEndpoint('e', NOW, 0)
      await resources.deleteChannel('a', NOW)
      stop()
      await resources.createChannel(channel('b'), MANY)
      const ofChannel: ResourceChange = { kind: 'channel', id: 'a', guid: 'guid-a' }
      const ofEndpoint: ResourceChange = { kind: 'originEndpoint', id: 'e', guid: 'guid-e', channelGuid: 'guid-a' }
      assert.deepEqual(heard, [ofChannel, ofChannel, ofEndpoint, ofEndpoint, ofEndpoint, ofChannel])
    })

    it('tells of the clips that end, or change, with an endpoint', async () => {
      const { resources, heard } = await listening()
      const other = originEndpoint('f', 'a')
      await resources.createOriginEndpoint(other, MANY)
      const quotas = { maxClips: 9, maxBytes: 1e12 }
      await resources.createClip(clip('ends', [endpoint]), quotas, [])
      await resources.createClip(clip('changes', [endpoint, other]), quotas, [])
      await resources.createClip(clip('stays', [other]), quotas, [])
      heard.length = 0
      await resources.deleteOriginEndpoint('e', NOW, 0)
      assert.deepEqual(heard, [
        { kind: 'clip', id: 'ends' },
        { kind: 'clip', id: 'changes' },
        { kind: 'originEndpoint', id: 'e', guid: 'guid-e', channelGuid: 'guid-a' },
      ])
    })

    it('tells of a harvest job from its creation to its end, and of the event', async () => {
      const { resources, heard } = await listening()
      const change: ResourceChange = { kind: 'harvestJob', id: 'job' }
      /** What was told since the last call. */
      const told = () => heard.splice(0)
      await storeJob(resources, harvestJob('job', endpoint))
      await storeJob(resources, harvestJob('job', endpoint))
      assert.deepEqual(told(), [change], 'created once')
      const claim = claimOf(await claimed(resources))
      await resources.claimHarvestJob({ owner: 'other', now: NOW, leaseMs: LEASE_MS })
      assert.deepEqual(told(), [change], 'claimed once')
      await resources.checkpointHarvestJob(claim, { now: NOW, leaseMs: LEASE_MS })
      assert.deepEqual(told(), [], 'nothing but the lease')
      const objects = [{ key: 'a', size: 1, sha256: '00' }]
      await resources.checkpointHarvestJob(claim, { now: NOW, leaseMs: LEASE_MS, objects })
      assert.deepEqual(told(), [change], 'written')
      await resources.releaseHarvestJob(claim, { notBefore: NOW })
      assert.deepEqual(told(), [change], 'released')
      const again = claimOf(await claimed(resources))
      assert.deepEqual(told(), [change], 'claimed again')
      await resources.checkpointHarvestJob(claim, { now: NOW, leaseMs: LEASE_MS, objects })
      await resources.releaseHarvestJob(claim, { notBefore: NOW })
      assert.deepEqual(told(), [], 'by whoever has lost it')
      await resources.cancelHarvestJob('job')
      await resources.cancelHarvestJob('absent')
      assert.deepEqual(told(), [change], 'cancelling')
      const outcome = { state: 'SUCCEEDED' } as const
      await resources.finishHarvestJob(again, { at: NOW, outcome, event: event('end') })
      await resources.finishHarvestJob(again, { at: NOW, outcome, event: event('twice') })
      assert.deepEqual(told(), [change, { kind: 'event', id: 'end' }])
    })

    it('tells of events that are appended, once', async () => {
      const { resources, heard } = await listening()
      await resources.appendEvent(event('one'))
      await resources.appendEvent(event('one'))
      await resources.appendEvent(event('two'))
      assert.deepEqual(heard, [
        { kind: 'event', id: 'one' },
        { kind: 'event', id: 'two' },
      ])
    })
  })
}
