import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allSteps } from '../../media/steps.ts'
import { placeOfNumber } from './listing.ts'
import { readMpd } from './mpd-listing.ts'

/** The one track of an MPD with these S elements. */
function track(elements: string, media = '$Number$.mp4') {
  const template = `<SegmentTemplate timescale="1000" startNumber="7" media="${media}">`
  const timeline = `${template}<SegmentTimeline>${elements}</SegmentTimeline></SegmentTemplate>`
  const set = `<AdaptationSet mimeType="video/mp4">${timeline}<Representation id="1"/></AdaptationSet>`
  return allSteps(readMpd(`<MPD type="static"><Period>${set}</Period></MPD>`, 'index.mpd')).listings[0]!
}

describe('the segments of a SegmentTimeline', () => {
  const { entries } = track('<S t="100" d="2000" r="1"/><S d="1000"/><S t="9000" d="10" r="2"/>')
  const numbers = [100, 2100, 4100, 9000, 9010, 9020]

  it('are made for each place, counted from either end', () => {
    assert.equal(entries.length, 6)
    for (const [place, sequence] of numbers.entries()) {
      assert.equal(entries.at(place)?.sequence, sequence)
      assert.deepEqual(entries.at(place - 6), entries.at(place))
    }
    assert.deepEqual(entries.at(1), { sequence: 2100, startMs: 2100, ms: 2000, path: '8.mp4' })
    assert.equal(entries.at(6), undefined)
    assert.equal(entries.at(-7), undefined)
    assert.equal(track('').entries.at(-1), undefined)
  })

  it('are found by their numbers', () => {
    assert.deepEqual(
      numbers.map((sequence) => placeOfNumber(sequence, entries)),
      [0, 1, 2, 3, 4, 5],
    )
    const { entries: many } = track(`<S t="0" d="1" r="${Number.MAX_SAFE_INTEGER - 1}"/>`)
    assert.equal(placeOfNumber(2 ** 52 + 3, many), 2 ** 52 + 3)
    for (const other of [0, 101, 8999, 9030]) assert.equal(placeOfNumber(other, entries), undefined)
  })

  it('are spans of equal ones', () => {
    assert.deepEqual(
      [...entries.spans()],
      [
        { sequence: 100, startMs: 100, endMs: 4100 },
        { sequence: 4100, startMs: 4100, endMs: 5100 },
        { sequence: 9000, startMs: 9000, endMs: 9030 },
      ],
    )
  })

  it('may be those of a fortnight, or as many as numbers can count', () => {
    assert.equal(track('<S t="0" d="2000" r="604799"/>').entries.at(-1)?.path, '604806.mp4')
    assert.equal(track(`<S t="0" d="0" r="${Number.MAX_SAFE_INTEGER - 1}"/>`).entries.length, Number.MAX_SAFE_INTEGER)
    for (const elements of [`<S d="2" r="${2 ** 53 - 2}"/>`, '<S d="1" r="-2"/>', `${'<S d="0" r="6e15"/>'.repeat(2)}`])
      assert.throws(() => track(elements), { name: 'UnreadableListing', message: /lists a run of/ })
  })

  it('have no reference that may be too long', () => {
    assert.equal(track('<S d="1"/>', 'a'.repeat(4000)).entries.at(0)?.path?.length, 4000)
    assert.throws(() => track('<S d="1"/>', '$Time$'.repeat(300)), { message: 'has a reference of 5100 characters' })
  })
})
