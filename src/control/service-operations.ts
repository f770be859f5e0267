import { INPUT_OPERATIONS, INPUT_SUMMARY } from './input-operations.ts'
import { ORDERED_PAGING, operation, PAGING } from './typed-operation.ts'
import {
  ANY_JSON,
  listOf,
  MOMENT,
  mapOf,
  NOTHING,
  NUMBER,
  optional,
  structure,
  TEXT,
  TRUTH,
  type ValueOf,
  WHOLE_NUMBER,
} from './typed-shapes.ts'

const EVENT = structure('EventEnvelope', {
  version: TEXT,
  id: TEXT,
  'detail-type': TEXT,
  source: TEXT,
  account: TEXT,
  time: MOMENT,
  region: TEXT,
  resources: listOf(TEXT),
  detail: mapOf(ANY_JSON),
})

const PROCESS_REPORT = structure('ProcessReport', {
  version: TEXT,
  startedAt: MOMENT,
  uptimeSeconds: NUMBER,
  roles: listOf(TEXT),
  listeners: listOf(structure('ListenerReport', { name: TEXT, address: TEXT, tls: TRUTH })),
  unready: listOf(TEXT),
  certificates: listOf(
    structure('CertificateReport', { file: TEXT, names: listOf(TEXT), validFrom: MOMENT, validUntil: MOMENT }),
  ),
})

const ENDPOINT_STATUS = structure('OriginEndpointStatus', {
  id: TEXT,
  isEncrypted: TRUTH,
  contentKeys: optional(WHOLE_NUMBER),
  liveEdge: optional(MOMENT),
  liveEdgeAgeSeconds: optional(NUMBER),
})
export type EndpointStatus = ValueOf<typeof ENDPOINT_STATUS>

const CHANNEL_STATUS = structure('ChannelStatus', {
  id: TEXT,
  inputs: listOf(INPUT_SUMMARY),
  originEndpoints: listOf(ENDPOINT_STATUS),
})
export type ChannelStatus = ValueOf<typeof CHANNEL_STATUS>

const JOB_COUNTS = structure('HarvestJobCounts', {
  IN_PROGRESS: WHOLE_NUMBER,
  SUCCEEDED: WHOLE_NUMBER,
  FAILED: WHOLE_NUMBER,
})
export type JobCounts = ValueOf<typeof JOB_COUNTS>

const STATUS_REPORT = structure('StatusReport', {
  date: MOMENT,
  process: PROCESS_REPORT,
  counts: structure('ResourceCounts', {
    channels: WHOLE_NUMBER,
    harvestJobsInProgress: WHOLE_NUMBER,
    harvestJobsScheduled: WHOLE_NUMBER,
    harvestSchedules: WHOLE_NUMBER,
    harvestRules: WHOLE_NUMBER,
    clips: WHOLE_NUMBER,
    pinnedBytes: WHOLE_NUMBER,
  }),
  harvestJobsOfLastDay: JOB_COUNTS,
  channels: listOf(CHANNEL_STATUS),
  nextToken: optional(TEXT),
})
export type StatusReport = ValueOf<typeof STATUS_REPORT>

/** The operations on events, on what comes in, and on the process itself. */
export const SERVICE_OPERATIONS = {
  ListEvents: operation('GET events', {
    summary: 'Lists the events of the service, the oldest first unless asked otherwise.',
    query: ORDERED_PAGING,
    output: structure('Events', {
      events: listOf(EVENT),
      nextToken: optional(TEXT),
      resumeToken: optional(TEXT),
    }),
  }),
  ReplayEvents: operation('POST event_sinks/{id}/replay', {
    summary: 'Delivers events to a sink again.',
    status: 202,
    body: { after: optional(TEXT) },
    output: NOTHING,
  }),
  ...INPUT_OPERATIONS,
  CreateIndexSnapshot: operation('POST index_snapshots', {
    summary: 'Makes a copy of the index, for a backup.',
    output: structure('IndexSnapshot', { id: TEXT, size: WHOLE_NUMBER }),
  }),
  DeleteIndexSnapshot: operation('DELETE index_snapshots/{id}', {
    summary: 'Deletes a copy of the index.',
    output: NOTHING,
  }),
  DescribeStatus: operation('GET status', {
    summary: 'Describes the process that answers, and how each channel is.',
    query: PAGING,
    output: STATUS_REPORT,
  }),
}
