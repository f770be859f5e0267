import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ticks, utcMs } from '../../media/time.ts'
import { type AdBreak, adBreaksAt } from './ad-breaks.ts'
import type { AdEvent } from './ad-event.ts'

const event = (number: number, typeId: number): AdEvent => {
  const what = { number, kind: 'segmentation', id: number, typeId, opener: '' } as const
  return { ...what, start: ticks(number), startUtc: utcMs(number) }
}

/** The events by number of what a thousand segments tell of in the end, with an ad that begins with each of them. */
function afterAds(ofSegment: (i: number) => { readonly begins: AdEvent[]; readonly goesOn: readonly number[] }) {
  let told: readonly AdBreak[] = []
  for (let i = 0; i < 1000; i++) {
    told = adBreaksAt(told, { start: ticks(i), ads: { era: 1, ...ofSegment(i) }, isNewPeriod: i === 0 })
  }
  return told
}

describe('the ad breaks that an output segment tells of', () => {
  it('are those that go on and the last that is over, of each kind, however many there have been', () => {
    const told = afterAds((i) =>
      i === 0 ? { begins: [event(1, 0x34)], goesOn: [] } : { begins: [event(i + 1, 0x30)], goesOn: [1] },
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
    const told = afterAds((i) => ({ begins: [event(i + 1, 0x30)], goesOn: i > 0 ? [i] : [] }))
    assert.equal(told.length, 32)
    assert.equal(told.at(-1)?.event, 1000)
  })

  it('are none where nothing that happens is ever a break', () => {
    assert.deepEqual(
      afterAds((i) => ({ begins: [event(i + 1, 0x10)], goesOn: [] })),
      [],
    )
  })
})
