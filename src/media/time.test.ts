import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { msFromTicks, PTS_MODULUS, rescale, ticks, ticksFromSeconds, unwrapPts } from './time.ts'

const pts = fc.integer({ min: 0, max: PTS_MODULUS - 1 })

describe('unwrapPts', () => {
  it('gives the time that reads as the PTS and is nearest to what is expected', () => {
    fc.assert(
      fc.property(pts, fc.integer({ min: -PTS_MODULUS, max: 2 ** 50 }), (value, expected) => {
        const time = unwrapPts(value, ticks(expected))
        assert.equal((((time % PTS_MODULUS) + PTS_MODULUS) % PTS_MODULUS) - value, 0)
        assert.ok(Math.abs(time - expected) <= PTS_MODULUS / 2)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
  it('goes on over a wrap, and back', () => {
    assert.equal(unwrapPts(100, ticks(PTS_MODULUS - 100)), PTS_MODULUS + 100)
    assert.equal(unwrapPts(PTS_MODULUS - 100, ticks(PTS_MODULUS + 100)), PTS_MODULUS - 100)
  })
})

describe('rescale', () => {
  it('rounds to nearest, exactly, where the plain product would not fit 53 bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 46 }), fc.constantFrom(44_100, 48_000, 90_000), (value, to) => {
        const [scaled, exact] = [BigInt(rescale(value, 90_000, to)), BigInt(value) * BigInt(to)]
        assert.ok(2n * (scaled * 90_000n - exact) <= 90_000n && 2n * (exact - scaled * 90_000n) <= 90_000n)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

describe('seconds and milliseconds', () => {
  it('are rounded once, at the end', () => {
    assert.equal(ticksFromSeconds(1 / 3), 30_000)
    assert.equal(msFromTicks(ticks(45)), 1)
    assert.equal(msFromTicks(ticks(44)), 0)
  })
})
