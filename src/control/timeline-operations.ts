import { EVENT_WORDS } from '../model/event-selection.ts'
import { operation } from './typed-operation.ts'
import {
  listOf,
  MOMENT,
  NUMBER,
  oneOf,
  optional,
  structure,
  TEXT,
  TRUTH,
  type ValueOf,
  WHOLE_NUMBER,
} from './typed-shapes.ts'

const SPAN = { startTime: MOMENT, endTime: MOMENT }

const CONTENT = {
  oldestTime: optional(MOMENT),
  newestTime: optional(MOMENT),
  content: listOf(structure('TimelineContent', SPAN)),
  gaps: listOf(structure('TimelineGap', { ...SPAN, streams: optional(listOf(WHOLE_NUMBER)), count: WHOLE_NUMBER })),
}

const AD_EVENT = structure('TimelineAdEvent', {
  startTime: MOMENT,
  endTime: optional(MOMENT),
  kind: oneOf(...EVENT_WORDS, 'OTHER'),
  id: WHOLE_NUMBER,
  segmentationTypeId: optional(WHOLE_NUMBER),
  upid: optional(TEXT),
  plannedSeconds: optional(NUMBER),
  count: WHOLE_NUMBER,
})
export type AdEventReport = ValueOf<typeof AD_EVENT>

const TIMELINE = structure('Timeline', {
  channelId: TEXT,
  ...SPAN,
  resolutionSeconds: NUMBER,
  date: MOMENT,
  inputs: listOf(
    structure('TimelineInput', {
      ingestEndpointId: TEXT,
      ...CONTENT,
      eras: listOf(
        structure('TimelineEra', {
          id: WHOLE_NUMBER,
          startTime: MOMENT,
          reason: optional(oneOf('TRACKS', 'TIMESTAMPS')),
          count: WHOLE_NUMBER,
        }),
      ),
    }),
  ),
  outputs: listOf(
    structure('TimelineOutput', {
      segmentDurationSeconds: NUMBER,
      originEndpointIds: listOf(TEXT),
      ingestEndpointId: optional(TEXT),
      ...CONTENT,
      discontinuities: listOf(structure('TimelineDiscontinuity', { time: MOMENT, count: WHOLE_NUMBER })),
      inputSwitches: listOf(
        structure('TimelineInputSwitch', { time: MOMENT, ingestEndpointId: TEXT, count: WHOLE_NUMBER }),
      ),
    }),
  ),
  adBreaks: listOf(AD_EVENT),
  programmes: listOf(AD_EVENT),
  clips: listOf(structure('TimelineClip', { id: TEXT, ...SPAN })),
  harvestJobs: listOf(
    structure('TimelineHarvestJob', {
      id: TEXT,
      originEndpointId: TEXT,
      ...SPAN,
      status: oneOf('IN_PROGRESS', 'SUCCEEDED', 'FAILED'),
    }),
  ),
  keyFrames: optional(listOf(structure('TimelineKeyFrame', { time: MOMENT }))),
  pictures: optional(
    listOf(
      structure('TimelinePictures', {
        ...SPAN,
        count: WHOLE_NUMBER,
        frameRate: optional(structure('FrameRate', { numerator: WHOLE_NUMBER, denominator: WHOLE_NUMBER })),
      }),
    ),
  ),
  isTruncated: TRUTH,
})
export type TimelineReport = ValueOf<typeof TIMELINE>

export const TIMELINE_OPERATIONS = {
  DescribeTimeline: operation('GET channels/{id}/timeline', {
    summary: 'Describes what there is of a channel in a window: content and gaps, ad breaks, clips and harvest jobs.',
    query: { startTime: optional(TEXT), endTime: optional(TEXT), resolutionSeconds: optional(NUMBER) },
    output: TIMELINE,
  }),
}
