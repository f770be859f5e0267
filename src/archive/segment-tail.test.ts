import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outputSegments } from '../../test/origin/sample-channel.ts'
import type { NumberRange } from '../model/segment-numbers.ts'
import { SegmentTail, TAIL_SEGMENTS } from './segment-tail.ts'

const ALL = outputSegments(
  1,
  Array.from({ length: 2 * TAIL_SEGMENTS }, () => ({})),
)

/** An output timeline that another process continues and shortens. */
class Published {
  kept: NumberRange
  /** Segments read. */
  read = 0
  /** Numbers asked for. */
  asked = 0

  constructor(kept: NumberRange) {
    this.kept = kept
  }

  readonly lastOutputSegments = async (_: number, limit: number) => this.take(this.all.slice(-limit))
  readonly outputSegment = async (_: number, number: number) =>
    this.take(this.numbered({ after: number - 1, last: number }))[0]
  readonly outputSegmentsNumbered = async (_: number, range: NumberRange) => {
    this.asked += range.last - range.after
    return this.take(this.numbered(range))
  }

  private get all() {
    return ALL.slice(this.kept.after, this.kept.last)
  }

  private numbered({ after, last }: NumberRange) {
    return this.all.filter(({ number }) => number > after && number <= last)
  }

  private take<T>(segments: readonly T[]): readonly T[] {
    this.read += segments.length
    return segments
  }
}

const numbersOf = ({ all }: SegmentTail) => all.map(({ number }) => number)

/** What a tail loaded earlier becomes, and one that is loaded now. */
async function bothAfter(before: NumberRange, after: NumberRange) {
  const published = new Published(before)
  const known = await SegmentTail.load(published, 1, before.last + 1)
  published.kept = after
  published.read = 0
  const continued = await known.continued(published, 1, after.last + 1)
  const { read, asked } = published
  return {
    continued: numbersOf(continued),
    loaded: numbersOf(await SegmentTail.load(published, 1, after.last + 1)),
    read,
    asked,
  }
}

describe('the tail of an output timeline that another process writes', () => {
  it('goes on with what was published since, and reads nothing else but its oldest segment', async () => {
    const { continued, loaded, ...numbers } = await bothAfter({ after: 0, last: 500 }, { after: 0, last: 503 })
    assert.deepEqual(continued, loaded)
    assert.deepEqual(numbers, { read: 4, asked: 3 })
  })

  it('is what loading gives, whatever was published and deleted', async () => {
    for (const [before, after] of [
      [
        { after: 0, last: 0 },
        { after: 0, last: 3 },
      ],
      [
        { after: 0, last: 10 },
        { after: 2, last: 12 },
      ],
      [
        { after: 0, last: 10 },
        { after: 10, last: 12 },
      ],
      [
        { after: 0, last: 10 },
        { after: 0, last: 2 * TAIL_SEGMENTS },
      ],
      [
        { after: 0, last: TAIL_SEGMENTS },
        { after: 0, last: TAIL_SEGMENTS + 7 },
      ],
      [
        { after: 0, last: 10 },
        { after: 0, last: 0 },
      ],
      // What a standby did not have when it took the database over.
      [
        { after: 0, last: 10 },
        { after: 0, last: 7 },
      ],
    ] as const) {
      const { continued, loaded } = await bothAfter(before, after)
      assert.deepEqual(continued, loaded)
    }
  })
})

describe('the tail of an output timeline whose newest segments have been deleted', () => {
  it('is empty, whatever older ones are pinned', async () => {
    const pinned = new Published({ after: 5, last: 9 })
    assert.deepEqual(numbersOf(await SegmentTail.load(pinned, 1, 10)), [6, 7, 8, 9])
    assert.deepEqual(numbersOf(await SegmentTail.load(pinned, 1, 11)), [])
  })
})
