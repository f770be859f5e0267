import type { UtcMs } from '../media/time.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { HarvestFailure } from '../model/harvest-failure.ts'
import type { HarvestState } from '../model/harvest-run.ts'
import type { HarvestSchedule, SchedulePosition, ScheduleRun } from '../model/harvest-schedule.ts'
import type { Page, PageRequest } from './pages.ts'

/** A schedule as it is stored; `revision` rises with each change of it or of its position. */
export type ScheduleRecord = SchedulePosition & { readonly schedule: HarvestSchedule; readonly revision: number }

/** The state of the job of a run, as long as the job is known. */
export type JobOfRun = { readonly job?: { readonly state: HarvestState; readonly failure?: HarvestFailure } }

/** What became of a window, and its job. */
export type ScheduleRunRecord = ScheduleRun & JobOfRun

/**
 * Part of the port Resources: schedules, and the history of each. Whoever records what became of windows moves the
 * position on in the same transaction; of several processes that do it at once, one does.
 */
export type ScheduleRecords = {
  /** Creates a schedule with revision 1. */
  createHarvestSchedule(
    schedule: HarvestSchedule,
    position: SchedulePosition,
    limits: { maxSchedules: number },
  ): Promise<'created' | 'duplicate' | 'quota'>
  harvestScheduleById(id: string): Promise<ScheduleRecord | undefined>
  listHarvestSchedules(page: PageRequest): Promise<Page<ScheduleRecord>>
  /** Replaces the schedule whose stored revision is `record.revision - 1`. */
  updateHarvestSchedule(record: ScheduleRecord): Promise<'updated' | 'conflict' | 'missing'>
  /** Deletes a schedule with its history; its jobs stay. With `revision`, only if that is the stored one. */
  deleteHarvestSchedule(id: string, revision?: number): Promise<'deleted' | 'missing' | 'conflict'>
  /** Schedules that are due at `now`, those first that have been for longest. */
  dueHarvestSchedules(now: UtcMs, limit: number): Promise<readonly ScheduleRecord[]>
  /**
   * Records what became of windows, writes the event, and moves the schedule on, if its stored revision is still
   * `revision`; otherwise nothing changes. A window that has a job in the history stays as it is.
   */
  recordScheduleRuns(
    schedule: { readonly id: string; readonly revision: number },
    outcome: { runs: readonly ScheduleRun[]; position: SchedulePosition; event?: ServiceEvent },
  ): Promise<'recorded' | 'overtaken'>
  /** What became of the windows of a schedule, the latest window first; a cursor is where the last one begins. */
  listScheduleRuns(id: string, page: PageRequest): Promise<Page<ScheduleRunRecord>>
}
