import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type GivenRecurrence, recurrenceOf } from './recurrence.ts'

describe('a recurrence', () => {
  const wrong: readonly [GivenRecurrence, RegExp][] = [
    [{}, /^every: must have one of/],
    [{ hours: 1, minutes: 1 }, /^every: must have one of/],
    [{ minutes: 0 }, /^every\.minutes: must be between 1 and 1440/],
    [{ hours: 25 }, /^every\.hours: must be between 1 and 24/],
    [{ days: 32 }, /^every\.days: must be between 1 and 31/],
    [{ hours: 1, at: '20:15' }, /^every\.at: must not be given with hours/],
    [{ minutes: 5, timeZone: 'UTC' }, /^every\.timeZone: must not be given with minutes/],
    [{ days: 1, at: '24:00' }, /^every\.at: must be a time/],
    [{ days: 1, at: '8:15' }, /^every\.at: must be a time/],
    [{ days: 1, timeZone: 'Mars' }, /^every\.timeZone: must be the name of a time zone/],
    [{ weekdays: [] }, /^every\.weekdays: must not be empty/],
    [{ weekdays: ['MONDAY', 'MONDAY'] }, /^every\.weekdays\[1\]: must be given only once/],
    [{ weekdays: ['Someday'] }, /^every\.weekdays\[0\]: must be one of MONDAY/],
  ]
  for (const [given, message] of wrong) {
    it(`is not ${JSON.stringify(given)}`, () => {
      assert.throws(() => recurrenceOf('every', given), { name: 'RuleViolation', message })
    })
  }
})
