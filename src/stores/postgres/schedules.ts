import { SCHEDULE_TABLES } from '../automation-tables.ts'
import type { ScheduleRecord, ScheduleRecords } from '../schedule-records.ts'
import { automations } from './automations.ts'
import type { PostgresDatabase } from './database.ts'

export function scheduleOperations(db: PostgresDatabase) {
  const schedules = automations(db, SCHEDULE_TABLES, 'harvestSchedules')
  const recordOf = ({ automation, revision, position }: Stored): ScheduleRecord => {
    return { schedule: automation, revision, ...position }
  }
  type Stored = NonNullable<Awaited<ReturnType<typeof schedules.byId>>>

  return {
    createHarvestSchedule: (schedule, position, { maxSchedules }) => schedules.create(schedule, position, maxSchedules),

    async harvestScheduleById(id) {
      const stored = await schedules.byId(id)
      return stored && recordOf(stored)
    },

    async listHarvestSchedules(page) {
      const { items, ...next } = await schedules.list(page)
      return { items: items.map(recordOf), ...next }
    },

    updateHarvestSchedule: ({ schedule, revision, ...position }) => schedules.update(schedule, position, revision),
    deleteHarvestSchedule: schedules.remove,

    async dueHarvestSchedules(now, limit) {
      return (await schedules.where('due_at <= $1 ORDER BY due_at, seq LIMIT $2', now, limit)).map(recordOf)
    },

    recordScheduleRuns: schedules.record,
    listScheduleRuns: schedules.listRuns,
  } satisfies Partial<ScheduleRecords>
}
