import { HARVEST_REPORT } from './harvest-operations.ts'
import { CLIP_CUT, JOB } from './job-shapes.ts'
import { ORDERED_PAGING, operation } from './typed-operation.ts'
import {
  listOf,
  MOMENT,
  mapOf,
  NOTHING,
  optional,
  structure,
  TEXT,
  type ValueOf,
  WHOLE_NUMBER,
} from './typed-shapes.ts'

const CHANGES = {
  startTime: optional(TEXT),
  endTime: optional(TEXT),
  cut: optional(CLIP_CUT),
  expiresAt: optional(TEXT),
}

const CLIP_REPORT = structure('Clip', {
  id: TEXT,
  channelId: TEXT,
  originEndpointId: optional(TEXT),
  ruleId: optional(TEXT),
  startTime: TEXT,
  endTime: TEXT,
  cut: CLIP_CUT,
  expiresAt: optional(MOMENT),
  createdAt: MOMENT,
  modifiedAt: MOMENT,
  pinnedBytes: WHOLE_NUMBER,
  urls: mapOf(TEXT),
})
/** A clip as it is described. Members that are undefined are left out. */
export type ClipReport = ValueOf<typeof CLIP_REPORT>

const QUOTA = structure('QuotaUse', { used: WHOLE_NUMBER, quota: optional(WHOLE_NUMBER) })

export const CLIP_OPERATIONS = {
  CreateClip: operation('POST clips', {
    summary: 'Makes a clip, and answers with the URLs at which it is played.',
    hasEntityTag: true,
    body: {
      id: optional(TEXT),
      channelId: optional(TEXT),
      originEndpointId: optional(TEXT),
      ...CHANGES,
      startTime: TEXT,
      endTime: TEXT,
    },
    output: CLIP_REPORT,
  }),
  ListClips: operation('GET clips', {
    summary: 'Lists clips in the order in which they were made, or the other way round.',
    query: { channelId: optional(TEXT), ...ORDERED_PAGING },
    output: structure('Clips', { clips: listOf(CLIP_REPORT), nextToken: optional(TEXT) }),
  }),
  DescribeClip: operation('GET clips/{id}', { summary: 'Describes a clip.', hasEntityTag: true, output: CLIP_REPORT }),
  UpdateClip: operation('PUT clips/{id}', {
    summary: 'Changes the members of a clip that are given.',
    hasEntityTag: true,
    body: CHANGES,
    output: CLIP_REPORT,
  }),
  DeleteClip: operation('DELETE clips/{id}', { summary: 'Ends a clip.', hasEntityTag: true, output: NOTHING }),
  MaterialiseClip: operation('POST clips/{id}/materialise', {
    summary: 'Creates a harvest job of a clip.',
    body: {
      jobId: optional(TEXT),
      s3Destination: JOB.s3Destination,
      deliverables: JOB.deliverables,
      encryption: JOB.encryption,
    },
    output: HARVEST_REPORT,
  }),
  DescribeUsage: operation('GET usage', {
    summary: 'Describes how much of each quota is used.',
    output: structure('Usage', {
      clips: QUOTA,
      pinnedBytes: QUOTA,
      archiveBytes: QUOTA,
      channels: QUOTA,
      harvestJobsInProgress: QUOTA,
      harvestJobsScheduled: QUOTA,
      harvestSchedules: QUOTA,
      harvestRules: QUOTA,
    }),
  }),
}
