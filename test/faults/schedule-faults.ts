import type { Fault } from './fault.ts'

/** In schedules and rules, and their history. */
export const SCHEDULE_FAULTS: readonly Fault[] = [
  {
    name: 'job-of-the-moment',
    breaks: 'A job of a schedule is named after the time at which it is made.',
    file: 'src/schedules/schedules.ts',
    find: 'id: scheduledJobId(schedule, window), rest',
    replace: 'id: scheduledJobId(schedule, { ...window, start: deps.clock() }), rest',
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
    file: 'src/stores/sqlite/automations.ts',
    find: 'WHERE id = ? AND revision = ?\n         RETURNING seq',
    replace: 'WHERE id = ? AND revision >= ?\n         RETURNING seq',
    caughtBy: { file: 'src/stores/sqlite/sqlite-store.test.ts', cases: 'move on with what became' },
    failure: /UNIQUE constraint|recorded/,
  },
  {
    name: 'unfinished-programme',
    breaks: 'A rule takes a programme for over where the source began anew.',
    file: 'src/rules/asset.ts',
    find: 'if (!ended.isTold)',
    replace: 'if (!ended.isTold && !ended.event.start)',
    caughtBy: { file: 'src/rules/missed.test.ts', cases: 'are recorded where nothing tells of their end' },
    failure: /1-4 EndUnknown/,
  },
  {
    name: 'rule-of-the-moment',
    breaks: 'A job of a rule is named after the time at which it is made.',
    file: 'src/rules/asset.ts',
    find: 'id: ruledId(rule, event), rest',
    replace: 'id: ruledId(rule, { ...event, start: deps.clock() }), rest',
    caughtBy: { file: 'src/rules/rules.test.ts', cases: 'is made once when a process dies between the job' },
    failure: /shows-20260101000300/,
  },
  {
    name: 'programme-of-each-input',
    breaks: 'A programme of which another input goes on to tell is another one.',
    file: 'src/model/harvest-rule.ts',
    find: 'const next = end?.isTold ? undefined : now.find((each) => isSameEvent(each, event))',
    replace: 'const next = end ? undefined : now.find((each) => isSameEvent(each, event))',
    caughtBy: { file: 'src/rules/rules.test.ts', cases: 'is one for events that another input goes on with' },
    failure: /1\.0066/,
  },
]
