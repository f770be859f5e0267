import { EVENT_WORDS } from '../model/event-selection.ts'
import { REASON, RUN_STATES } from './harvest-operations.ts'
import { JOB_OPTIONS, S3_DESTINATION } from './job-shapes.ts'
import { operation, PAGING } from './typed-operation.ts'
import {
  listOf,
  MOMENT,
  NOTHING,
  oneOf,
  optional,
  structure,
  TEXT,
  type ValueOf,
  WHOLE_NUMBER,
} from './typed-shapes.ts'

const EVENT_WORD = oneOf(...EVENT_WORDS)

const RULE = {
  originEndpointId: TEXT,
  events: optional(listOf(EVENT_WORD)),
  segmentationTypeIds: optional(listOf(WHOLE_NUMBER)),
  upid: optional(TEXT),
  minDurationSeconds: optional(WHOLE_NUMBER),
  maxDurationSeconds: optional(WHOLE_NUMBER),
  action: optional(oneOf('JOB', 'CLIP')),
  expiresAfterSeconds: optional(WHOLE_NUMBER),
  // Clips have no destination.
  s3Destination: optional(S3_DESTINATION),
  ...JOB_OPTIONS,
}

const MARKED_EVENT = {
  kind: oneOf('splice', 'segmentation'),
  id: WHOLE_NUMBER,
  typeId: optional(WHOLE_NUMBER),
  upid: optional(TEXT),
}
const EVENT = structure('MarkedEvent', MARKED_EVENT)
export type MarkedEventReport = ValueOf<typeof EVENT>

const RULE_RUN = structure('RuleRun', {
  startTime: MOMENT,
  endTime: MOMENT,
  recordedAt: MOMENT,
  event: optional(EVENT),
  jobId: optional(TEXT),
  clipId: optional(TEXT),
  state: optional(oneOf(...RUN_STATES, 'CLIPPED')),
  failure: optional(REASON),
})
/**
 * What became of an event. The state is that of its job, CLIPPED where a clip was made, MISSED where nothing was, and
 * absent where it is unknown.
 */
export type RuleRunReport = ValueOf<typeof RULE_RUN>

const RULE_REPORT = structure('HarvestRule', {
  id: TEXT,
  arn: TEXT,
  originEndpointId: TEXT,
  events: listOf(EVENT_WORD),
  segmentationTypeIds: optional(listOf(WHOLE_NUMBER)),
  upid: optional(TEXT),
  minDurationSeconds: optional(WHOLE_NUMBER),
  maxDurationSeconds: optional(WHOLE_NUMBER),
  action: oneOf('JOB', 'CLIP'),
  s3Destination: optional(S3_DESTINATION),
  ...JOB_OPTIONS,
  expiresAfterSeconds: optional(WHOLE_NUMBER),
  createdAt: MOMENT,
  modifiedAt: MOMENT,
  state: oneOf('ACTIVE', 'WAITING', 'STOPPED'),
  readUntil: optional(MOMENT),
  openEvents: listOf(structure('OpenEvent', { startTime: MOMENT, ...MARKED_EVENT })),
  lastRuns: optional(listOf(RULE_RUN)),
})
/** A rule as it is described. Members that are undefined are left out; `lastRuns` where it is one of a list. */
export type RuleReport = ValueOf<typeof RULE_REPORT>

export const RULE_OPERATIONS = {
  CreateHarvestRule: operation('POST harvest_rules', {
    summary: 'Creates a rule, which makes harvest jobs or clips of what SCTE 35 marks.',
    hasEntityTag: true,
    body: { id: TEXT, ...RULE },
    output: RULE_REPORT,
  }),
  ListHarvestRules: operation('GET harvest_rules', {
    summary: 'Lists rules.',
    query: PAGING,
    output: structure('HarvestRules', { harvestRules: listOf(RULE_REPORT), nextToken: optional(TEXT) }),
  }),
  DescribeHarvestRule: operation('GET harvest_rules/{id}', {
    summary: 'Describes a rule, with the events that go on and what became of the last ones.',
    hasEntityTag: true,
    output: RULE_REPORT,
  }),
  UpdateHarvestRule: operation('PUT harvest_rules/{id}', {
    summary: 'Replaces a rule.',
    hasEntityTag: true,
    body: RULE,
    output: RULE_REPORT,
  }),
  DeleteHarvestRule: operation('DELETE harvest_rules/{id}', {
    summary: 'Deletes a rule and its history; its jobs and clips stay.',
    hasEntityTag: true,
    status: 202,
    output: NOTHING,
  }),
  StopHarvestRule: operation('POST harvest_rules/{id}/stop', {
    summary: 'Stops a rule until it is started again.',
    hasEntityTag: true,
    output: RULE_REPORT,
  }),
  StartHarvestRule: operation('POST harvest_rules/{id}/start', {
    summary: 'Starts a rule with what is over from now on.',
    hasEntityTag: true,
    output: RULE_REPORT,
  }),
  ListRuleRuns: operation('GET harvest_rules/{id}/runs', {
    summary: 'Lists what became of the events of a rule, the latest first.',
    query: PAGING,
    output: structure('RuleRuns', { runs: listOf(RULE_RUN), nextToken: optional(TEXT) }),
  }),
}
