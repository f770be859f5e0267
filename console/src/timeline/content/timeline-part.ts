import type { TimelineReport } from '../../../../src/control/timeline-operations.ts'
import type { FrameRate } from '../model/frame-grid.ts'
import type { Span } from '../model/span.ts'

/** A range without media, or several that are too near to be told apart. */
export type Gap = Span & { readonly count: number }

/** Something with a name that lasts: an ad break, a programme, a clip, a harvest job. */
export type Item = Span & {
  readonly id: string
  readonly label: string
  /** True where nothing tells of its end yet. */
  readonly isOpen: boolean
  readonly status?: string
}

/** Something that happened at a moment. */
export type Event = { readonly time: number; readonly label: string }

/** Content, of an input or as endpoints show it. */
export type ContentRow = {
  /** Of the ingest endpoint, or of the length of output segments. */
  readonly id: string
  /** All that there is, also elsewhere; absent where there is nothing. */
  readonly extent?: Span
  readonly content: readonly Span[]
  readonly gaps: readonly Gap[]
  readonly events: readonly Event[]
}

/** A part of a channel's timeline, its times in milliseconds since 1970. */
export type TimelinePart = {
  readonly inputs: readonly ContentRow[]
  readonly outputs: readonly ContentRow[]
  readonly adBreaks: readonly Item[]
  readonly programmes: readonly Item[]
  readonly clips: readonly Item[]
  readonly jobs: readonly Item[]
  /** Ascending; empty where pictures are not told apart. */
  readonly keyFrames: readonly number[]
  /** Of the pictures, where they come at a steady rate and are told apart. */
  readonly frameRate?: FrameRate
}

/** Reads an answer. `until` is where events end whose end nobody knows yet. */
export function readTimeline(described: TimelineReport, until: number): TimelinePart {
  const inputNames = new Map(described.inputs.map(({ ingestEndpointId }, n) => [ingestEndpointId, n + 1]))
  const [rate] = (described.pictures ?? []).flatMap(({ frameRate }) => frameRate ?? [])
  return {
    inputs: described.inputs.map((input) => ({
      id: input.ingestEndpointId,
      ...contentOf(input),
      events: input.eras.map(({ startTime, reason }) => ({ time: Date.parse(startTime), label: eraText(reason) })),
    })),
    outputs: described.outputs.map((output) => ({
      id: `${output.segmentDurationSeconds} s segments`,
      ...contentOf(output),
      events: [
        ...output.discontinuities.map(({ time, count }) => {
          return { time: Date.parse(time), label: count > 1 ? `${count} discontinuities` : 'Discontinuity' }
        }),
        ...output.inputSwitches.map(({ time, ingestEndpointId, count }) => {
          const to = `to input ${inputNames.get(ingestEndpointId) ?? ingestEndpointId}`
          return { time: Date.parse(time), label: count > 1 ? `${count} switches, the last ${to}` : `Switch ${to}` }
        }),
      ],
    })),
    adBreaks: described.adBreaks.map((event) => itemOf(event, until)),
    programmes: described.programmes.map((event) => itemOf(event, until)),
    clips: described.clips.map((clip) => ({ ...spanOf(clip), id: clip.id, label: clip.id, isOpen: false })),
    jobs: described.harvestJobs.map((job) => ({
      ...spanOf(job),
      id: job.id,
      label: job.id,
      isOpen: false,
      status: job.status,
    })),
    keyFrames: (described.keyFrames ?? []).map(({ time }) => Date.parse(time)).sort((a, b) => a - b),
    ...(rate && { frameRate: rate }),
  }
}

function eraText(reason: TimelineReport['inputs'][number]['eras'][number]['reason']): string {
  if (reason === undefined) return 'The source began anew'
  return `The source began anew, with other ${reason === 'TRACKS' ? 'tracks' : 'timestamps'}`
}

function contentOf({ oldestTime, newestTime, content, gaps }: TimelineReport['inputs' | 'outputs'][number]) {
  const extent = oldestTime !== undefined && newestTime !== undefined && { startTime: oldestTime, endTime: newestTime }
  return {
    ...(extent && { extent: spanOf(extent) }),
    content: content.map(spanOf),
    gaps: gaps.map((gap) => ({ ...spanOf(gap), count: gap.count })),
  }
}

function itemOf(event: TimelineReport['adBreaks'][number], until: number): Item {
  const { kind, id, upid, startTime, endTime } = event
  const start = Date.parse(startTime)
  const name = upid ?? `${kind} ${id}`
  return {
    start,
    end: endTime === undefined ? Math.max(start + 1, until) : Date.parse(endTime),
    id: `${kind}/${id}/${startTime}`,
    label: event.count > 1 ? `${event.count} of ${kind}` : name,
    isOpen: endTime === undefined,
  }
}

function spanOf({ startTime, endTime }: { readonly startTime: string; readonly endTime: string }): Span {
  return { start: Date.parse(startTime), end: Date.parse(endTime) }
}

/** From the oldest content of all inputs and outputs to the newest; undefined where there is none. */
export function extentOf({ inputs, outputs }: TimelinePart): Span | undefined {
  const extents = [...inputs, ...outputs].flatMap(({ extent }) => extent ?? [])
  if (extents.length === 0) return undefined
  return { start: Math.min(...extents.map((each) => each.start)), end: Math.max(...extents.map((each) => each.end)) }
}
