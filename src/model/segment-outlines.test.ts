import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { outputSegments } from '../../test/origin/sample-channel.ts'
import type { OutputSegment, SlotObject } from './output-segment.ts'
import { PackedNumbers, PackedNumbersReader } from './packed-numbers.ts'
import { outlinesOf } from './segment-outlines.ts'

/** What an outline is to say of an object. */
const outlined = (object: SlotObject): SlotObject => ({
  ...object,
  key: '',
  crc32: 0,
  sha256: '',
  ...(object.more && { more: object.more.map(outlined) }),
})

const plain = (segment: OutputSegment) => structuredClone({ ...segment, slots: segment.slots })

function assertOutlined(segments: readonly OutputSegment[]): void {
  const expected = segments.map((segment) => ({
    ...segment,
    slots: segment.slots.map((slot) => ({
      ...slot,
      objects: Object.fromEntries(Object.entries(slot.objects).map(([stream, object]) => [stream, outlined(object)])),
    })),
  }))
  assert.deepEqual(outlinesOf(segments).map(plain), structuredClone(expected))
}

const time = fc.integer({ min: -(2 ** 40), max: 2 ** 40 })
const count = fc.integer({ min: 0, max: 2 ** 40 })
const absent = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const without = (object: object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))

const trackTimes = fc.record({ first: time, last: time, bytes: count, pictures: absent(count) }).map(without)
const object: fc.Arbitrary<SlotObject> = fc.letrec((tie) => ({
  object: fc
    .record({
      key: fc.string(),
      size: count,
      crc32: count,
      sha256: fc.string(),
      times: absent(fc.array(fc.option(trackTimes), { maxLength: 4 })),
      keyFrames: absent(fc.array(fc.record({ pts: time, offset: count, size: count }), { maxLength: 3 })),
      duration: absent(count),
      startsWithKeyFrame: absent(fc.constant(false)),
      more: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant(undefined), fc.array(tie('object'))),
    })
    .map(without),
})).object as fc.Arbitrary<SlotObject>
const slot = fc.record({
  era: count,
  index: count,
  start: time,
  duration: count,
  startUtc: time,
  sealedAt: time,
  objects: fc.dictionary(fc.integer({ min: 1, max: 40 }).map(String), object, { noNullPrototype: true, maxKeys: 4 }),
})
const segment = fc
  .record({
    number: count,
    era: count,
    start: time,
    duration: count,
    startUtc: time,
    sealedAt: time,
    discontinuity: fc.boolean(),
    discontinuitySequence: count,
    moved: absent(fc.record({ ticks: time, ms: time })),
    slots: fc.array(slot, { maxLength: 3 }),
  })
  .map(without) as fc.Arbitrary<OutputSegment>

describe('outlines of output segments', () => {
  it('say all that segments say, but for what names and proves their bytes', () => {
    assertOutlined(outputSegments(7, [{}, { missing: [2] }, { slots: 3 }, { discontinuity: true, seconds: 1 }]))
  })

  it('say it whatever the numbers are', () => {
    fc.assert(fc.property(fc.array(segment, { maxLength: 4 }), assertOutlined))
  })

  it('share what is said of a stretch', () => {
    const [first, second, third] = outlinesOf(outputSegments(7, [{}, {}, { discontinuity: true }]))
    assert.equal(first?.stretch, second?.stretch)
    assert.deepEqual(third?.stretch?.number, 9)
  })
})

describe('packed numbers', () => {
  it('come back as they were', () => {
    const whole = fc.array(
      fc.tuple(fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 })),
    )
    fc.assert(
      fc.property(whole, (numbers) => {
        const packed = new PackedNumbers()
        for (const [unsigned, signed] of numbers) {
          packed.unsigned(unsigned)
          packed.signed(signed)
        }
        const reader = new PackedNumbersReader(packed.taken(), 0)
        assert.deepEqual(
          numbers.map(() => [reader.unsigned(), reader.signed()]),
          numbers,
        )
        assert.throws(() => reader.unsigned(), RangeError)
      }),
    )
  })

  it('are whole, and not too great', () => {
    const packed = new PackedNumbers()
    for (const value of [0.5, -1, 2 ** 53, Number.NaN]) assert.throws(() => packed.unsigned(value), RangeError)
    assert.throws(() => packed.signed(2 ** 52), RangeError)
  })
})
