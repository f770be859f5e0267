import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import { RuleViolation } from './rule-violation.ts'
import { viewingWindow, visibleWindow } from './viewing-window.ts'

const AT = utcMs(Date.UTC(2017, 7, 18, 21, 18, 54))

describe('what start and end say', () => {
  for (const text of [
    '2017-08-18T21:18:54+00:00',
    '2017-08-18T21:18:54 00:00',
    '2017-08-18T21:18:54Z',
    '2017-08-18T21:18:54.000z',
    '2017-08-18T13:18:54-08:00',
    '2017-08-18T23:18:54 0200',
    '1503091134',
    '1503091134.000',
  ]) {
    it(`${text} is a moment`, () => {
      assert.deepEqual(viewingWindow(text, undefined), { start: AT })
      assert.deepEqual(viewingWindow('1503091000', text), { start: AT - 134_000, end: AT })
    })
  }

  for (const text of ['', 'now', '1503091134000', '2017-08-18T21:18:54', '2017-02-30T00:00:00Z', '2017-08-18', '-1']) {
    it(`${JSON.stringify(text)} is none`, () => {
      assert.throws(() => viewingWindow(text, undefined), RuleViolation)
      assert.throws(() => viewingWindow('1503091134', text), RuleViolation)
    })
  }

  it('must be in order, and at most a day apart', () => {
    const refusal = (start: string, end: string) => {
      try {
        return viewingWindow(start, end)
      } catch (error) {
        return (error as Error).message
      }
    }
    assert.equal(refusal('1000', '1000'), 'end: must be after start')
    assert.equal(refusal('1000', '999'), 'end: must be after start')
    assert.equal(refusal('1000', '87401'), 'end: must be at most 24 hours after start')
    assert.deepEqual(refusal('1000', '87400'), { start: 1_000_000, end: 87_400_000 })
  })

  it('is nothing when only an end is given, be it nonsense', () => {
    assert.equal(viewingWindow(undefined, '1503091134'), undefined)
    assert.equal(viewingWindow(undefined, 'nonsense'), undefined)
  })
})

describe('what can be seen of a window', () => {
  const now = { live: utcMs(AT), published: utcMs(AT) }
  const see = (start: number, end?: number, startover = 600, progress = now) => {
    const window = { start: utcMs(AT + start * 1000), ...(end !== undefined && { end: utcMs(AT + end * 1000) }) }
    const seen = visibleWindow(window, startover, progress)
    return typeof seen === 'string' ? seen : [(seen.start - AT) / 1000, (seen.end - AT) / 1000, seen.isOver]
  }

  it('grows from its start, for a day', () => {
    assert.deepEqual(see(-60), [-60, 86_340, false])
    assert.deepEqual(see(-86_400, undefined, 100_000), [-86_400, 0, true])
  })

  it('grows until its end has passed', () => {
    assert.deepEqual(see(-60, 0.001), [-60, 0.001, false])
    assert.deepEqual(see(-60, 0), [-60, 0, true])
    assert.deepEqual(see(-60, -30), [-60, -30, true])
  })

  it('is nothing outside the startover window, without one, and in the future', () => {
    assert.deepEqual(see(-600, -590), [-600, -590, true])
    assert.equal(see(-600.001, -590), 'outside startover window')
    assert.equal(see(-60, -30, 0), 'no startover window')
    assert.equal(see(0), 'not yet')
    assert.equal(see(10, 20), 'not yet')
  })

  it('ends where a time delay lets viewers see, and begins where content is kept', () => {
    const delayed = { live: utcMs(AT - 60_000), published: utcMs(AT) }
    assert.deepEqual(see(-600, -60, 600, delayed), [-600, -60, true])
    assert.deepEqual(see(-600, -59, 600, delayed), [-600, -59, false])
    assert.equal(see(-60, undefined, 600, delayed), 'not yet')
    assert.equal(see(-601, undefined, 600, delayed), 'outside startover window')
  })
})
