import type { UtcMs } from '../../media/time.ts'
import type { HarvestSchedule, SchedulePosition } from '../../model/harvest-schedule.ts'
import { SCHEDULE_TABLES } from '../automation-tables.ts'
import type { PageRequest } from '../pages.ts'
import type { ScheduleRecord } from '../schedule-records.ts'
import { automations } from './automations.ts'
import type { SqliteDatabase } from './database.ts'
import type { Changes, Operations } from './synchronous.ts'

export function scheduleOperations(db: SqliteDatabase, changes: Changes) {
  const schedules = automations({ db, changes }, SCHEDULE_TABLES)
  const recordOf = ({ automation, revision, position }: Stored): ScheduleRecord => {
    return { schedule: automation, revision, ...position }
  }
  type Stored = NonNullable<ReturnType<typeof schedules.byId>>

  return {
    createHarvestSchedule: (
      schedule: HarvestSchedule,
      position: SchedulePosition,
      { maxSchedules }: { maxSchedules: number },
    ) => schedules.create(schedule, position, maxSchedules),

    harvestScheduleById(id: string) {
      const stored = schedules.byId(id)
      return stored && recordOf(stored)
    },

    listHarvestSchedules(page: PageRequest) {
      const { items, ...next } = schedules.list(page)
      return { items: items.map(recordOf), ...next }
    },

    updateHarvestSchedule: ({ schedule, revision, ...position }: ScheduleRecord) =>
      schedules.update(schedule, position, revision),

    deleteHarvestSchedule: schedules.remove,

    dueHarvestSchedules: (now: UtcMs, limit: number): readonly ScheduleRecord[] =>
      schedules.where('due_at <= ? ORDER BY due_at, seq LIMIT ?', now, limit).map(recordOf),

    recordScheduleRuns: schedules.record,
    listScheduleRuns: schedules.listRuns,
  } satisfies Partial<Operations>
}
