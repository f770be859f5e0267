import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RecentBytes } from './recent-bytes.ts'

const MOST = 200_000

describe('the last bytes of a stream', () => {
  it('are those that were added last, as many as are kept', () => {
    const batches = fc.array(fc.oneof(fc.nat(1000), fc.nat(70_000), fc.constant(300_000)), { maxLength: 12 })
    fc.assert(
      fc.property(batches, (sizes) => {
        const recent = new RecentBytes(MOST)
        let all = Buffer.alloc(0)
        let next = 0
        for (const size of sizes) {
          const bytes = Buffer.from(Array.from({ length: size }, () => next++ & 0xff))
          recent.add(bytes)
          all = Buffer.concat([all, bytes]).subarray(-MOST)
          const kept = recent.all()
          assert.ok(kept.equals(all.subarray(-kept.length || all.length)))
          assert.equal(kept.length, all.length)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('are none after they were cleared, and then those that come', () => {
    const recent = new RecentBytes(MOST)
    recent.add(Buffer.alloc(MOST + 1, 1))
    recent.clear()
    assert.equal(recent.all().length, 0)
    recent.add(Buffer.from([2, 3]))
    assert.deepEqual([...recent.all()], [2, 3])
  })
})
