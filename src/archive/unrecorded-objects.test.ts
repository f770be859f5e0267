import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import type { Objects } from '../stores/objects.ts'
import { newObjectKey } from './object-keys.ts'
import { UnrecordedObjects } from './unrecorded-objects.ts'

const NOW = utcMs(Date.UTC(2026, 0, 31, 23, 59))

describe('uploads that nobody will complete', () => {
  it('are removed where their keys are of the archive’s own form, and no others in its bucket', async () => {
    const [ours, staged] = [newObjectKey('0f'.repeat(16), NOW), newObjectKey('0f'.repeat(16), NOW)]
    const others = ['backup.tar', 'videos/2026-01-31T23/film', `x${ours}`, `${ours}.bak`, `more/${ours}`, 'a/b/c']
    const removed: string[] = []
    const unrecorded = new UnrecordedObjects({
      objects: {} as Objects,
      segmentIndex: { unknownObjects: async () => [] },
      staged: {
        stage: async () => {},
        abandon: async () => 0,
        unstaged: async (keys) => keys.filter((key) => key !== staged),
      },
      unfinished: {
        async removeUnfinished(abandoned) {
          removed.push(...(await abandoned([ours, staged, ...others])))
          return removed.length
        },
      },
      log: { info() {}, warn() {}, error() {} },
    })
    await unrecorded.abandon(NOW, () => false)
    assert.deepEqual(removed, [ours])
  })
})
