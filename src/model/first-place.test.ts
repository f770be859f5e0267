import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { firstPlace } from './first-place.ts'

describe('the first place', () => {
  it('is the one from which on something holds', () => {
    for (let length = 0; length < 9; length++) {
      for (let first = 0; first <= length; first++)
        assert.equal(
          firstPlace(length, (place) => place >= first),
          first,
        )
    }
  })

  it('is found among as many as numbers can count', () => {
    const first = Number.MAX_SAFE_INTEGER - 5
    assert.equal(
      firstPlace(Number.MAX_SAFE_INTEGER, (place) => place >= first),
      first,
    )
  })
})
