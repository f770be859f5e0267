import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bitRateText, bytesText, countText, shareText } from '../../console/src/amounts.ts'
import { enteredDuration } from '../../console/src/time/duration-entry.ts'
import { ageText, durationText, runningTimeText } from '../../console/src/time/duration-text.ts'
import { enteredMoment } from '../../console/src/time/moment-entry.ts'
import { momentOf, momentText } from '../../console/src/time/moment-text.ts'
import { localTimeAt, momentsOf, offsetMinutesAt } from '../../console/src/time/zone-clock.ts'

const at = (text: string) => Date.parse(text)
const NOW = at('2026-12-01T21:30:00Z')
const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia']
const anyMoment = fc.integer({ min: at('1971-01-01T00:00:00Z'), max: at('2099-12-31T00:00:00Z') })

describe('moments', () => {
  it('are written as the clocks of a zone show them, with their offset', () => {
    assert.equal(momentText(NOW + 7480, 'UTC', 'millisecond'), '2026-12-01 21:30:07.480 UTC')
    assert.equal(momentText(NOW, 'Europe/Berlin'), '2026-12-01 22:30:00 +01:00')
    assert.equal(momentText(NOW, 'America/St_Johns', 'minute'), '2026-12-01 18:00 -03:30')
    assert.equal(momentText(Number.NaN, 'UTC'), '–')
    assert.equal(momentOf('2026-12-01T22:30:00+01:00'), NOW)
    assert.equal(momentOf('soon'), undefined)
  })

  it('are found again by what clocks show of them, in any zone', () => {
    fc.assert(
      fc.property(anyMoment, fc.constantFrom(...ZONES), (moment, zone) => {
        const found = momentsOf(localTimeAt(moment, zone), zone)
        assert.ok(found.includes(moment), `${momentText(moment, zone)} is found as ${found.join()}`)
      }),
    )
  })

  it('are none where clocks are put forward, and two where they are put back', () => {
    const local = (month: number, day: number) => ({
      year: 2026,
      month,
      day,
      hour: 2,
      minute: 30,
      second: 0,
      millisecond: 0,
    })
    assert.deepEqual(momentsOf(local(3, 29), 'Europe/Berlin'), [])
    assert.deepEqual(momentsOf(local(10, 25), 'Europe/Berlin'), [
      at('2026-10-25T00:30:00Z'),
      at('2026-10-25T01:30:00Z'),
    ])
    assert.deepEqual(momentsOf(local(2, 30), 'UTC'), [])
    assert.equal(offsetMinutesAt(NOW, 'Asia/Kathmandu'), 345)
  })
})

describe('durations, ages and amounts', () => {
  it('have as many units as a reader needs', () => {
    const durations = [0, 480, 12_540, 59_999, 200_000, 7_500_000, 100 * 3_600_000, -500]
    assert.deepEqual(durations.map(durationText), [
      '0 ms',
      '480 ms',
      '12.5 s',
      '59.9 s',
      '3 min 20 s',
      '2 h 5 min',
      '4 d 4 h',
      '-500 ms',
    ])
    assert.deepEqual([0, 12_480, 3_723_000].map(runningTimeText), ['0:00', '0:12.480', '1:02:03'])
    assert.deepEqual(
      [0, 12_000, 3_599_000, 7_200_000, 200_000_000].map((age) => ageText(NOW - age, NOW)),
      ['just now', '12 s ago', '59 min ago', '2 h ago', '2 d ago'],
    )
    assert.equal(ageText(NOW + 180_000, NOW), 'in 3 min')
  })

  it('are in three digits', () => {
    assert.deepEqual([0, 999, 1500, 999_900, 12_345_678].map(bytesText), ['0 B', '999 B', '1.5 kB', '1 MB', '12.3 MB'])
    assert.equal(bitRateText(5_250_000), '5.25 Mbit/s')
    assert.equal(countText(1234567), '1,234,567')
    assert.deepEqual([0.999, 1, Number.NaN].map(shareText), ['99 %', '100 %', '–'])
  })

  it('never show a thousand of what has a larger unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e17, noNaN: true }), (bytes) => {
        assert.match(bytesText(bytes), /^\d{1,3}(\.\d{1,2})? [kMGTP]?B$/)
      }),
    )
  })
})

describe('a duration that is typed', () => {
  const cases: Readonly<Record<string, number | undefined>> = {
    '90': 90_000,
    '1.5': 1500,
    '1h30m': 5_400_000,
    '1 h 30 min': 5_400_000,
    '2 Days': 172_800_000,
    '500 ms': 500,
    '5:00': 300_000,
    '1:02:03,5': 3_723_500,
    '12f': 480,
    '1 s 12 frames': 1480,
    '': undefined,
    h: undefined,
    '5:61': undefined,
    '1:60:00': undefined,
    '5 parsecs': undefined,
    '5m!': undefined,
  }
  for (const [text, expected] of Object.entries(cases)) {
    it(`is ${expected} ms for “${text}”`, () => assert.equal(enteredDuration(text, { frameRate: 25 }), expected))
  }
})

describe('a moment that is typed', () => {
  const zone = 'Europe/Berlin'
  /** By the clocks of Berlin it is 22:30, on a Tuesday. */
  const cases: Readonly<Record<string, string>> = {
    now: '2026-12-01T21:30:00Z',
    live: '2026-12-01T21:30:00Z',
    '-10m': '2026-12-01T21:20:00Z',
    '−1:30': '2026-12-01T21:28:30Z',
    'now - 1h 30 min': '2026-12-01T20:00:00Z',
    '10 minutes ago': '2026-12-01T21:20:00Z',
    '22:15': '2026-12-01T21:15:00Z',
    '22:45': '2026-11-30T21:45:00Z',
    '22:15 UTC': '2026-11-30T22:15:00Z',
    '21:15z': '2026-12-01T21:15:00Z',
    '01:00+05:30': '2026-12-01T19:30:00Z',
    '9:15 pm': '2026-12-01T20:15:00Z',
    '12am': '2026-11-30T23:00:00Z',
    '22:15:07.480': '2026-12-01T21:15:07.480Z',
    '22:15:07,480': '2026-12-01T21:15:07.480Z',
    '22:15:07:12': '2026-12-01T21:15:07.480Z',
    'yesterday 20:15': '2026-11-30T19:15:00Z',
    'Yesterday at 20:15': '2026-11-30T19:15:00Z',
    'tomorrow 6:00': '2026-12-02T05:00:00Z',
    'mon 20:15': '2026-11-30T19:15:00Z',
    'Wednesday 20:15': '2026-11-25T19:15:00Z',
    '2026-12-01': '2026-11-30T23:00:00Z',
    '2026-12-01 22:15': '2026-12-01T21:15:00Z',
    '2026-12-01T21:15:07.5Z': '2026-12-01T21:15:07.5Z',
    '2026-12-01T22:15:07+01:00': '2026-12-01T21:15:07Z',
    '20261201T211507Z': '2026-12-01T21:15:07Z',
    '2026-07-01 12:00': '2026-07-01T10:00:00Z',
    '1.12.2026 22:15': '2026-12-01T21:15:00Z',
    '24.12. 18:00': '2026-12-24T17:00:00Z',
    '24.6. 18:00': '2026-06-24T16:00:00Z',
    '3 Feb 18:00': '2026-02-03T17:00:00Z',
    'Sun, 15 Nov 2026 18:00:00 GMT': '2026-11-15T18:00:00Z',
    'Nov 15, 2026 6pm': '2026-11-15T17:00:00Z',
    '1796160600': '2026-12-01T21:30:00Z',
    '1796160600480': '2026-12-01T21:30:00.480Z',
    '2026-10-25 02:30': '2026-10-25T00:30:00Z',
    '2026-10-25 02:30 +01:00': '2026-10-25T01:30:00Z',
  }
  for (const [text, expected] of Object.entries(cases)) {
    it(`is ${expected} for “${text}”`, () => {
      const entered = enteredMoment(text, { now: NOW, zone, frameRate: 25 })
      assert.equal(
        'at' in entered ? new Date(entered.at).toISOString() : entered.problem,
        new Date(expected).toISOString(),
      )
    })
  }

  const problems: Readonly<Record<string, RegExp>> = {
    '': /^Enter a time/,
    soon: /not understood/,
    '25:00': /no hour 25/,
    '13pm': /no hour 13/,
    '22:60': /no minute 60/,
    '22:15:07:25': /no frame 25/,
    '22:15 +15:00': /not understood/,
    '2026-02-30 12:00': /no day 30 in month 2/,
    '12/1/2026': /different days in different places/,
    '2026-03-29 02:30': /put forward/,
    '+900000000 weeks': /beyond the calendar/,
    ['9'.repeat(200)]: /too long/,
  }
  for (const [text, expected] of Object.entries(problems)) {
    it(`is refused for “${text.slice(0, 30)}”`, () => {
      const entered = enteredMoment(text, { now: NOW, zone, frameRate: 25 })
      assert.match('problem' in entered ? entered.problem : entered.understood, expected)
    })
  }

  it('says what was understood, in both zones', () => {
    assert.deepEqual(enteredMoment('22:15', { now: NOW, zone }), {
      at: NOW - 900_000,
      understood: '2026-12-01 22:15:00 +01:00 (2026-12-01 21:15:00 UTC), 15 min ago',
    })
    const from = { at: NOW - 60_000, name: 'the in point' }
    assert.deepEqual(enteredMoment('+12f', { now: NOW, zone: 'UTC', frameRate: 25, from }), {
      at: NOW - 59_520,
      understood: '2026-12-01 21:29:00.480 UTC, 59 s ago; 480 ms after the in point',
    })
    assert.match(JSON.stringify(enteredMoment('2026-10-25 02:30', { now: NOW, zone })), /first of two such times/)
    assert.match(JSON.stringify(enteredMoment('22:15:07:12', { now: NOW, zone })), /Frames are not known here/)
  })

  it('is the moment itself where its own text is typed, in any zone', () => {
    fc.assert(
      fc.property(anyMoment, fc.constantFrom(...ZONES), (moment, shown) => {
        const text = momentText(moment, shown, 'millisecond')
        const entered = enteredMoment(text, { now: NOW, zone: 'Asia/Tokyo' })
        assert.equal('at' in entered ? entered.at : `${text}: ${entered.problem}`, moment)
      }),
    )
  })

  it('never takes long, or throws, whatever is typed', () => {
    const piece = fc.constantFrom('2026-', '1', ':', ' ', 'mon', '+', '-', '.', 'utc', 'ago', 'jan', 'h', 'now', '/')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const entered = enteredMoment(pieces.join(''), { now: NOW, zone })
        assert.ok('problem' in entered || Number.isSafeInteger(entered.at))
      }),
    )
  })
})
