import { isoDateTime, ONE_DAY_MS, type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { eventWordOf, upidText } from '../model/event-selection.ts'
import { parsedInstant } from '../model/harvest-request.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { AdSpan } from '../model/overview/ad-spans.ts'
import type { InputOverview, OutputOverview } from '../model/overview/channel-overview.ts'
import type { ReducedContent, View } from '../model/overview/reduced-content.ts'
import { refuse } from '../model/rules.ts'
import { allOf } from '../stores/pages.ts'
import { type ControlContext, HARVEST_JOB_KEPT_MS } from './control-context.ts'
import { existingChannel } from './existing-channel.ts'
import type { AdEventReport, TIMELINE_OPERATIONS, TimelineReport } from './timeline-operations.ts'
import type { HandlersOf, InputsOf } from './typed-operation.ts'

/** The longest window, the longest startover window. */
const LONGEST_DAYS = 14
/** The most steps of the resolution in a window: more than a screen has pixels. */
const MOST_STEPS = 4000
/** What is shown where nothing else is asked for: an hour, in as many steps. */
const [USUAL_MS, USUAL_STEPS] = [3_600_000, 1000]
/** The most clips, jobs and ad events of each kind in an answer. */
const MOST_OF_A_KIND = 1000
const MOST_AD_EVENTS = 4000

type Asked = InputsOf<typeof TIMELINE_OPERATIONS>['DescribeTimeline']

/** The operation DescribeTimeline. */
export function timelineHandlers(context: ControlContext): HandlersOf<typeof TIMELINE_OPERATIONS> {
  const { resources, clock } = context
  return {
    async DescribeTimeline(input) {
      const { id } = input
      const date = clock()
      const view = viewOf(input, date)
      const { window } = view
      const channel = await existingChannel(context, id)
      const endpoints: OriginEndpoint[] = []
      for await (const each of allOf((page) => resources.listOriginEndpoints({ ...page, channelId: id })))
        endpoints.push(each)
      const ingestEndpointIds = channel.ingestEndpoints.map((each) => each.id)
      const of = { channelGuid: channel.guid, ingestEndpointIds, endpoints }
      const createdAfter = utcMs(date - HARVEST_JOB_KEPT_MS)
      const [overview, clips, jobs] = await Promise.all([
        context.overview(of, view),
        resources.clipsWithin(channel.guid, window, date, MOST_OF_A_KIND + 1),
        resources.harvestJobsWithin(channel.guid, window, createdAfter, MOST_OF_A_KIND + 1),
      ])
      const { adBreaks, programmes, pictures } = overview
      const isTruncated =
        Math.max(clips.length, jobs.length) > MOST_OF_A_KIND ||
        Math.max(adBreaks.length, programmes.length) > MOST_AD_EVENTS ||
        pictures?.isTruncated === true
      return {
        channelId: id,
        ...spanReport(window),
        resolutionSeconds: view.resolutionMs / 1000,
        date: isoDateTime(date),
        inputs: overview.inputs.map(inputReport),
        outputs: overview.outputs.map(outputReport),
        adBreaks: adBreaks.slice(0, MOST_AD_EVENTS).map(adReport),
        programmes: programmes.slice(0, MOST_AD_EVENTS).map(adReport),
        clips: clips.slice(0, MOST_OF_A_KIND).map((clip) => ({ id: clip.id, ...spanReport(clip) })),
        harvestJobs: jobs.slice(0, MOST_OF_A_KIND).map(({ start, end, ...job }) => {
          return { ...job, ...spanReport({ start, end }) }
        }),
        keyFrames: pictures?.keyFrames.map((time) => ({ time: isoDateTime(time) })),
        pictures: pictures?.runs.map(({ count, frameRate, ...run }) => ({ ...spanReport(run), count, frameRate })),
        isTruncated,
      }
    },
  }
}

/** Throws RuleViolation. */
function viewOf({ startTime, endTime, resolutionSeconds }: Asked, date: UtcMs): View {
  const asked = startTime === undefined ? undefined : parsedInstant('startTime', startTime)
  const end = endTime === undefined ? date : parsedInstant('endTime', endTime)
  const start = asked ?? utcMs(end - USUAL_MS)
  const length = end - start
  if (length <= 0 && endTime === undefined) refuse('startTime', 'must be before endTime, or before now without one')
  if (length <= 0) refuse('endTime', 'must be after startTime')
  if (length > LONGEST_DAYS * ONE_DAY_MS) refuse('startTime', `must be at most ${LONGEST_DAYS} days before endTime`)
  const least = Math.max(length / MOST_STEPS, 1) / 1000
  const resolution = resolutionSeconds ?? Math.max(length / USUAL_STEPS, 1) / 1000
  if (resolution < least || resolution > length / 1000) {
    const steps = `${MOST_STEPS} steps of at least a millisecond`
    const range = `between ${least} and ${length / 1000}`
    refuse('resolutionSeconds', `must be ${range}, so that the window has at most ${steps}, got ${resolution}`)
  }
  return { window: { start, end }, resolutionMs: resolution * 1000 }
}

function spanReport({ start, end }: UtcRange) {
  return { startTime: isoDateTime(start), endTime: isoDateTime(end) }
}

function contentReport({ content, gaps, extent }: ReducedContent & { readonly extent?: UtcRange }) {
  return {
    ...(extent && { oldestTime: isoDateTime(extent.start), newestTime: isoDateTime(extent.end) }),
    content: content.map(spanReport),
    gaps: gaps.map(({ streams, count, ...gap }) => ({ ...spanReport(gap), ...(streams && { streams }), count })),
  }
}

function inputReport(input: InputOverview): TimelineReport['inputs'][number] {
  return {
    ingestEndpointId: input.ingestEndpointId,
    ...contentReport(input),
    eras: input.eras.map(({ time, count, first: { id, hasSameTracks } }) => ({
      id,
      startTime: isoDateTime(time),
      reason: hasSameTracks === undefined ? undefined : hasSameTracks ? 'TIMESTAMPS' : 'TRACKS',
      count,
    })),
  }
}

function outputReport(output: OutputOverview): TimelineReport['outputs'][number] {
  const { segmentDurationSeconds, originEndpointIds, ingestEndpointId, discontinuities, inputSwitches } = output
  return {
    segmentDurationSeconds,
    originEndpointIds,
    ingestEndpointId,
    ...contentReport(output),
    discontinuities: discontinuities.map(({ time, count }) => ({ time: isoDateTime(time), count })),
    inputSwitches: inputSwitches.map(({ time, count, last }) => {
      return { time: isoDateTime(time), ingestEndpointId: last.ingestEndpointId, count }
    }),
  }
}

function adReport(span: AdSpan): AdEventReport {
  const { start, end, id, typeId, upid, plannedMs, count } = span
  return {
    startTime: isoDateTime(start),
    endTime: end === undefined ? undefined : isoDateTime(end),
    kind: eventWordOf(span) ?? 'OTHER',
    id,
    segmentationTypeId: typeId,
    upid: upid && upidText(upid),
    plannedSeconds: plannedMs === undefined ? undefined : plannedMs / 1000,
    count,
  }
}
