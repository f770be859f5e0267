import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WORST_INPUTS } from './worst/all.ts'
import { judged } from './worst/table.ts'

/**
 * Short: every third input, two sizes, few readings. `npm run soak -- --only worst-inputs` measures all of them up to
 * 10 MB, and prints the table.
 */
const SHORT = { sizes: [8 * 1024, 64 * 1024], rounds: 2, mostExponent: 1.4 }
const CHOSEN = WORST_INPUTS.filter((_, at) => at % 3 === 0)

describe('the worst inputs', () => {
  it('are many, each with a name of its own', () => {
    const names = WORST_INPUTS.map(({ reader, name }) => `${reader}: ${name}`)
    assert.equal(new Set(names).size, names.length)
    assert.ok(new Set(WORST_INPUTS.map(({ name }) => name)).size >= 60)
  })

  for (const reader of new Set(CHOSEN.map((input) => input.reader))) {
    it(`${reader}: none holds the event loop for long, or costs more for each byte the more bytes there are`, async () => {
      const faults: string[] = []
      for (const input of CHOSEN.filter((each) => each.reader === reader)) {
        const { fault } = await judged(input, SHORT)
        if (fault !== undefined) faults.push(fault)
      }
      assert.deepEqual(faults, [])
    })
  }
})
