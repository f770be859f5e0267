import { ticksFromSeconds } from '../media/time.ts'
import { firstAliasEraId } from '../model/eras/era-ids.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import {
  type OutputTimelineState,
  openOutputTimelineState,
  readOutputTimeline,
} from '../model/output-timeline/state.ts'
import type { OutputTimelineStep } from '../model/output-timeline/step.ts'
import type {
  OutputSegmentRow,
  OutputTimeline,
  OutputTimelineCommit,
  OutputTimelinesCommit,
  StoredOutputTimeline,
} from '../stores/timeline-store.ts'
import type { SegmentTail } from './segment-tail.ts'

/** In place of a version that is not to be relied on: none is stored under it. */
export const NO_VERSION = -1

/** What decides how long output segments are. */
export type SegmentLengths = Pick<OutputTimeline, 'segmentDurationSeconds' | 'isCut'>

/** An output timeline as this process knows it. */
export type OpenOutputTimeline = {
  readonly outputTimeline: OutputTimeline
  readonly version: number
  readonly state: OutputTimelineState
  /** The newest output segments; absent until they are asked for. */
  tail?: SegmentTail
}

/** Output timelines, each with the step it takes next. */
export type OutputTimelineSteps = readonly { readonly open: OpenOutputTimeline; readonly step: OutputTimelineStep }[]

/**
 * Opens an output timeline in its stored state. One that was never saved is at its beginning, and still to be filled.
 */
export function openOutputTimeline(outputTimeline: OutputTimeline & Partial<StoredOutputTimeline>): OpenOutputTimeline {
  const { version = 0, state: text, isCut } = outputTimeline
  // A node of the release before may have made the state of one that is cut.
  const cut = isCut && { isCut }
  if (version > 0 && text !== undefined) {
    return { outputTimeline, version, state: { ...readOutputTimeline(text), ...cut } }
  }
  const duration = ticksFromSeconds(outputTimeline.segmentDurationSeconds)
  const beginning = openOutputTimelineState(duration, outputTimeline.firstNumber, outputTimeline.ingestEndpointId)
  return { outputTimeline, version: 0, state: { ...beginning, ...cut, isFilling: true } }
}

/** True when both cut the same slots into the same output segments. */
export function areAlike(one: SegmentLengths, other: SegmentLengths): boolean {
  return one.segmentDurationSeconds === other.segmentDurationSeconds && one.isCut === other.isCut
}

/** The lengths of the segments of an endpoint. */
export function lengthsOf({ packaging: { segment } }: OriginEndpoint): SegmentLengths {
  return { segmentDurationSeconds: segment.durationSeconds, isCut: segment.isCut ?? false }
}

/** The rows and states that these steps write. */
export function outputTimelinesCommit(
  steps: OutputTimelineSteps,
): Pick<OutputTimelinesCommit, 'outputSegments' | 'outputTimelines'> {
  const commits = steps.map(({ open, step }) => outputTimelineCommit(open, step))
  return { outputSegments: commits.flatMap(({ rows }) => rows), outputTimelines: commits.map(({ commit }) => commit) }
}

function outputTimelineCommit(
  { outputTimeline, version }: OpenOutputTimeline,
  step: Pick<OutputTimelineStep, 'text' | 'segments' | 'eras'>,
): { readonly commit: OutputTimelineCommit; readonly rows: readonly OutputSegmentRow[] } {
  const { id, ingestEndpointId } = outputTimeline
  const rows = step.segments.map(({ segment: { slots, ...row }, input, era, eraClock }): OutputSegmentRow => {
    const isPlain = input === ingestEndpointId && era === row.era
    return {
      ...row,
      outputTimeline: id,
      firstSlot: slots[0]?.index ?? 0,
      slotCount: slots.length,
      ...(eraClock !== undefined && { eraClock }),
      ...(!isPlain && { source: { ingestEndpointId: input, era } }),
    }
  })
  return { commit: { id, expectedVersion: version, state: step.text, eras: step.eras }, rows }
}

/**
 * The first id that an output timeline may give to an alias era. It gives them in ascending order, and no other output
 * timeline gives the same.
 */
export function firstAliasEraOf({ outputTimeline: { id } }: OpenOutputTimeline): number {
  return firstAliasEraId(id)
}

/** The output timeline after a step that was committed. */
export function steppedOutputTimeline(
  open: OpenOutputTimeline,
  step: Pick<OutputTimelineStep, 'state' | 'segments'>,
): OpenOutputTimeline {
  const { tail } = open
  for (const { segment } of step.segments) tail?.push(segment)
  return { outputTimeline: open.outputTimeline, version: open.version + 1, state: step.state, ...(tail && { tail }) }
}

/** A step that replaces the state of an output timeline and publishes nothing. */
export function remembering(state: OutputTimelineState): OutputTimelineStep {
  return { state, text: JSON.stringify(state), changed: true, segments: [], eras: [], dropped: [], switched: undefined }
}

/** The moment at which the oldest slot was sealed that has still to go into an output segment; Infinity without one. */
export function neededSince({ state: { run, standbySlots } }: OpenOutputTimeline): number {
  return Math.min(...[...run, ...standbySlots.map(({ slot }) => slot)].map(({ sealedAt }) => sealedAt))
}
