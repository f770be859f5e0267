import { type UtcMs, utcMs } from '../media/time.ts'
import { checkAsServed } from '../model/asset-encryption.ts'
import type { ClipCut } from '../model/clip.ts'
import type { HarvestOptions } from '../model/harvest-job.ts'
import { checkCut, checkDestination } from '../model/harvest-request.ts'
import type { HarvestRule, RuleAction, RulePosition } from '../model/harvest-rule.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { checkRule, sampleOf } from '../model/rule-checks.ts'
import { checkedBeginningOfIds, quoteValue, refuse } from '../model/rules.ts'
import type { RuleRecord } from '../stores/rule-records.ts'
import { ApiError } from './api-error.ts'
import type { ControlContext } from './control-context.ts'
import { type Condition, entityTag, withEntityTag } from './entity-tags.ts'
import { harvestOptionsOf } from './given-options.ts'
import { expanded, harvestableEndpoint } from './new-harvest-job.ts'
import { changeOptimistically, modifiedAfter, removeOptimistically } from './optimistic-change.ts'
import type { RULE_OPERATIONS } from './rule-operations.ts'
import { ruleReport, ruleRunReport } from './rule-report.ts'
import type { HandlersOf, InputsOf } from './typed-operation.ts'

type Given = InputsOf<typeof RULE_OPERATIONS>['CreateHarvestRule']

/** Of the history that a rule is described with. */
const LAST_RUNS = 5

/** One function for each operation on rules. */
export function ruleHandlers(context: ControlContext): HandlersOf<typeof RULE_OPERATIONS> {
  const { resources, clock, pages, account, limits, extent } = context

  const missing = (id: string) =>
    new ApiError('NotFoundException', `There is no harvest rule with the id ${quoteValue(id)}`)

  async function existing(id: string): Promise<RuleRecord> {
    const record = await resources.harvestRuleById(id)
    if (!record) throw missing(id)
    return record
  }

  const isThere = async ({ rule }: RuleRecord) =>
    (await resources.originEndpointById(rule.originEndpointId)) !== undefined

  async function described(record: RuleRecord) {
    const { items } = await resources.listRuleRuns(record.rule.id, { limit: LAST_RUNS })
    const report = { ...ruleReport(record, account, await isThere(record)), lastRuns: items.map(ruleRunReport) }
    return withEntityTag(report, ruleTag(record))
  }

  /** Throws RuleViolation for a rule whose jobs, or clips, its endpoint would not have. */
  async function check(rule: HarvestRule): Promise<OriginEndpoint> {
    const endpoint = await harvestableEndpoint(resources, rule.originEndpointId)
    const { action } = rule
    if (action.kind === 'JOB') {
      const { s3Destination, options } = action
      const values = { ...sampleOf(rule), channel: endpoint.channelId }
      checkDestination(expanded(s3Destination, values), endpoint, options.deliverables)
      checkCut(endpoint, options)
      checkAsServed(endpoint, options)
    }
    return endpoint
  }

  /** Where a rule begins: with what ends from now on in what the endpoint shows. */
  async function newest(endpoint: OriginEndpoint): Promise<RulePosition> {
    return { until: (await extent(endpoint))?.end ?? utcMs(0), open: [] }
  }

  const stored = (id: string) => ({
    read: () => resources.harvestRuleById(id),
    missing: () => missing(id),
    tagOf: ruleTag,
  })

  /** Changes a rule to what `change` makes of the newest record. */
  async function changed(
    id: string,
    condition: Condition | undefined,
    change: (record: RuleRecord) => Omit<RuleRecord, 'revision'>,
  ) {
    const record = await changeOptimistically<RuleRecord>({
      ...stored(id),
      condition,
      change: (current) => ({ ...change(current), revision: current.revision }),
      write: (next) => resources.updateHarvestRule(next),
    })
    return described(record)
  }

  return {
    async CreateHarvestRule(input) {
      checkedBeginningOfIds('id', input.id)
      const rule = ruleOf(input, clock())
      const endpoint = await check(rule)
      const maxRules = limits.maxHarvestRules
      const result = await resources.createHarvestRule(rule, await newest(endpoint), { maxRules })
      if (result === 'duplicate') refuse('id', `a harvest rule with the id ${quoteValue(input.id)} already exists`)
      if (result === 'quota') {
        throw new ApiError('TooManyRequestsException', `Limit exceeded: at most ${maxRules} harvest rules`)
      }
      return described(await existing(input.id))
    },

    async ListHarvestRules(input) {
      const listing = ['ListHarvestRules'] as const
      const page = await resources.listHarvestRules(pages.request(input, listing))
      const harvestRules = []
      for (const record of page.items) harvestRules.push(ruleReport(record, account, await isThere(record)))
      return { harvestRules, nextToken: pages.token(page, listing) }
    },

    async DescribeHarvestRule({ id }) {
      return described(await existing(id))
    },

    async UpdateHarvestRule(input, condition) {
      const { rule } = await existing(input.id)
      const endpoint = await check(ruleOf(input, clock(), rule))
      const position = await newest(endpoint)
      return changed(input.id, condition, (current) => {
        const next = ruleOf(input, clock(), current.rule)
        const isSame = next.originEndpointId === current.rule.originEndpointId
        return { rule: next, position: isSame ? current.position : position }
      })
    },

    async DeleteHarvestRule({ id }, condition) {
      await removeOptimistically({
        ...stored(id),
        condition,
        remove: (revision) => resources.deleteHarvestRule(id, revision),
      })
      return {}
    },

    async StopHarvestRule({ id }, condition) {
      return changed(id, condition, ({ rule, position }) => ({
        rule: { ...rule, isStopped: true, modifiedAt: modifiedAfter(rule, clock()) },
        position: { ...position, open: [] },
      }))
    },

    async StartHarvestRule({ id }, condition) {
      const { rule } = await existing(id)
      const endpoint = await resources.originEndpointById(rule.originEndpointId)
      const begin = endpoint && (await newest(endpoint))
      return changed(id, condition, (current) => {
        if (!current.rule.isStopped) return current
        const started = { ...current.rule, isStopped: false, modifiedAt: modifiedAfter(current.rule, clock()) }
        return { rule: started, position: begin ?? current.position }
      })
    },

    async ListRuleRuns({ id, ...input }) {
      await existing(id)
      const listing = ['ListRuleRuns', id] as const
      const page = await resources.listRuleRuns(id, pages.request(input, listing))
      return { runs: page.items.map(ruleRunReport), nextToken: pages.token(page, listing) }
    },
  }
}

const ruleTag = ({ rule: { id, createdAt, modifiedAt } }: RuleRecord) => entityTag(id, createdAt, modifiedAt)

/** The rule that a request asks for, in place of `current` if there is one. Throws RuleViolation. */
function ruleOf(given: Given, now: UtcMs, current?: HarvestRule): HarvestRule {
  const { id, originEndpointId, upid, minDurationSeconds, maxDurationSeconds } = given
  const rule: HarvestRule = {
    id,
    originEndpointId,
    selection: {
      events: given.events ?? [],
      segmentationTypeIds: given.segmentationTypeIds ?? [],
      ...(upid !== undefined && { upid }),
      ...(minDurationSeconds !== undefined && { minDurationSeconds }),
      ...(maxDurationSeconds !== undefined && { maxDurationSeconds }),
    },
    action: given.action === 'CLIP' ? clipAction(given) : jobAction(given),
    isStopped: current?.isStopped ?? false,
    createdAt: current?.createdAt ?? now,
    modifiedAt: modifiedAfter(current, now),
  }
  checkRule(rule)
  return rule
}

function jobAction(given: Given): RuleAction {
  const { s3Destination, expiresAfterSeconds } = given
  if (expiresAfterSeconds !== undefined) refuse('expiresAfterSeconds', 'must not be given where action is JOB')
  if (!s3Destination) return refuse('s3Destination', 'is required where action is JOB')
  return { kind: 'JOB', s3Destination, options: harvestOptionsOf(given) }
}

/** The members of a job that clips have no use for. */
const OF_JOBS = ['s3Destination', 'gapPolicy', 'earlyEndPolicy', 'report', 'deliverables', 'encryption'] as const

function clipAction(given: Given): RuleAction {
  for (const name of OF_JOBS) if (given[name] !== undefined) refuse(name, 'must not be given where action is CLIP')
  const { cut = 'SEGMENT', expiresAfterSeconds } = given
  if (!isClipCut(cut)) return refuse('cut', `must be SEGMENT or FRAME where action is CLIP, got ${cut}`)
  return { kind: 'CLIP', cut, ...(expiresAfterSeconds !== undefined && { expiresAfterSeconds }) }
}

const isClipCut = (cut: NonNullable<HarvestOptions['cut']>): cut is ClipCut => cut !== 'FRAME_EXACT'
