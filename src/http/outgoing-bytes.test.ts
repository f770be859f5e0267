import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import { OutgoingBytes } from './outgoing-bytes.ts'

class FakeResponse extends EventEmitter {
  closed = false
  destroyed = false
  writableLength = 0

  destroy(): this {
    this.destroyed = true
    return this.close()
  }

  close(): this {
    this.closed = true
    this.emit('close')
    return this
  }
}

const responses = (count: number) => Array.from({ length: count }, () => new FakeResponse())
const cut = (all: readonly FakeResponse[]) => all.map(({ destroyed }) => destroyed)

function outgoingOf(mostBytes: number, stallSeconds = 60) {
  const lines: object[] = []
  const log = { info() {}, warn: (fields: object) => void lines.push(fields), error() {} }
  return { outgoing: new OutgoingBytes({ mostBytes, stallSeconds, log }), lines }
}

const memory = (byteLength: number) => [{ byteLength }]

describe('OutgoingBytes', () => {
  it('cuts off who has held memory longest without progress, beyond the bound', () => {
    const { outgoing, lines } = outgoingOf(35)
    const all = responses(4)
    for (const response of all.slice(0, 3)) outgoing.hold(response, memory(10))
    outgoing.progress(all[0]!)
    outgoing.hold(all[3]!, memory(10))
    assert.deepEqual(cut(all), [false, true, false, false])
    assert.equal(outgoing.bytes, 30)
    outgoing.tick()
    outgoing.tick()
    assert.deepEqual(lines, [{ event: 'slow-clients-cut', overBound: 1, stalled: 0, bytes: 30 }])
  })

  it('cuts off who holds most, of those who have held it about as long', () => {
    const { outgoing } = outgoingOf(1000)
    const all = responses(4)
    for (const [at, size] of [100, 600, 200, 300].entries()) outgoing.hold(all[at]!, memory(size))
    assert.deepEqual(cut(all), [false, true, false, false])
  })

  it('counts memory once, however many responses hold it, until the last has closed', () => {
    const { outgoing } = outgoingOf(25)
    const [one, two] = [memory(10), memory(10)]
    const all = responses(6)
    for (const response of all.slice(0, 4)) outgoing.hold(response, one)
    outgoing.hold(all[4]!, two)
    for (const response of all.slice(0, 4)) {
      assert.equal(outgoing.bytes, 20)
      response.close()
    }
    assert.equal(outgoing.bytes, 10)
    outgoing.hold(all[5]!, memory(10))
    assert.deepEqual(cut(all), [false, false, false, false, false, false])
  })

  it('counts what a response holds now in place of what it held before', () => {
    const { outgoing } = outgoingOf(100)
    const response = new FakeResponse()
    const shared = { byteLength: 10 }
    outgoing.hold(response, [shared, { byteLength: 20 }])
    outgoing.hold(response, [shared])
    assert.equal(outgoing.bytes, 10)
    response.close()
    outgoing.hold(response, [shared])
    assert.equal(outgoing.bytes, 0)
  })

  it('lets a response pass that is beyond the bound alone', () => {
    const { outgoing } = outgoingOf(25)
    const all = responses(2)
    outgoing.hold(all[0]!, memory(10))
    outgoing.hold(all[1]!, memory(100))
    assert.deepEqual(cut(all), [true, false])
  })

  it('cuts off who makes no progress for the time allowed, and nobody else', () => {
    const { outgoing, lines } = outgoingOf(1000, 3)
    const all = responses(2)
    for (const response of all) outgoing.hold(response, memory(10))
    for (let second = 0; second < 5; second++) {
      outgoing.tick()
      outgoing.progress(all[1]!)
    }
    assert.deepEqual(cut(all), [true, false])
    assert.deepEqual(lines, [{ event: 'slow-clients-cut', overBound: 0, stalled: 1, bytes: 10 }])
  })

  it('counts what a handler left in the queue of its response, unless the handler counted it', () => {
    const { outgoing } = outgoingOf(1000)
    const [rest, counted, none] = responses(3)
    Object.assign(rest!, { writableLength: 70 })
    Object.assign(counted!, { writableLength: 5 })
    outgoing.hold(counted!, memory(200))
    for (const response of [rest, counted, none]) outgoing.holdRest(response!)
    assert.equal(outgoing.bytes, 270)
  })
})
