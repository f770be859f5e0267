import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EPOCH, IMAGE, images, probeAt, push, Rehearsal, variants } from '../../../test/timeline/rehearsal.ts'
import { ticks, type UtcMs, utcMs } from '../../media/time.ts'
import { inOrder } from '../output-segment.ts'

/** An input of two variants, and images in stream 3, with an output timeline of two seconds. */
function withImages(): Rehearsal {
  const r = new Rehearsal()
  r.streams([...variants('a', 'b'), images(3, 'img')])
  r.open(1, 2)
  return r
}

function image(r: Rehearsal, i: number, probe: Parameters<Rehearsal['put']>[1] = IMAGE, date?: UtcMs): void {
  r.put(`img-${i}`, probe)
  r.list('img', i, [{ name: `img-${i}`, ...(date !== undefined && { date }) }])
}

/** For each slot the names of the images in it. */
function imagesIn(r: Rehearsal): string[] {
  return r.slots.map(({ objects }) =>
    inOrder(objects[3])
      .map(({ sha256 }) => r.names.get(sha256))
      .join('+'),
  )
}

describe('images', () => {
  it('stand beside the pictures of the same media sequence when they come before them', () => {
    const r = withImages()
    for (let i = 0; i < 5; i++) {
      image(r, i)
      push(r, ['a', 'b'], i)
      r.pass(2)
    }
    assert.deepEqual(imagesIn(r), ['img-0', 'img-1', 'img-2', 'img-3', 'img-4'])
    assert.deepEqual(r.gaps, [])
    const stream = r.eras.get(1)!.streams[2]!
    assert.deepEqual([stream.container, stream.tracks], ['jpeg', IMAGE.tracks])
  })

  it('hold no slot back, and stand in the next one, with their own times, when they come after it', () => {
    const r = withImages()
    for (let i = 0; i < 5; i++) {
      push(r, ['a', 'b'], i)
      assert.equal(r.slots.length, i + 1)
      image(r, i)
      r.pass(2)
    }
    assert.deepEqual(imagesIn(r), ['', 'img-0', 'img-1', 'img-2', 'img-3'])
    for (const { start, objects } of r.slots.slice(1)) assert.equal(objects[3]!.start, start - 180_000)
    assert.deepEqual(r.gaps, [])
    assert.deepEqual(r.state.habits ?? {}, {})
  })

  it('stand with the image of a slot when only the one before was late', () => {
    const r = withImages()
    push(r, ['a', 'b'], 0)
    image(r, 0)
    image(r, 1)
    push(r, ['a', 'b'], 1)
    assert.deepEqual(imagesIn(r), ['', 'img-0+img-1'])
    const [late, own] = inOrder(r.slots[1]!.objects[3])
    assert.deepEqual([late!.start, own!.start], [r.slots[0]!.start, undefined])
  })

  it('later than three target durations are archived, and not shown', () => {
    const r = withImages()
    for (let i = 0; i < 7; i++) {
      const date = utcMs(EPOCH + 2000 * i)
      if (i === 0) image(r, i, IMAGE, date)
      if (i === 6) image(r, 1, IMAGE, utcMs(EPOCH + 2000))
      for (const s of ['a', 'b']) {
        r.put(`${s}-${i}`, probeAt(10 + 2 * i))
        r.list(s, i, [{ name: `${s}-${i}`, date }])
      }
    }
    assert.deepEqual(imagesIn(r), ['img-0', '', '', '', '', '', ''])
    assert.deepEqual(r.gaps, ['img-1: too late for its slot'])
  })

  it('that are missing are no gap of the channel', () => {
    const r = withImages()
    for (let i = 0; i < 4; i++) {
      if (i === 0 || i === 3) image(r, i)
      push(r, ['a', 'b'], i)
      r.pass(2)
    }
    assert.deepEqual(imagesIn(r), ['img-0', '', '', 'img-3'])
    assert.deepEqual(
      r.outputs(1).map(({ discontinuity, period }) => [discontinuity, period?.number]),
      Array.from({ length: 4 }, () => [false, 1]),
    )
  })

  it('that are none are told of, and others go on', () => {
    const r = withImages()
    image(r, 0, 'JPEG without a frame header at byte 9')
    push(r, ['a', 'b'], 0)
    image(r, 1)
    push(r, ['a', 'b'], 1)
    assert.deepEqual(imagesIn(r), ['', 'img-1'])
    assert.deepEqual(r.gaps, ['img-0: JPEG without a frame header at byte 9'])
    assert.deepEqual(Object.keys(r.state.habits ?? {}), ['segment-unusable'])
  })

  it('keep their index when the parent playlist names them anew', () => {
    const r = withImages()
    r.streams([...variants('a', 'b'), images(3, 'other')])
    assert.deepEqual(
      r.state.streams?.map(({ index, playlist }) => [index, playlist]),
      [
        [1, 'a'],
        [2, 'b'],
        [3, 'other'],
      ],
    )
    assert.equal(ticks(r.state.streamsRevision), 1)
  })
})
