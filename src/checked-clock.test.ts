import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CheckedClock } from './checked-clock.ts'
import type { RecordedClock } from './clock.ts'
import { utcMs } from './media/time.ts'

const NOON = utcMs(Date.UTC(2026, 0, 1, 12))
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A machine whose date can be set, and the server's clocks on it. */
class Machine {
  readonly notices: string[] = []
  monotonic = 5000
  date = NOON as number
  clocks: CheckedClock

  constructor(recorded?: RecordedClock) {
    this.clocks = this.start(recorded)
  }

  start(recorded: RecordedClock | undefined): CheckedClock {
    this.clocks = new CheckedClock({
      wall: () => utcMs(this.date),
      monotonic: () => this.monotonic,
      settleMs: HOUR,
      recorded,
      notice: ({ kind, aheadMs }) => this.notices.push(`${kind} ${Math.round(aheadMs / 1000)}`),
    })
    return this.clocks
  }

  pass(ms: number, rate = 1): void {
    for (let left = ms; left > 0; left -= 1000) {
      this.monotonic += Math.min(left, 1000)
      this.date += Math.min(left, 1000) * rate
      this.clocks.date()
    }
  }

  /** How far the date and the steady clock are from NOON, in seconds. */
  get told(): readonly number[] {
    const { clocks } = this
    return [clocks.date(), clocks.steady()].map((at) => Math.round((at - NOON) / 1000))
  }
}

describe('the server’s clocks', () => {
  it('tell the date, and follow it through drift and small steps', () => {
    const machine = new Machine()
    machine.pass(60_000)
    assert.deepEqual(machine.told, [60, 60])
    machine.pass(600_000, 1.001)
    assert.deepEqual(machine.told, [661, 660])
    machine.date -= 9000
    assert.deepEqual(machine.told, [661, 660], 'never back')
    machine.pass(1_000_000)
    assert.deepEqual(machine.told, [1652, 1660])
    assert.deepEqual([machine.clocks.isSettled(), machine.notices], [true, []])
  })

  it('tell whole milliseconds while they follow', () => {
    const machine = new Machine()
    machine.monotonic += 0.7
    machine.date += 333
    for (let i = 0; i < 50; i++) {
      machine.monotonic += 7.3
      const { date, steady } = machine.clocks
      const told = [date(), steady(), ...Object.values(machine.clocks.serverDate())]
      assert.deepEqual(told, told.map(Math.floor))
    }
  })

  it('go on as before when the date steps, and comes back', () => {
    for (const step of [-400 * DAY, -30 * DAY, -HOUR, -11_000, 11_000, HOUR, 2 * DAY, 400 * DAY]) {
      const machine = new Machine()
      machine.date += step
      assert.deepEqual(machine.told, [0, 0])
      assert.equal(machine.clocks.isSettled(), false)
      assert.deepEqual(machine.clocks.serverDate(), { believed: 0, shown: step })
      machine.pass(75_000)
      assert.deepEqual(machine.told, [75, 75])
      machine.date -= step
      assert.deepEqual([machine.told, machine.clocks.isSettled()], [[75, 75], true])
      assert.deepEqual(machine.notices, [`stepped ${step / 1000}`, 'returned 0'])
    }
  })

  it('believe a step that has lasted, and the steady clock none', () => {
    for (const step of [-30 * DAY, 30 * DAY]) {
      const machine = new Machine()
      machine.date += step
      machine.pass(HOUR - 1000)
      assert.deepEqual(machine.told, [3599, 3599])
      machine.pass(2000)
      assert.deepEqual(machine.told, [3601 + step / 1000, 3601])
      assert.equal(machine.clocks.isSettled(), true)
      assert.deepEqual(machine.notices, [`stepped ${step / 1000}`, `believed ${step / 1000}`])
    }
  })

  it('believe no date that is set again and again, or runs at another rate, and say so once a minute', () => {
    const machine = new Machine()
    machine.date += DAY
    machine.pass(2 * HOUR, 2)
    assert.deepEqual(machine.told, [7200, 7200])
    assert.equal(machine.clocks.isSettled(), false)
    assert.ok(machine.notices.length > 100 && machine.notices.length <= 121, `${machine.notices.length}`)
  })

  it('do not count the time for which the server was stopped as age', () => {
    const machine = new Machine()
    machine.pass(10_000)
    const recorded = machine.clocks.record()
    machine.monotonic = 3
    machine.date += 2000
    machine.start(recorded)
    assert.deepEqual([machine.told, machine.clocks.isSettled()], [[12, 10], true], 'two seconds away')
    machine.date += 3 * HOUR
    machine.start(recorded)
    assert.deepEqual([machine.told, machine.clocks.isSettled()], [[3 * 3600 + 12, 10], false])
    machine.pass(HOUR)
    assert.deepEqual([machine.told[1], machine.clocks.isSettled(), machine.notices], [3610, true, []])
    machine.date += 2 * DAY
    machine.start(recorded)
    assert.deepEqual(machine.notices, [`away ${2 * 86_400 + 4 * 3600 + 2}`])
  })

  it('go on from what was recorded when the date is behind that', () => {
    const machine = new Machine()
    const recorded = { steady: utcMs(NOON - DAY), date: NOON }
    machine.date -= 30 * DAY
    machine.start(recorded)
    machine.pass(5000)
    assert.deepEqual(machine.told, [5, 5 - 86_400])
    machine.date += 30 * DAY
    assert.deepEqual([machine.told[0], machine.clocks.isSettled()], [5, true])
    assert.deepEqual(machine.notices, [`stepped ${-30 * 86_400}`, 'returned 0'])
  })
})
