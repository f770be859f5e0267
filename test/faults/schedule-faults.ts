import type { Fault } from './fault.ts'

/** In schedules and their history. */
export const SCHEDULE_FAULTS: readonly Fault[] = [
  {
    name: 'job-of-the-moment',
    breaks: 'A job of a schedule is named after the time at which it is made.',
    file: 'src/schedules/schedules.ts',
    find: 'const id = scheduledJobId(schedule, window)',
    replace: 'const id = scheduledJobId(schedule, { ...window, start: deps.clock() })',
    caughtBy: { file: 'src/schedules/schedules.test.ts', cases: 'are made once when a process dies' },
    failure: /hourly-20260101011200/,
  },
  {
    name: 'clocks-never-changed',
    breaks: 'A schedule goes by the clocks of the day before.',
    file: 'src/model/time-zone.ts',
    find: 'if (before === after || ',
    replace: 'if (before !== undefined || ',
    caughtBy: { file: 'src/model/harvest-schedule.test.ts', cases: 'when clocks are put forward' },
    failure: /2026-03-29T19:15/,
  },
  {
    name: 'schedule-overtaken',
    breaks: 'A schedule is moved on by whoever comes last.',
    file: 'src/stores/sqlite/schedules.ts',
    find: 'WHERE id = ? AND revision = ?\n         RETURNING seq',
    replace: 'WHERE id = ? AND revision >= ?\n         RETURNING seq',
    caughtBy: { file: 'src/stores/sqlite/sqlite-store.test.ts', cases: 'move on with what became' },
    failure: /UNIQUE constraint|recorded/,
  },
]
