import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { utcMs } from '../media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from '../model/harvest-job.ts'
import { eventKey, type HarvestRule, type RulePosition, type RuleRun } from '../model/harvest-rule.ts'
import { type AutomationKind, automationRecordsContract } from './automation-records.contract.ts'
import { type ContractStore, later, NOW } from './nouns.contract.ts'
import type { RuleRecord } from './rule-records.ts'

const HOUR_MS = 3_600_000

export function harvestRule(id: string, changes: Partial<HarvestRule> = {}): HarvestRule {
  return {
    id,
    originEndpointId: 'hls',
    selection: { events: ['PROGRAM'], segmentationTypeIds: [], upid: 'größe*' },
    action: {
      kind: 'JOB',
      s3Destination: { bucketName: 'b', manifestKey: 'größe/{id}.m3u8', roleArn: 'r' },
      options: DEFAULT_HARVEST_OPTIONS,
    },
    isStopped: false,
    createdAt: NOW,
    modifiedAt: NOW,
    ...changes,
  }
}

/** What became of the programme that begins `hours` after NOW: a job, if it is named. */
export function ruleRun(hours: number, jobId?: string): RuleRun {
  const start = later(hours * HOUR_MS)
  const event = { kind: 'segmentation', id: 7, typeId: 0x10, start } as const
  const failure = { code: 'EndUnknown', message: 'Nobody knows.' }
  const end = utcMs(start + HOUR_MS)
  return { key: eventKey(event), start, end, recordedAt: end, event, ...(jobId ? { jobId } : { failure }) }
}

export function rulePosition(hours: number): RulePosition {
  const open = [{ kind: 'splice', id: 1, start: later(0) } as const]
  return { until: later(hours * HOUR_MS), segment: { outputTimeline: 3, number: hours }, open }
}

const RULES: AutomationKind<HarvestRule, RulePosition, RuleRun> = {
  name: 'rules',
  change: 'harvestRule',
  automation: harvestRule,
  position: rulePosition,
  run: ruleRun,
  create: (resources, rule, position, maxRules) => resources.createHarvestRule(rule, position, { maxRules }),
  record: (rule, revision, position) => ({ rule, revision, position }),
  byId: (resources, id) => resources.harvestRuleById(id),
  list: (resources, page) => resources.listHarvestRules(page),
  idOf: (record) => (record as RuleRecord).rule.id,
  update: (resources, record) => resources.updateHarvestRule(record as RuleRecord),
  remove: (resources, id, revision) => resources.deleteHarvestRule(id, revision),
  recordRuns: (resources, known, outcome) => resources.recordRuleRuns(known, outcome),
  listRuns: (resources, id, page) => resources.listRuleRuns(id, page),
}

/** The contract of every Resources about rules and their history. */
export function ruleRecordsContract(
  name: string,
  open: () => Promise<ContractStore>,
  blocks: Blocks = needing(),
): void {
  automationRecordsContract(name, open, RULES, blocks)
  const { describe, it } = blocks

  describe(`${name} as Resources: rules`, () => {
    it('keep the clip that an event has in their history, and count', async () => {
      const { resources } = await open()
      await resources.createHarvestRule(harvestRule('a'), rulePosition(0), { maxRules: 9 })
      const { failure: _, ...clip } = { ...ruleRun(0), clipId: 'a-0' }
      for (const [n, run] of [clip, ruleRun(0)].entries()) {
        const outcome = { runs: [run], position: rulePosition(1) }
        assert.equal(await resources.recordRuleRuns({ id: 'a', revision: n + 1 }, outcome), 'recorded')
      }
      assert.deepEqual(await resources.listRuleRuns('a', { limit: 9 }), { items: [clip] })
      assert.equal((await resources.resourceCounts(NOW)).harvestRules, 1)
    })
  })
}
