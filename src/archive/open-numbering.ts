import { ticksFromSeconds } from '../media/time.ts'
import type { NumberingStep } from '../model/timeline/following.ts'
import { type NumberingState, openNumberingState } from '../model/timeline/numbering-state.ts'
import { FIRST_MADE_ERA } from '../model/timeline/state.ts'
import type { Numbering, NumberingCommit, OutputSegmentRow, StoredNumbering } from '../stores/segment-index.ts'
import type { SegmentTail } from './segment-tail.ts'

/** A numbering as this process knows it. */
export type OpenNumbering = {
  readonly numbering: Numbering
  readonly version: number
  readonly state: NumberingState
  /** Its newest output segments, once somebody has asked for them. */
  tail?: SegmentTail
}

/** What each of some numberings does next. */
export type NumberingSteps = readonly { readonly open: OpenNumbering; readonly step: NumberingStep }[]

/** As it is stored, or at its beginning: to be filled. */
export function openNumbering(numbering: Numbering & Partial<StoredNumbering>): OpenNumbering {
  const { version = 0, state: text } = numbering
  if (version > 0 && text !== undefined) return { numbering, version, state: JSON.parse(text) as NumberingState }
  const duration = ticksFromSeconds(numbering.segmentDurationSeconds)
  const beginning = openNumberingState(duration, numbering.firstNumber, numbering.ingestEndpointId)
  return { numbering, version: 0, state: { ...beginning, isFilling: true } }
}

export function numberingCommit(
  { numbering, version }: OpenNumbering,
  step: Pick<NumberingStep, 'text' | 'segments' | 'eras'>,
): { readonly commit: NumberingCommit; readonly rows: readonly OutputSegmentRow[] } {
  const { id, ingestEndpointId } = numbering
  const rows = step.segments.map(({ segment: { slots, ...row }, input, era }): OutputSegmentRow => {
    const isPlain = input === ingestEndpointId && era === row.era
    return {
      ...row,
      numbering: id,
      firstSlot: slots[0]?.index ?? 0,
      slotCount: slots.length,
      ...(!isPlain && { source: { ingestEndpointId: input, era } }),
    }
  })
  return { commit: { id, expectedVersion: version, state: step.text, eras: step.eras }, rows }
}

/** Numbers a numbering may give to the eras it makes: in a row, and no other's. */
export function madeErasOf({ numbering: { id } }: OpenNumbering): number {
  return FIRST_MADE_ERA + id * 1_000_000
}

/** The numbering after a step that was committed. */
export function steppedNumbering(open: OpenNumbering, step: Pick<NumberingStep, 'state' | 'segments'>): OpenNumbering {
  const { tail } = open
  for (const { segment } of step.segments) tail?.push(segment)
  return { numbering: open.numbering, version: open.version + 1, state: step.state, ...(tail && { tail }) }
}

/** A step that changes what a numbering remembers, and nothing it shows. */
export function remembering(state: NumberingState): NumberingStep {
  return { state, text: JSON.stringify(state), changed: true, segments: [], eras: [], dropped: [], switched: undefined }
}

/** When the oldest slot was sealed that still goes into an output segment: it is needed, however old it is. */
export function neededSince({ state: { run, spare } }: OpenNumbering): number {
  return Math.min(...[...run, ...spare.map(({ slot }) => slot)].map(({ sealedAt }) => sealedAt))
}
