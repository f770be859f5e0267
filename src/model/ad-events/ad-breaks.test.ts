import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ticks } from '../../media/time.ts'
import { type AdBreak, type AdChanges, adBreaksAt } from './ad-breaks.ts'

const event = (number: number, typeId: number) => ({ era: 1, number, kind: 'segmentation' as const, typeId })
const name = (number: number) => ({ era: 1, number })

/** What a thousand segments tell of in the end. */
function afterAds(ofSegment: (i: number) => Partial<AdChanges>) {
  let told: readonly AdBreak[] = []
  for (let i = 0; i < 1000; i++) {
    const changes = { begun: [], ended: [], renamed: [], ...ofSegment(i) }
    told = adBreaksAt(told, changes, { start: ticks(i), isNewPeriod: i === 0 })
  }
  return told
}

describe('the ad breaks that an output segment tells of', () => {
  it('are those that go on and the last that is over, of each kind, however many there have been', () => {
    const told = afterAds((i) =>
      i === 0 ? { begun: [event(1, 0x34)] } : { begun: [event(i + 1, 0x30)], ended: i > 1 ? [name(i)] : [] },
    )
    assert.deepEqual(
      told.map(({ event: number, begins, ends }) => [number, begins.ago, ends?.ago]),
      [
        [1, 999, undefined],
        [999, 1, 0],
        [1000, 0, undefined],
      ],
    )
  })

  it('are few, even where each begins before the one before it is over', () => {
    const told = afterAds((i) => ({ begun: [event(i + 1, 0x30)], ended: i > 1 ? [name(i - 1)] : [] }))
    assert.ok(told.length <= 16, `${told.length}`)
    assert.ok(told.at(-1)!.event > 980, `${told.at(-1)!.event}`)
  })

  it('are none where nothing that happens is ever a break', () => {
    assert.deepEqual(
      afterAds((i) => ({ begun: [event(i + 1, 0x10)] })),
      [],
    )
  })

  it('have the newest name of an event, under which it ends', () => {
    const told = afterAds((i) => {
      if (i === 900) return { begun: [event(1, 0x30)] }
      if (i === 950) return { renamed: [{ from: name(1), to: { era: 2, number: 5 } }] }
      return i === 990 ? { ended: [{ era: 2, number: 5 }] } : {}
    })
    assert.deepEqual(
      told.map(({ era, event: number, begins, ends }) => [era, number, begins.ago, ends?.ago]),
      [[2, 5, 99, 9]],
    )
  })
})
