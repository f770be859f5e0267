import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import type { SegmentBody } from '../packaging/output-format.ts'
import { InFlightBytes } from './in-flight-bytes.ts'

class FakeResponse extends EventEmitter {
  destroyed = false

  destroy(): this {
    this.destroyed = true
    this.emit('close')
    return this
  }
}

const bodyOf = (size: number): SegmentBody => ({ kind: 'bytes', contentType: '', size, parts: [], sources: [] })

describe('InFlightBytes', () => {
  it('destroys the responses whose segment has been in flight longest, beyond the bound', () => {
    const inFlight = new InFlightBytes(25)
    const responses = Array.from({ length: 4 }, () => new FakeResponse())
    for (const response of responses) inFlight.add(bodyOf(10), response)
    assert.deepEqual(
      responses.map(({ destroyed }) => destroyed),
      [true, true, false, false],
    )
  })

  it('counts a segment once, however many responses send it, and not when they have closed', () => {
    const inFlight = new InFlightBytes(25)
    const [one, two] = [bodyOf(10), bodyOf(10)]
    const responses = Array.from({ length: 6 }, () => new FakeResponse())
    for (const response of responses.slice(0, 4)) inFlight.add(one, response)
    inFlight.add(two, responses[4]!)
    for (const response of responses.slice(0, 4)) response.emit('close')
    inFlight.add(bodyOf(10), responses[5]!)
    assert.ok(responses.every(({ destroyed }) => !destroyed))
  })

  it('lets a segment pass that is beyond the bound alone', () => {
    const inFlight = new InFlightBytes(25)
    const [first, second] = [new FakeResponse(), new FakeResponse()]
    inFlight.add(bodyOf(10), first)
    inFlight.add(bodyOf(100), second)
    assert.deepEqual([first.destroyed, second.destroyed], [true, false])
  })
})
