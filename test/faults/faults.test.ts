import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readSource, readTree } from '../source-tree.ts'
import { ALL_FAULTS } from './all-faults.ts'
import { type Fault, withFault } from './fault.ts'

/** Cases that test files of several adapters share. */
const CONTRACTS = readTree(['src'], ['.contract.ts']).map(({ text }) => text)

describe('the deliberate faults', () => {
  it('have names of their own', () => {
    assert.equal(new Set(ALL_FAULTS.map(({ name }) => name)).size, ALL_FAULTS.length)
  })

  for (const fault of ALL_FAULTS) {
    const { name, file, caughtBy } = fault
    it(`can put "${name}" into the code, and know who is to notice it`, () => {
      const { text } = readSource(file)
      assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
      assert.notEqual(withFault(fault, text), text)
      assert.match(caughtBy.file, /\.test\.ts$/)
      const tests = [readSource(caughtBy.file).text, ...CONTRACTS].join('\n')
      assert.ok(new RegExp(caughtBy.cases ?? '').test(tests), `no case of ${caughtBy.file} matches`)
    })
  }

  it('are refused where their text is gone, or stands twice', () => {
    const fault: Fault = {
      name: 'no-fault',
      breaks: 'nothing',
      file: 'src/a.ts',
      find: 'here',
      replace: 'there',
      caughtBy: { file: 'src/a.test.ts' },
      failure: /there/,
    }
    assert.equal(withFault(fault, 'it is here'), 'it is there')
    assert.throws(() => withFault(fault, 'it is gone'), /stands 0 times in src\/a\.ts/)
    assert.throws(() => withFault(fault, 'here and here'), /stands 2 times in src\/a\.ts/)
  })
})
