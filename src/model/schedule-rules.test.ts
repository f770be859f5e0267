import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import { harvestSchedule } from '../stores/schedule-records.contract.ts'
import { DEFAULT_HARVEST_OPTIONS } from './harvest-job.ts'
import type { HarvestSchedule } from './harvest-schedule.ts'
import { type GivenRecurrence, recurrenceOf } from './recurrence.ts'
import { checkWindows } from './schedule-rules.ts'

const MONTH_SECONDS = 30 * 86_400
const MARCH = utcMs(Date.UTC(2026, 2))
const NONE = { beforeSeconds: 0, afterSeconds: 0 }

describe('a schedule', () => {
  const hourly = { hours: 1 }
  const daily = { days: 1, at: '01:30', timeZone: 'Europe/Berlin' }
  const schedule = (every: GivenRecurrence, changes: Partial<HarvestSchedule> = {}) =>
    harvestSchedule('news', { every: recurrenceOf('every', every), start: MARCH, overlap: NONE, ...changes })
  const named = (every: GivenRecurrence, manifestKey: string) =>
    schedule(every, { s3Destination: { bucketName: 'clips', manifestKey, roleArn: 'r' } })

  for (const [every, key] of [
    [hourly, '{id}.mp4'],
    [hourly, '{start}.mp4'],
    [hourly, '{start:yyyy/MM/dd/HH}.mp4'],
    [hourly, '{start:yyyyMMdd}/{end:HH}.mp4'],
    [hourly, '{start:yyyyMMdd@Europe/Berlin}/{start}.mp4'],
    [{ minutes: 5 }, '{start:yyyy/MM/dd/HH-mm}.mp4'],
    [daily, '{start:yyyy/MM/dd@Europe/Berlin}.mp4'],
    [daily, '{start:yyyy/MM/dd-HH}.mp4'],
  ] as const) {
    it(`may have the key ${key} ${JSON.stringify(every)}`, () => checkWindows(named(every, key), MONTH_SECONDS))
  }

  const refused: readonly [GivenRecurrence, string, RegExp][] = [
    [hourly, 'index.m3u8', /must name each window differently: with/],
    [hourly, '{channel}/{schedule}.mp4', /must name each window differently: with/],
    [hourly, '{start:HH-mm}.mp4', /must name each window differently: with/],
    [hourly, '{start:yyyy/MM/dd}.mp4', /01T00:00:00.000Z and 2026-03-01T01:00:00.000Z would have the same/],
    [{ minutes: 5 }, '{start:yyyy/MM/dd/HH}.mp4', /00:00:00.000Z and 2026-03-01T00:05:00.000Z would have the same/],
    [hourly, '{start:yyyy/MM/dd/HH@Europe/Berlin}.mp4', /must name each window differently: with .*, in UTC$/],
    // Clocks are put forward between them, and both begin on 29 March by UTC.
    [daily, '{start:yyyy/MM/dd}.mp4', /29T00:30:00.000Z and 2026-03-29T23:30:00.000Z would have the same/],
  ]
  for (const [every, key, message] of refused) {
    it(`is refused with the key ${key} ${JSON.stringify(every)}`, () => {
      assert.throws(() => checkWindows(named(every, key), MONTH_SECONDS), { name: 'RuleViolation', message })
    })
  }

  it('has a folder for each window where its deliverables have names', () => {
    const options = {
      ...DEFAULT_HARVEST_OPTIONS,
      deliverables: [{ kind: 'MP4' }, { kind: 'AUDIO', name: 'radio' }],
    } as const
    const key = (manifestKey: string) => ({ ...named(hourly, manifestKey), options })
    checkWindows(key('{channel}/{start:yyyy/MM/dd/HH}/clip.mp4'), MONTH_SECONDS)
    assert.throws(() => checkWindows(key('{start:yyyy/MM/dd/HH}.mp4'), MONTH_SECONDS), /have a folder for each window/)
  })

  it('has windows that are within the startover window until their jobs are made, and of at most 26 hours', () => {
    const whole = schedule({ days: 1, timeZone: 'Europe/Berlin' })
    checkWindows(whole, 25 * 3600 + 60)
    assert.throws(
      () => checkWindows(whole, 25 * 3600 + 59),
      /^RuleViolation: every: .*longer than 89999 s .*got one of 90000 s/,
    )
    assert.throws(() => checkWindows(schedule({ days: 2 }), MONTH_SECONDS), /every: .* longer than 26 hours/)
    checkWindows(schedule({ days: 2 }, { durationSeconds: 60 }), 120)
    const overlap = { beforeSeconds: 1, afterSeconds: 0 }
    assert.throws(() => checkWindows(schedule(hourly, { durationSeconds: 60, overlap }), 120), /durationSeconds: /)
  })

  it('is checked without asking for the clocks of a place again and again: that takes long', (test) => {
    const { mock } = test.mock.method(Intl.DateTimeFormat.prototype, 'formatToParts')
    const key = `${'{start:yyyyMMdd@Europe/Berlin}'.repeat(20)}/clip.mp4`
    const options = { ...DEFAULT_HARVEST_OPTIONS, deliverables: [{ kind: 'MP4', name: 'one' }] } as const
    checkWindows({ ...named(daily, key), options }, MONTH_SECONDS)
    // Once a day for the windows, for their keys and for their folders.
    assert.ok(mock.callCount() < 4 * 400, `${mock.callCount()} times`)
  })

  it('has a window before its end', () => {
    const none = schedule({ hours: 1 }, { end: MARCH })
    assert.throws(() => checkWindows(none, MONTH_SECONDS), /^RuleViolation: endTime: /)
  })
})
