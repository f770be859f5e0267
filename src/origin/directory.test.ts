import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeResources, GUID, NOON } from '../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { endpointDirectory } from './directory.ts'

/** Resources whose results are held back until they are released. */
class SlowResources extends FakeResources {
  readonly waiting: ((error?: Error) => void)[] = []

  override originEndpointByGuid(guid: string): Promise<OriginEndpoint | undefined> {
    const answer = super.originEndpointByGuid(guid)
    return new Promise((resolve, reject) => {
      this.waiting.push((error) => (error ? reject(error) : resolve(answer)))
    })
  }
}

describe('the endpoint directory', () => {
  const old = hlsEndpoint({}, { revision: 1 })
  const changed = hlsEndpoint({}, { revision: 2 })

  it('asks once for all who wait', async () => {
    const resources = new SlowResources(old)
    const directory = endpointDirectory(resources, () => NOON)
    const found = [directory.find(GUID), directory.find(GUID)]
    resources.waiting[0]?.()
    assert.deepEqual(await Promise.all(found), [old, old])
    assert.equal(resources.asked, 1)
  })

  for (const [what, before] of [
    ['an old endpoint', old],
    ['that there is none', undefined],
  ] as const) {
    it(`does not remember ${what} when a change overtakes the answer`, async () => {
      const resources = new SlowResources(...(before ? [before] : []))
      const directory = endpointDirectory(resources, () => NOON)
      const first = directory.find(GUID)
      resources.change(GUID, changed)
      resources.waiting[0]?.()
      assert.equal(await first, before)
      const second = directory.find(GUID)
      resources.waiting[1]?.()
      assert.equal(await second, changed)
    })
  }

  it('asks again for all it knew, and knew not to be there, when anything may have changed', async () => {
    const resources = new FakeResources(old)
    const directory = endpointDirectory(resources, () => NOON)
    const other = 'd'.repeat(32)
    assert.deepEqual([await directory.find(GUID), await directory.find(other)], [old, undefined])
    resources.endpoints.set(GUID, changed).set(other, changed)
    assert.deepEqual([await directory.find(GUID), await directory.find(other)], [old, undefined])
    resources.tell({ kind: 'everything' })
    assert.deepEqual([await directory.find(GUID), await directory.find(other)], [changed, changed])
  })

  it('does not remember a failure', async () => {
    const resources = new SlowResources(old)
    const directory = endpointDirectory(resources, () => NOON)
    const first = directory.find(GUID)
    resources.waiting[0]?.(new Error('the store is busy'))
    await assert.rejects(first, /busy/)
    const second = directory.find(GUID)
    resources.waiting[1]?.()
    assert.equal(await second, old)
  })
})
