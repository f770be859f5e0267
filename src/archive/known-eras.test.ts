import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LADDER } from '../../test/origin/sample-channel.ts'
import { FIRST_ERA_OF_SECOND_INPUT } from '../model/eras/era.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { Era } from '../model/output-segment.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { Input } from './input.ts'
import { KnownEras } from './known-eras.ts'

const eraOf = (id: number): Era => ({ ...LADDER, id })

/** The eras of a channel with two inputs, whose index answers when it is told to. */
function twoInputs() {
  const waiting: (() => void)[] = []
  const eras: SegmentIndex['eras'] = async (_ref: InputRef, ids: readonly number[]) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return ids.map(eraOf)
  }
  const inputs = ['channel', 'channel-2'].map((ingestEndpointId) => {
    const input = new Input({ channelGuid: 'channel', ingestEndpointId }, { eras } as SegmentIndex)
    return [ingestEndpointId, input] as const
  })
  const known = new KnownEras(new Map(inputs), () => [])
  const answer = async () => {
    waiting.shift()?.()
    await new Promise(setImmediate)
  }
  return { known, answer }
}

describe('eras that somebody asks for', () => {
  const ids = [1, FIRST_ERA_OF_SECOND_INPUT + 1]
  const idsOf = (eras: readonly Era[]) => eras.map(({ id }) => id)

  it('are all there, even if others are forgotten while some of them are fetched', async () => {
    const { known, answer } = twoInputs()
    const asked = known.byId(ids)
    await answer()
    known.forgetOthers()
    await answer()
    assert.deepEqual(idsOf(await asked), ids)
  })

  it('are all there, even if those in memory are forgotten while the rest is fetched', async () => {
    const { known, answer } = twoInputs()
    const first = known.byId([1])
    await answer()
    assert.deepEqual(idsOf(await first), [1])
    const asked = known.byId([1, 2])
    known.forgetOthers()
    await answer()
    assert.deepEqual(idsOf(await asked), [1, 2])
  })
})
