import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isoDateTime, type UtcMs, utcMs } from '../media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from './harvest-job.ts'
import {
  defaultStart,
  type HarvestSchedule,
  type ScheduledWindow,
  ScheduledWindows,
  scheduledDestination,
  scheduledJobId,
} from './harvest-schedule.ts'
import { type GivenRecurrence, recurrenceOf } from './recurrence.ts'

const HOUR_MS = 3_600_000
const at = (text: string) => utcMs(Date.parse(text.length > 10 ? `${text}Z` : `${text}T00:00Z`))

function schedule(every: GivenRecurrence, changes: Partial<HarvestSchedule> = {}): HarvestSchedule {
  return {
    id: 'news',
    originEndpointId: 'news-hls',
    every: recurrenceOf('every', every),
    start: at('2026-03-01'),
    overlap: { beforeSeconds: 0, afterSeconds: 0 },
    s3Destination: { bucketName: 'clips', manifestKey: '{id}/index.m3u8', roleArn: 'arn:aws:iam::1:role/r' },
    options: DEFAULT_HARVEST_OPTIONS,
    isStopped: false,
    createdAt: at('2026-03-01'),
    modifiedAt: at('2026-03-01'),
    ...changes,
  }
}

function windowsOf(given: HarvestSchedule, from: UtcMs, count: number): ScheduledWindow[] {
  const windows = new ScheduledWindows(given)
  const found: ScheduledWindow[] = []
  for (let window = windows.from(from); window && found.length < count; window = windows.after(window)) {
    found.push(window)
  }
  return found
}

/** Starts in UTC, without seconds. */
const starts = (windows: readonly ScheduledWindow[]) =>
  windows.map(({ start }) => isoDateTime(start).replace(/:00\.000Z$/, ''))

describe('the windows of a schedule', () => {
  const cases: readonly [what: string, every: GivenRecurrence, from: string, starts: readonly string[]][] = [
    ['every hour', { hours: 1 }, '2026-03-29T00:10', ['2026-03-29T01:00', '2026-03-29T02:00', '2026-03-29T03:00']],
    ['every seven minutes', { minutes: 7 }, '2026-03-01T00:08', ['2026-03-01T00:14', '2026-03-01T00:21']],
    [
      'every day, when clocks are put forward',
      { days: 1, at: '20:15', timeZone: 'Europe/Berlin' },
      '2026-03-28',
      ['2026-03-28T19:15', '2026-03-29T18:15', '2026-03-30T18:15'],
    ],
    [
      'every day at a time that one day leaves out',
      { days: 1, at: '02:30', timeZone: 'Europe/Berlin' },
      '2026-03-28',
      ['2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30'],
    ],
    [
      'every day at a time that one day has twice',
      { days: 1, at: '02:30', timeZone: 'Europe/Berlin' },
      '2026-10-24',
      ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'],
    ],
    [
      'every third day, from the first',
      { days: 3 },
      '2026-03-02',
      ['2026-03-04T00:00', '2026-03-07T00:00', '2026-03-10T00:00'],
    ],
    [
      'on weekdays',
      { weekdays: ['SATURDAY', 'SUNDAY', 'MONDAY'], at: '23:30', timeZone: 'America/New_York' },
      '2026-03-06T12:00',
      ['2026-03-08T04:30', '2026-03-09T03:30', '2026-03-10T03:30', '2026-03-15T03:30'],
    ],
  ]
  for (const [what, every, from, wanted] of cases) {
    it(`begin ${what}`, () => assert.deepEqual(starts(windowsOf(schedule(every), at(from), wanted.length)), wanted))
  }

  it('end where the next one begins, a day of 23 and of 25 hours too', () => {
    const daily = schedule({ days: 1, timeZone: 'Europe/Berlin' })
    const hours = (from: string) => windowsOf(daily, at(from), 3).map(({ start, end }) => (end - start) / HOUR_MS)
    assert.deepEqual(hours('2026-03-27'), [24, 23, 24])
    assert.deepEqual(hours('2026-10-23'), [24, 25, 24])
  })

  it('leave nothing out and have nothing twice in a year', () => {
    for (const every of [
      { hours: 5 },
      { days: 1, at: '02:30', timeZone: 'Europe/Berlin' },
      { weekdays: ['SUNDAY', 'TUESDAY'], at: '00:00', timeZone: 'America/Sao_Paulo' },
    ]) {
      const year = windowsOf(schedule(every), at('2026-03-01'), 1800).filter(({ end }) => end < at('2027-03-01'))
      for (const [n, { start }] of year.slice(1).entries()) assert.equal(start, year[n]!.end)
      assert.ok(year.length >= 100)
    }
  })

  it('last as long as is said, and their jobs overlap', () => {
    const overlap = { beforeSeconds: 10, afterSeconds: 20 }
    const [window] = windowsOf(
      schedule({ days: 1, at: '20:15' }, { durationSeconds: 5400, overlap }),
      at('2026-03-05'),
      1,
    )
    assert.deepEqual(window, {
      start: at('2026-03-05T20:15'),
      end: at('2026-03-05T21:45'),
      job: { start: at('2026-03-05T20:14:50'), end: at('2026-03-05T21:45:20') },
    })
  })

  it('begin neither before the start nor from the end on', () => {
    const some = schedule({ hours: 6 }, { start: at('2026-03-05T01:00'), end: at('2026-03-05T13:00') })
    assert.deepEqual(starts(windowsOf(some, at('2026-03-01'), 9)), ['2026-03-05T01:00', '2026-03-05T07:00'])
    assert.deepEqual(windowsOf(some, at('2026-03-05T07:01'), 9), [])
  })

  it('of intervals begin with whole ones where no start is given', () => {
    const now = at('2026-03-05T14:20')
    assert.equal(defaultStart({ hours: 1 }, now), at('2026-03-05T15:00'))
    assert.equal(defaultStart({ minutes: 15 }, now), at('2026-03-05T14:30'))
    assert.equal(defaultStart({ days: 1, at: '00:00', timeZone: 'UTC' }, now), now)
  })

  it('have jobs and keys named after them, not after what overlaps', () => {
    const manifestKey = '{schedule}/{channel}/{start:yyyy-MM-dd@Europe/Berlin}/{id}_{end:HHmm}.m3u8'
    const given = schedule(
      { days: 1, timeZone: 'Europe/Berlin' },
      {
        overlap: { beforeSeconds: 60, afterSeconds: 60 },
        s3Destination: { bucketName: 'b', manifestKey, roleArn: 'r' },
      },
    )
    const [window] = windowsOf(given, at('2026-07-01'), 1)
    assert.equal(scheduledJobId(given, window!), 'news-20260701220000')
    const key = 'news/one/2026-07-02/news-20260701220000_2200.m3u8'
    assert.deepEqual(scheduledDestination(given, window!, 'one'), { bucketName: 'b', manifestKey: key, roleArn: 'r' })
  })
})
