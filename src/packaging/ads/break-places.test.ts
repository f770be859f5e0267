import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ticks } from '../../media/time.ts'
import { type AdBreak, type AdChanges, adBreaksAt, keptAdBreaks } from '../../model/ad-events/ad-breaks.ts'
import type { AdTrigger } from '../../model/manifest.ts'
import { adBoundaryOf } from './break-places.ts'

const SEGMENTS = 300

const event = (number: number, typeId: number) => ({ era: 1, number, kind: 'segmentation' as const, typeId })
const name = (number: number) => ({ era: 1, number })

/** Where the Period of each segment begins, and the event that opens it, of an endpoint with one trigger. */
function placesOf(trigger: AdTrigger, ofSegment: (i: number) => Partial<AdChanges>) {
  let told: readonly AdBreak[] = []
  return Array.from({ length: SEGMENTS }, (_, i) => {
    const changes = { begun: [], ended: [], renamed: [], ...ofSegment(i) }
    told = adBreaksAt(told, changes, { start: ticks(i), isNewPeriod: i === 0 })
    const segment = { start: ticks(i), adBreaks: keptAdBreaks(told, ticks(i)) }
    const boundary = adBoundaryOf(segment, { adTriggers: [trigger], adsOnDeliveryRestrictions: 'BOTH' })
    return { begins: boundary && i - boundary.ago, opens: boundary?.opens?.event }
  })
}

/** A Period begins with the segment with which its beginning is told first, and goes on where the next has the same. */
function assertPeriods(places: ReturnType<typeof placesOf>): void {
  for (const [i, { begins }] of places.entries()) {
    if (i > 0 && begins !== places[i - 1]!.begins) assert.equal(begins, i, `segment ${i}`)
  }
}

describe('the Periods of ad breaks', () => {
  it('follow one another where no break is ever over', () => {
    const places = placesOf('BREAK', (i) => ({ begun: i % 3 === 0 ? [event(i, 0x22)] : [] }))
    assertPeriods(places)
    assert.deepEqual(places.at(-1), { begins: 0, opens: 0 })
  })

  it('follow one another where of too many breaks the one ends that began first', () => {
    assertPeriods(placesOf('BREAK', (i) => ({ begun: [event(i, 0x22)], ended: i >= 64 ? [name(i - 64)] : [] })))
  })

  it('follow one another where each break begins before the one before it is over', () => {
    assertPeriods(placesOf('BREAK', (i) => ({ begun: [event(i, 0x22)], ended: i > 1 ? [name(i - 2)] : [] })))
  })

  it('are those of its own triggers, however many others are never over', () => {
    const places = placesOf('PROVIDER_ADVERTISEMENT', (i) => ({
      begun: [event(i, 0x22), ...(i % 10 === 5 ? [event(1000 + i, 0x30)] : [])],
      ended: i % 10 === 7 ? [name(1000 + i - 2)] : [],
    }))
    assertPeriods(places)
    assert.deepEqual(places.slice(295), [
      { begins: 295, opens: 1295 },
      { begins: 295, opens: 1295 },
      ...Array(3).fill({ begins: 297, opens: undefined }),
    ])
  })
})
