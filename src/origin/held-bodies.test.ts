import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import type { SegmentBody } from '../packaging/output-format.ts'
import { HeldBodies } from './held-bodies.ts'

class Answer extends EventEmitter {
  destroyed = false

  destroy(): this {
    this.destroyed = true
    this.emit('close')
    return this
  }
}

const bodyOf = (size: number): SegmentBody => ({ kind: 'bytes', contentType: '', size, parts: [], sources: [] })

describe('segments held by answers', () => {
  it('are let go of where they have been held longest, past a bound', () => {
    const held = new HeldBodies(25)
    const answers = Array.from({ length: 4 }, () => new Answer())
    for (const answer of answers) held.hold(bodyOf(10), answer)
    assert.deepEqual(
      answers.map(({ destroyed }) => destroyed),
      [true, true, false, false],
    )
  })

  it('count once, however many hold one, and not when they have left', () => {
    const held = new HeldBodies(25)
    const [one, two] = [bodyOf(10), bodyOf(10)]
    const answers = Array.from({ length: 6 }, () => new Answer())
    for (const answer of answers.slice(0, 4)) held.hold(one, answer)
    held.hold(two, answers[4]!)
    for (const answer of answers.slice(0, 4)) answer.emit('close')
    held.hold(bodyOf(10), answers[5]!)
    assert.ok(answers.every(({ destroyed }) => !destroyed))
  })

  it('are sent even when one alone is beyond the bound', () => {
    const held = new HeldBodies(25)
    const [first, second] = [new Answer(), new Answer()]
    held.hold(bodyOf(10), first)
    held.hold(bodyOf(100), second)
    assert.deepEqual([first.destroyed, second.destroyed], [true, false])
  })
})
