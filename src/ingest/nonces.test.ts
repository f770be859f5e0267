import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { utcMs } from '../media/time.ts'
import { Nonces, NonceUse } from './nonces.ts'

const at = (ms: number) => utcMs(1_700_000_000_000 + ms)

describe('a nonce', () => {
  it('is found until it expires, and no longer', () => {
    const nonces = new Nonces(1000)
    const nonce = nonces.issue(at(0))
    assert.equal(nonces.find(nonce, at(999))?.nonce, nonce)
    assert.equal(nonces.find(nonce, at(1000)), undefined)
  })

  it('lives on while it is used', () => {
    const nonces = new Nonces(1000)
    const nonce = nonces.issue(at(0))
    for (const ms of [900, 1800, 2700]) nonces.keep(nonces.find(nonce, at(ms))!, at(ms))
    assert.ok(nonces.find(nonce, at(3600)))
    assert.equal(nonces.find(nonce, at(3700)), undefined)
  })

  it('is found with the same key by another process, whose clock may be a second behind', () => {
    const key = Buffer.alloc(32, 7)
    const nonce = new Nonces(5000, { key }).issue(at(2000))
    const other = new Nonces(5000, { key })
    assert.equal(other.find(nonce, at(999)), undefined)
    assert.ok(other.find(nonce, at(1000)))
    assert.ok(other.find(nonce, at(6999)))
    assert.equal(other.find(nonce, at(7000)), undefined)
    assert.equal(new Nonces(5000, { key: Buffer.alloc(32, 8) }).find(nonce, at(2000)), undefined)
  })

  it('keeps what was seen of it', () => {
    const nonces = new Nonces(1000)
    const nonce = nonces.issue(at(0))
    const use = nonces.find(nonce, at(1))!
    assert.equal(use.accept(1), true)
    nonces.keep(use, at(1))
    assert.equal(nonces.find(nonce, at(2))!.accept(1), false)
  })

  it('is refused when it was changed, is from another server, or is nonsense', () => {
    const nonces = new Nonces(1000)
    const nonce = nonces.issue(at(0))
    for (let i = 0; i < nonce.length; i++) {
      const changed = nonce.slice(0, i) + (nonce[i] === 'A' ? 'B' : 'A') + nonce.slice(i + 1)
      assert.equal(nonces.find(changed, at(1)), undefined, `character ${i}`)
    }
    assert.equal(new Nonces(1000).find(nonce, at(1)), undefined)
    for (const nonsense of ['', 'x', `${nonce}A`, `${nonce}=`, ` ${nonce}`]) {
      assert.equal(nonces.find(nonsense, at(1)), undefined)
    }
  })

  it('never comes back with its counts forgotten when memory was short', () => {
    const nonces = new Nonces(1000, { limit: 2 })
    const [first, unused, ...rest] = [0, 1, 2, 3].map((ms) => nonces.issue(at(ms)))
    for (const nonce of [first!, ...rest]) nonces.keep(nonces.find(nonce, at(10))!, at(10))
    assert.equal(nonces.find(first!, at(11)), undefined)
    assert.ok(nonces.find(unused!, at(11)), 'issued later than the forgotten one')
    for (const nonce of rest) assert.ok(nonces.find(nonce, at(11)))
  })
})

describe('the counts of a nonce', () => {
  it('are each accepted once, in any order within 64 of the highest', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 300 })
    fc.assert(
      fc.property(counts, (sent) => {
        const use = new NonceUse('n', 0)
        const accepted = new Set<number>()
        let highest = 0
        for (const count of sent) {
          const expected = count > 0 && count > highest - 64 && !accepted.has(count)
          assert.equal(use.accept(count), expected, `${count} after ${[...accepted].join()}`)
          if (expected) accepted.add(count)
          highest = Math.max(highest, count)
        }
      }),
      { seed: 7616 },
    )
  })

  it('may jump to the largest there is', () => {
    const use = new NonceUse('n', 0)
    assert.equal(use.accept(0xffffffff), true)
    assert.equal(use.accept(0xffffffff), false)
    assert.equal(use.accept(0xfffffffe), true)
  })
})
