import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import type { WorkClaims } from '../stores/work-claims.ts'
import { ClaimedWork } from './claimed-work.ts'

/** Leases as a database keeps them. */
class Leases implements WorkClaims {
  private readonly byName = new Map<string, { owner: string; until: number }>()
  asked = 0

  async claimWork({ owner, names, now, leaseMs }: Parameters<WorkClaims['claimWork']>[0]) {
    this.asked++
    const isFree = (name: string) => {
      const lease = this.byName.get(name)
      return !lease || lease.owner === owner || lease.until <= now
    }
    const held = names.filter(isFree)
    for (const name of held) this.byName.set(name, { owner, until: now + leaseMs })
    return held
  }

  async releaseWork(owner: string) {
    for (const [name, lease] of this.byName) if (lease.owner === owner) this.byName.delete(name)
  }
}

describe('claimed work', () => {
  let now = utcMs(1_000_000)
  const clock = () => now
  const pass = (ms: number) => {
    now = utcMs(now + ms)
  }

  it('is one process’s at a time, and another’s when that is gone or gives it up', async () => {
    const claims = new Leases()
    const [one, two] = [new ClaimedWork({ claims, owner: '1', clock }), new ClaimedWork({ claims, owner: '2', clock })]
    await one.renew(['a', 'b'])
    await two.renew(['a', 'c'])
    assert.deepEqual([one.has('a'), one.has('b'), two.has('a'), two.has('c')], [true, true, false, true])
    pass(5999)
    assert.ok(one.has('a'))
    pass(1)
    assert.ok(!one.has('a'), 'its lease is over')
    await two.renew(['a', 'c'])
    assert.ok(two.has('a'))
    await two.release()
    assert.ok(!two.has('a'))
    pass(1000)
    await one.renew(['a'])
    assert.ok(one.has('a'))
  })

  it('is given up for good, also what was being claimed meanwhile', async () => {
    const claims = new Leases()
    const [one, two] = [new ClaimedWork({ claims, owner: '1', clock }), new ClaimedWork({ claims, owner: '2', clock })]
    const arrives = Promise.withResolvers<void>()
    const claim = claims.claimWork.bind(claims)
    claims.claimWork = async (claimed) => {
      await arrives.promise
      return claim(claimed)
    }
    const claiming = one.renew(['a'])
    const released = one.release()
    arrives.resolve()
    await Promise.all([claiming, released])
    assert.ok(!one.has('a'))
    pass(1000)
    await one.renew(['a'])
    await two.renew(['a'])
    assert.deepEqual([one.has('a'), two.has('a')], [false, true])
  })

  it('is claimed once a second, whatever comes of it', async () => {
    const claims = new Leases()
    const work = new ClaimedWork({ claims, owner: '1', clock })
    for (let ms = 0; ms < 3000; ms += 200) {
      await work.renew(['a'])
      pass(200)
    }
    assert.equal(claims.asked, 3)
    claims.claimWork = () => Promise.reject(new Error('gone'))
    await assert.rejects(work.renew(['a']))
    await work.renew(['a'])
    assert.ok(work.has('a'), 'what it has stays its own for the lease')
  })
})
