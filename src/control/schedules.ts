import { ONE_DAY_MS, type UtcMs, utcMs } from '../media/time.ts'
import { parsedInstant } from '../model/harvest-request.ts'
import {
  defaultStart,
  type HarvestSchedule,
  positionFrom,
  ScheduledWindows,
  scheduledDestination,
  scheduledJobId,
} from '../model/harvest-schedule.ts'
import { recurrenceOf } from '../model/recurrence.ts'
import { checkedBeginningOfIds, quoteValue, refuse } from '../model/rules.ts'
import { checkSchedule, checkWindows } from '../model/schedule-rules.ts'
import type { ScheduleRecord } from '../stores/schedule-records.ts'
import { ApiError } from './api-error.ts'
import type { ControlContext } from './control-context.ts'
import { type Condition, entityTag, withEntityTag } from './entity-tags.ts'
import { harvestOptionsOf } from './given-options.ts'
import { harvestableEndpoint, requestedJob } from './new-harvest-job.ts'
import { changeOptimistically, modifiedAfter, removeOptimistically } from './optimistic-change.ts'
import type { SCHEDULE_OPERATIONS } from './schedule-operations.ts'
import { scheduleReport, scheduleRunReport } from './schedule-report.ts'
import type { HandlersOf, InputsOf } from './typed-operation.ts'

type Given = InputsOf<typeof SCHEDULE_OPERATIONS>['CreateHarvestSchedule']

/** As long as the longest startover window: nothing older could be harvested. */
const MOST_BEHIND_DAYS = 14
const MOST_AHEAD_DAYS = 366
/** Of the history that a schedule is described with. */
const LAST_RUNS = 5

/** One function for each operation on schedules. */
export function scheduleHandlers(context: ControlContext): HandlersOf<typeof SCHEDULE_OPERATIONS> {
  const { resources, clock, pages, account, limits } = context

  const missing = (id: string) =>
    new ApiError('NotFoundException', `There is no harvest schedule with the id ${quoteValue(id)}`)

  async function existing(id: string): Promise<ScheduleRecord> {
    const record = await resources.harvestScheduleById(id)
    if (!record) throw missing(id)
    return record
  }

  async function described(record: ScheduleRecord) {
    const { id, originEndpointId } = record.schedule
    const endpoint = await resources.originEndpointById(originEndpointId)
    const { items } = await resources.listScheduleRuns(id, { limit: LAST_RUNS })
    const report = { ...scheduleReport(record, account, endpoint?.channelId), lastRuns: items.map(scheduleRunReport) }
    return withEntityTag(report, scheduleTag(record))
  }

  /** The first job of a schedule is checked as if it were asked for; all others have the same form. */
  async function check(schedule: HarvestSchedule): Promise<void> {
    const { id, originEndpointId, options } = schedule
    const endpoint = await harvestableEndpoint(resources, originEndpointId)
    checkWindows(schedule, endpoint.startoverWindowSeconds)
    const window = new ScheduledWindows(schedule).from(schedule.start)!
    const job = {
      id: scheduledJobId(schedule, window),
      originEndpointId,
      startTime: new Date(window.job.start).toISOString(),
      endTime: new Date(window.job.end).toISOString(),
      s3Destination: scheduledDestination(schedule, window, endpoint.channelId),
    }
    await requestedJob(context, job, options, { scheduleId: id })
  }

  const stored = (id: string) => ({
    read: () => resources.harvestScheduleById(id),
    missing: () => missing(id),
    tagOf: scheduleTag,
  })

  /** Changes a schedule to what `change` makes of the newest record. */
  async function changed(
    id: string,
    condition: Condition | undefined,
    change: (record: ScheduleRecord) => Omit<ScheduleRecord, 'revision'>,
  ) {
    const record = await changeOptimistically<ScheduleRecord>({
      ...stored(id),
      condition,
      change: (current) => ({ ...change(current), revision: current.revision }),
      write: (next) => resources.updateHarvestSchedule(next),
    })
    return described(record)
  }

  return {
    async CreateHarvestSchedule(input) {
      checkedBeginningOfIds('id', input.id)
      const schedule = scheduleOf(input, clock())
      await check(schedule)
      const maxSchedules = limits.maxHarvestSchedules
      const position = positionFrom(schedule, schedule.start)
      const result = await resources.createHarvestSchedule(schedule, position, { maxSchedules })
      if (result === 'duplicate') refuse('id', `a harvest schedule with the id ${quoteValue(input.id)} already exists`)
      if (result === 'quota') {
        throw new ApiError('TooManyRequestsException', `Limit exceeded: at most ${maxSchedules} harvest schedules`)
      }
      return described(await existing(input.id))
    },

    async ListHarvestSchedules(input) {
      const listing = ['ListHarvestSchedules'] as const
      const page = await resources.listHarvestSchedules(pages.request(input, listing))
      return {
        harvestSchedules: page.items.map((record) => scheduleReport(record, account)),
        nextToken: pages.token(page, listing),
      }
    },

    async DescribeHarvestSchedule({ id }) {
      return described(await existing(id))
    },

    async UpdateHarvestSchedule(input, condition) {
      const { schedule } = await existing(input.id)
      await check(scheduleOf(input, clock(), schedule))
      return changed(input.id, condition, (current) => {
        const now = clock()
        const next = scheduleOf(input, now, current.schedule)
        // What became of earlier windows stands; a window that has begun is still to come.
        const from = current.next ?? current.schedule.end ?? now
        return { schedule: next, ...positionFrom(next, utcMs(Math.min(from, now))) }
      })
    },

    async DeleteHarvestSchedule({ id }, condition) {
      await removeOptimistically({
        ...stored(id),
        condition,
        remove: (revision) => resources.deleteHarvestSchedule(id, revision),
      })
      return {}
    },

    async StopHarvestSchedule({ id }, condition) {
      return changed(id, condition, ({ schedule, next }) => ({
        schedule: { ...schedule, isStopped: true, modifiedAt: modifiedAfter(schedule, clock()) },
        ...(next !== undefined && { next }),
      }))
    },

    async StartHarvestSchedule({ id }, condition) {
      return changed(id, condition, (current) => {
        if (!current.schedule.isStopped) return current
        const now = clock()
        const schedule = { ...current.schedule, isStopped: false, modifiedAt: modifiedAfter(current.schedule, now) }
        return { schedule, ...positionFrom(schedule, now) }
      })
    },

    async ListScheduleRuns({ id, ...input }) {
      await existing(id)
      const listing = ['ListScheduleRuns', id] as const
      const page = await resources.listScheduleRuns(id, pages.request(input, listing))
      return { runs: page.items.map(scheduleRunReport), nextToken: pages.token(page, listing) }
    },
  }
}

const scheduleTag = ({ schedule: { id, createdAt, modifiedAt } }: ScheduleRecord) =>
  entityTag(id, createdAt, modifiedAt)

/** The schedule that a request asks for, in place of `current` if there is one. Throws RuleViolation. */
function scheduleOf(given: Given, now: UtcMs, current?: HarvestSchedule): HarvestSchedule {
  const { id, originEndpointId, s3Destination, durationSeconds, startTime, endTime } = given
  const every = recurrenceOf('every', given.every)
  const start =
    startTime === undefined ? (current?.start ?? defaultStart(every, now)) : startOf(startTime, now, current)
  const { beforeSeconds = 0, afterSeconds = 0 } = given.overlap ?? {}
  const schedule: HarvestSchedule = {
    id,
    originEndpointId,
    every,
    start,
    ...(endTime !== undefined && { end: parsedInstant('endTime', endTime) }),
    ...(durationSeconds !== undefined && { durationSeconds }),
    overlap: { beforeSeconds, afterSeconds },
    s3Destination,
    options: harvestOptionsOf(given),
    isStopped: current?.isStopped ?? false,
    createdAt: current?.createdAt ?? now,
    modifiedAt: modifiedAfter(current, now),
  }
  checkSchedule(schedule)
  return schedule
}

function startOf(startTime: string, now: UtcMs, current: HarvestSchedule | undefined): UtcMs {
  const start = parsedInstant('startTime', startTime)
  if (start === current?.start) return start
  if (start < now - MOST_BEHIND_DAYS * ONE_DAY_MS) refuse('startTime', `must be at most ${MOST_BEHIND_DAYS} days ago`)
  if (start > now + MOST_AHEAD_DAYS * ONE_DAY_MS) refuse('startTime', `must be at most ${MOST_AHEAD_DAYS} days ahead`)
  return start
}
