import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LADDER } from '../../test/origin/sample-channel.ts'
import type { Era } from '../model/output-segment.ts'
import { KnownEras } from './known-eras.ts'

const eraOf = (id: number): Era => ({ ...LADDER, id })

/** The eras of a channel, whose index answers when it is told to. */
function slowEras() {
  const waiting: (() => void)[] = []
  const readEras = async (ids: readonly number[]) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return ids.map(eraOf)
  }
  const known = new KnownEras({ openEra: () => undefined, readEras })
  const answer = async () => {
    waiting.shift()?.()
    await new Promise(setImmediate)
  }
  return { known, answer }
}

describe('eras that somebody asks for', () => {
  const idsOf = (eras: readonly Era[]) => eras.map(({ id }) => id)

  it('are all there, even if they are forgotten while others are read', async () => {
    const { known, answer } = slowEras()
    const first = known.byId([1])
    await answer()
    assert.deepEqual(idsOf(await first), [1])
    const asked = known.byId([1, 2])
    known.keepOnly(new Set())
    await answer()
    assert.deepEqual(idsOf(await asked), [1, 2])
  })

  it('are as a step has left them, even if the index answers with what they were before', async () => {
    const { known, answer } = slowEras()
    const asked = known.byId([1])
    const changed = { ...eraOf(1), streams: [] }
    known.add([changed])
    await answer()
    assert.deepEqual(await asked, [changed])
    assert.equal(known.of(1), changed)
  })
})
