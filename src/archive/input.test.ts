import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EPOCH, probeAt } from '../../test/timeline/rehearsal.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { Input } from './input.ts'

const GUID = 'c'.repeat(32)
const INPUT = { channelGuid: GUID, ingestEndpointId: GUID }

describe('an input that another process changes while it is read', () => {
  it('is never at a version whose objects it does not know', async () => {
    const file = { key: 'k', name: 'a-0', size: 1, crc32: 0, sha256: 'k', receivedAt: EPOCH }
    const put: SourceObject = { ...file, probe: probeAt(10) }
    const committed: SourceObject[] = []
    const index = {
      loadTimeline: async () => {
        const version = committed.length + 1
        return { version, state: JSON.stringify(new Input(INPUT, index).state) }
      },
      unsettledObjects: async () => [...committed],
      lastSlots: async () => [],
    } as unknown as SegmentIndex
    const later = { ...put, key: 'l' }
    for (const slow of ['loadTimeline', 'unsettledObjects'] as const) {
      committed.length = 0
      const answer = async () => {
        await Promise.resolve()
        committed.push(put)
        return index[slow](INPUT, 9)
      }
      const input = new Input(INPUT, { ...index, [slow]: answer } as SegmentIndex)
      await input.load()
      const result = input.compute({ event: { kind: 'object' }, object: later }, EPOCH, {})
      if (input.isAt(2)) assert.deepEqual(input.commitOf(result, later).settled, ['k'], `${slow} was slow`)
    }
  })
})
