import type { UtcMs } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { SlotCursor } from '../model/output-timeline/state.ts'
import { bySealing, type OutputTimelineStep, type SealedSlot, stepOutput } from '../model/output-timeline/step.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { InputsView } from './known-eras.ts'
import { firstAliasEraOf, type OpenOutputTimeline } from './open-output-timeline.ts'

/**
 * Sealed slots of an input given to a new output timeline at a time, so that filling a long one does not hold ingest
 * up.
 */
const FILL_SLOTS = 250

export type FillPage = { readonly sealed: readonly SealedSlot[]; readonly isLast: boolean }

/** What the inputs sealed next after what an output timeline has met, in the order it was sealed. */
export async function readFillPage(
  index: Pick<SegmentIndex, 'slots'>,
  refs: readonly InputRef[],
  cursors: Readonly<Record<string, SlotCursor>>,
): Promise<FillPage> {
  const pages = await Promise.all(
    refs.map(async (ref) => {
      const { ingestEndpointId: input } = ref
      const slots = await index.slots(ref, cursors[input], FILL_SLOTS)
      return slots.map((slot): SealedSlot => ({ input, slot }))
    }),
  )
  const cut = pages.filter((page) => page.length === FILL_SLOTS).map((page) => page.at(-1))
  const all = bySealing(...pages)
  // Beyond the end of a page that was cut, slots of its input are missing.
  const end = all.findIndex((sealed) => cut.includes(sealed))
  return { sealed: end < 0 ? all : all.slice(0, end + 1), isLast: cut.length === 0 }
}

/** The step of an output timeline that meets what a page holds; after the last it is filled. */
export function fillStep(
  open: OpenOutputTimeline,
  { sealed, isLast }: FillPage,
  view: InputsView,
  now: UtcMs,
): OutputTimelineStep {
  const filled = stepOutput(open.state, sealed, { ...view, firstAliasEra: firstAliasEraOf(open) }, now)
  const { seen, isResting: _, ...rest } = filled.state
  const state = isLast ? { ...rest, isFilling: false } : { ...rest, ...(seen && { seen }) }
  return { ...filled, state, text: JSON.stringify(state) }
}
