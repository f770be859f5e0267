import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { probeAt, Rehearsal } from '../../../test/timeline/rehearsal.ts'
import { UnknownRecordVersion } from '../record-version.ts'
import { emptyTimeline, readTimeline } from './state.ts'

describe('the saved state of an input', () => {
  it('of the first versions is told its version, its input and where its eras come from', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.put('a-0', probeAt(10))
    r.list('a', 0, [{ name: 'a-0' }])
    const { version: _, input: __, ...saved } = r.state
    const eras = saved.eras.map(({ origin: ___, ...era }) => era)
    assert.equal(eras.length, 1)
    assert.deepEqual(readTimeline(JSON.stringify({ ...saved, eras }), r.state.input), r.state)
  })

  it('is not guessed at when a newer version saved it', () => {
    const text = JSON.stringify({ ...emptyTimeline('a'), version: 2 })
    assert.throws(() => readTimeline(text, 'a'), UnknownRecordVersion)
    assert.deepEqual(readTimeline(JSON.stringify(emptyTimeline('a')), 'a'), emptyTimeline('a'))
  })
})

describe('the size of the state of an input', () => {
  it('is bounded where names are long: fewer segments are awaited and remembered', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.list('a', 0, [{ name: 'a-0' }])
    const names = (length: number) => Array.from({ length: 256 }, (_, i) => ({ name: `${i}`.padStart(length, 'x') }))
    r.list('a', 1, names(60))
    const { queue, recent } = r.state.listings['a']!
    assert.deepEqual([queue.length, recent.length], [256, 64])
    r.list('a', 257, names(1000))
    const { queue: later, recent: newest } = r.state.listings['a']!
    assert.deepEqual([later.length, newest.length], [16, 4])
    assert.ok(JSON.stringify(r.state).length < 32_000)
  })
})
