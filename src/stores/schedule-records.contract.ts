import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from '../model/harvest-job.ts'
import type { HarvestSchedule, SchedulePosition, ScheduleRun } from '../model/harvest-schedule.ts'
import { type AutomationKind, automationRecordsContract } from './automation-records.contract.ts'
import { type ContractStore, later, NOW } from './nouns.contract.ts'
import type { Resources } from './resources.ts'
import type { ScheduleRecord } from './schedule-records.ts'

const HOUR_MS = 3_600_000
const MANY_SCHEDULES = { maxSchedules: 100 }

export function harvestSchedule(id: string, changes: Partial<HarvestSchedule> = {}): HarvestSchedule {
  return {
    id,
    originEndpointId: 'hls',
    every: { hours: 1 },
    start: NOW,
    overlap: { beforeSeconds: 0, afterSeconds: 5 },
    s3Destination: { bucketName: 'b', manifestKey: 'größe/{id}.m3u8', roleArn: 'r' },
    options: DEFAULT_HARVEST_OPTIONS,
    isStopped: false,
    createdAt: NOW,
    modifiedAt: NOW,
    ...changes,
  }
}

/** What became of the window that begins `hours` after NOW: a job, if it is named. */
export function scheduleRun(hours: number, jobId?: string): ScheduleRun {
  const start = later(hours * HOUR_MS)
  const failure = { code: 'BeforeStartoverWindow', message: 'It is gone.' }
  const outcome = jobId === undefined ? { failure } : { jobId }
  return { start, end: utcMs(start + HOUR_MS), recordedAt: utcMs(start + HOUR_MS), ...outcome }
}

const position = (hours: number): SchedulePosition & { readonly next: UtcMs; readonly dueAt: UtcMs } => ({
  next: later(hours * HOUR_MS),
  dueAt: later((hours + 1) * HOUR_MS),
})

const SCHEDULES: AutomationKind<HarvestSchedule, SchedulePosition, ScheduleRun> = {
  name: 'schedules',
  change: 'harvestSchedule',
  automation: harvestSchedule,
  position,
  run: scheduleRun,
  create: (resources, schedule, at, maxSchedules) => resources.createHarvestSchedule(schedule, at, { maxSchedules }),
  record: (schedule, revision, at) => ({ schedule, revision, ...at }),
  byId: (resources, id) => resources.harvestScheduleById(id),
  list: (resources, page) => resources.listHarvestSchedules(page),
  idOf: (record) => (record as ScheduleRecord).schedule.id,
  update: (resources, record) => resources.updateHarvestSchedule(record as ScheduleRecord),
  remove: (resources, id, revision) => resources.deleteHarvestSchedule(id, revision),
  recordRuns: (resources, known, outcome) => resources.recordScheduleRuns(known, outcome),
  listRuns: (resources, id, page) => resources.listScheduleRuns(id, page),
}

/** The contract of every Resources about schedules and their history. */
export function scheduleRecordsContract(
  name: string,
  open: () => Promise<ContractStore>,
  blocks: Blocks = needing(),
): void {
  automationRecordsContract(name, open, SCHEDULES, blocks)
  const { describe, it } = blocks
  const create = (resources: Resources, id: string, hours: number) =>
    resources.createHarvestSchedule(harvestSchedule(id), position(hours), MANY_SCHEDULES)
  const dueIds = async (resources: Resources, now: UtcMs, limit = 9) =>
    (await resources.dueHarvestSchedules(now, limit)).map(({ schedule }) => schedule.id)

  describe(`${name} as Resources: schedules`, () => {
    it('are due from a moment on, those first that have been for longest', async () => {
      const { resources } = await open()
      await create(resources, 'late', 2)
      await create(resources, 'early', 0)
      await create(resources, 'same', 0)
      await resources.createHarvestSchedule(harvestSchedule('never'), {}, MANY_SCHEDULES)
      assert.deepEqual(await dueIds(resources, later(HOUR_MS - 1)), [])
      assert.deepEqual(await dueIds(resources, later(HOUR_MS)), ['early', 'same'])
      assert.deepEqual(await dueIds(resources, later(9 * HOUR_MS)), ['early', 'same', 'late'])
      assert.deepEqual(await dueIds(resources, later(9 * HOUR_MS), 1), ['early'])
    })
  })
}
