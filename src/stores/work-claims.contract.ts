import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { later, NOW } from './nouns.contract.ts'
import type { WorkClaims } from './work-claims.ts'

const LEASE_MS = 1000

/** Claims work as one of several processes; resolves to what it has, in the order of the names. */
export async function claimedWork(claims: WorkClaims, owner: string, names: readonly string[], now = NOW) {
  return (await claims.claimWork({ owner, names, now, leaseMs: LEASE_MS })).toSorted()
}

/** What holds for a process alone. */
function workClaimsContract(name: string, open: () => Promise<WorkClaims>, { describe, it }: Blocks): void {
  describe(`${name} as WorkClaims`, () => {
    it('gives a process alone whatever it claims, again and again', async () => {
      const claims = await open()
      assert.deepEqual(await claimedWork(claims, 'a', []), [])
      assert.deepEqual(await claimedWork(claims, 'a', ['scrub', 'channel/1', 'scrub']), ['channel/1', 'scrub'])
      assert.deepEqual(await claimedWork(claims, 'a', ['scrub', 'é']), ['scrub', 'é'])
      assert.deepEqual(await claimedWork(claims, 'a', ['channel/1'], later(LEASE_MS)), ['channel/1'])
    })

    it('gives what was released to anybody', async () => {
      const claims = await open()
      await claimedWork(claims, 'a', ['scrub', 'retention'])
      await claims.releaseWork('a')
      assert.deepEqual(await claimedWork(claims, 'b', ['scrub', 'retention']), ['retention', 'scrub'])
      await claims.releaseWork('nobody')
    })
  })
}

/** The contract of WorkClaims that several processes share. */
export function sharedWorkClaimsContract(
  name: string,
  open: () => Promise<WorkClaims>,
  blocks: Blocks = needing(),
): void {
  const { describe, it } = blocks
  workClaimsContract(name, open, blocks)
  describe(`${name} as WorkClaims of several processes`, () => {
    it('gives a piece of work to one until its lease expires', async () => {
      const claims = await open()
      assert.deepEqual(await claimedWork(claims, 'a', ['1', '2']), ['1', '2'])
      assert.deepEqual(await claimedWork(claims, 'b', ['3', '2', '1'], later(LEASE_MS - 1)), ['3'])
      assert.deepEqual(await claimedWork(claims, 'a', ['2'], later(LEASE_MS - 1)), ['2'])
      assert.deepEqual(await claimedWork(claims, 'b', ['1', '2', '3'], later(LEASE_MS)), ['1', '3'])
      assert.deepEqual(await claimedWork(claims, 'a', ['1', '2', '3'], later(LEASE_MS)), ['2'])
    })

    it('keeps the lease of a request that was overtaken by a later one', async () => {
      const claims = await open()
      await claimedWork(claims, 'a', ['1'], later(10))
      assert.deepEqual(await claimedWork(claims, 'a', ['1'], later(5)), ['1'])
      assert.deepEqual(await claimedWork(claims, 'b', ['1'], later(LEASE_MS + 9)), [])
      assert.deepEqual(await claimedWork(claims, 'b', ['1'], later(LEASE_MS + 10)), ['1'])
    })

    it('measures the lease of the one that takes work over from its own claim', async () => {
      const claims = await open()
      await claims.claimWork({ owner: 'a', names: ['1'], now: NOW, leaseMs: 10 })
      await claimedWork(claims, 'b', ['1'], later(10))
      assert.deepEqual(await claimedWork(claims, 'a', ['1'], later(LEASE_MS + 9)), [])
      assert.deepEqual(await claimedWork(claims, 'a', ['1'], later(LEASE_MS + 10)), ['1'])
    })

    it('gives what its owner no longer names to others at once', async () => {
      const claims = await open()
      await claimedWork(claims, 'a', ['1', '2'])
      assert.deepEqual(await claimedWork(claims, 'b', ['1', '2']), [])
      assert.deepEqual(await claimedWork(claims, 'a', ['2']), ['2'])
      assert.deepEqual(await claimedWork(claims, 'b', ['1', '2']), ['1'])
    })

    it('releases what its owner has, and nothing of others', async () => {
      const claims = await open()
      await claimedWork(claims, 'a', ['1'])
      await claimedWork(claims, 'b', ['2'])
      await claims.releaseWork('a')
      assert.deepEqual(await claimedWork(claims, 'c', ['1', '2']), ['1'])
    })
  })
}
