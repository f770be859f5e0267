import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isoDateTime, utcMs } from '../media/time.ts'
import { dayAfter, TimeZone } from './time-zone.ts'

const zone = (name: string) => TimeZone.named('timeZone', name)

describe('a time zone', () => {
  /** Local time, and the moment in UTC. */
  const cases: readonly [name: string, day: string, time: string, moment: string, why: string][] = [
    ['UTC', '2026-01-31', '20:15', '2026-01-31T20:15', 'is UTC'],
    ['Europe/Berlin', '2026-01-31', '20:15', '2026-01-31T19:15', 'in winter'],
    ['Europe/Berlin', '2026-07-31', '20:15', '2026-07-31T18:15', 'in summer'],
    ['Europe/Berlin', '2026-03-29', '01:59', '2026-03-29T00:59', 'before clocks are put forward'],
    ['Europe/Berlin', '2026-03-29', '02:30', '2026-03-29T01:30', 'a time left out, half an hour after that'],
    ['Europe/Berlin', '2026-03-29', '03:00', '2026-03-29T01:00', 'after clocks were put forward'],
    ['Europe/Berlin', '2026-10-25', '02:30', '2026-10-25T00:30', 'the first time of two'],
    ['Europe/Berlin', '2026-10-25', '03:00', '2026-10-25T02:00', 'after clocks were put back'],
    ['America/New_York', '2026-03-08', '02:30', '2026-03-08T07:30', 'west of Greenwich, left out'],
    ['America/New_York', '2026-11-01', '01:30', '2026-11-01T05:30', 'west of Greenwich, the first of two'],
    ['Australia/Lord_Howe', '2026-04-05', '01:45', '2026-04-04T14:45', 'put back by half an hour'],
    ['Asia/Kathmandu', '2026-01-01', '00:00', '2025-12-31T18:15', 'an odd offset'],
    ['Pacific/Apia', '2011-12-30', '12:00', '2011-12-30T22:00', 'a day left out'],
    ['America/Sao_Paulo', '2018-11-04', '00:00', '2018-11-04T03:00', 'a midnight left out'],
  ]
  for (const [name, day, time, moment, why] of cases) {
    it(`${name} ${day} ${time}: ${why}`, () => {
      const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
      const [hour = 0, minute = 0] = time.split(':').map(Number)
      const found = zone(name).momentOf({ year, month, day: date }, hour, minute)
      assert.equal(isoDateTime(found), `${moment}:00.000Z`)
    })
  }

  it('shows at each moment what leads back to it, but for hours that come twice', () => {
    for (const name of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
      const place = zone(name)
      for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 407 * 60_000) {
        const local = place.localTime(utcMs(at))
        const back = place.momentOf(local, local.hour, local.minute)
        assert.ok(back === at || (at - back > 0 && at - back <= 3_600_000), `${name} ${new Date(at).toISOString()}`)
      }
    }
  })

  for (const name of ['', 'Mars/Olympus', '+02:00', '../etc', 'UTC ', 'a'.repeat(40)]) {
    it(`is not ${JSON.stringify(name)}`, () => {
      assert.throws(() => zone(name), { name: 'RuleViolation', message: /^timeZone: must be the name of a time zone/ })
    })
  }
})

it('a day after another crosses months and leap days', () => {
  assert.deepEqual(dayAfter({ year: 2028, month: 2, day: 28 }, 1), { year: 2028, month: 2, day: 29 })
  assert.deepEqual(dayAfter({ year: 2026, month: 12, day: 31 }, 1), { year: 2027, month: 1, day: 1 })
})
