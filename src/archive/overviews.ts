import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import { Pool } from '../concurrency/pool.ts'
import { Turns } from '../concurrency/turns.ts'
import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { triggerOf } from '../model/ad-events/ad-trigger.ts'
import { MOST_AD_EVENTS } from '../model/ad-events/begun-before.ts'
import { type AdName, keyOf } from '../model/ad-events/segment-ads.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { overlaps, type SegmentSummary } from '../model/output-segment.ts'
import { type AdFacts, type AdPage, AdSpans, factsOf, namesIn } from '../model/overview/ad-spans.ts'
import type { ChannelOverview, InputOverview, OutputOverview } from '../model/overview/channel-overview.ts'
import { marksIn } from '../model/overview/marks.ts'
import { picturesOf } from '../model/overview/pictures.ts'
import { reducedContent, type View } from '../model/overview/reduced-content.ts'
import { lackingInSegments, lackingInSlots, type SegmentRun, type SegmentRuns } from '../model/overview/segment-runs.ts'
import type { SlotRun, SlotRuns } from '../model/overview/slot-runs.ts'
import { readSummaryPage } from '../model/segment-page.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'
import { lengthsOf } from './open-output-timeline.ts'
import { type Costly, type HistoryAge, type PageInRange, RunHistory } from './run-history.ts'

/** What histories take in memory: spans, runs and ad events, of a few hundred bytes each. */
const MOST_ENTRIES = 100_000
/** Steps of the index that are taken at a time: others who ask it wait for no more. */
const STEPS_AT_ONCE = 2
/** How long ago must have been sealed what nobody can commit any more, in milliseconds. */
const SETTLED_MS = 60_000
/** How far the clocks of nodes that delete content may be apart, and their views of what is kept. */
const DELETED_MS = 60_000
/** The coarsest resolution at which pictures are told, in milliseconds, and the most output segments of which. */
const PICTURES_MS = 250
const MOST_PICTURED_SEGMENTS = 1024
/** Output segments whose pictures are read at a time. */
const PICTURED_AT_ONCE = 64

type SlotPage = SlotRuns & Costly
type SegmentPage = SegmentRuns & AdPage & Costly

export type OverviewsDeps = {
  readonly segmentIndex: Pick<
    SegmentIndex,
    | 'adEvents'
    | 'eras'
    | 'outputSegmentRange'
    | 'outputSegmentSummaries'
    | 'outputTimelineOf'
    | 'segmentsLeft'
    | 'segmentRuns'
    | 'segmentSpans'
    | 'slotsLeft'
    | 'slotRuns'
    | 'slotSpans'
  >
  /** The clock by which content is sealed. */
  readonly clock: Clock
}

/** A channel, with its inputs and the endpoints that show it. */
export type OverviewedChannel = {
  readonly channelGuid: string
  readonly ingestEndpointIds: readonly string[]
  readonly endpoints: readonly OriginEndpoint[]
}

type Shown = { readonly outputTimeline: OutputTimeline; readonly endpointIds: string[] }
type Read<Page> = { readonly pages: readonly PageInRange<Page>[]; readonly extent?: UtcRange }

/**
 * Overviews of channels over any span of time, made of how their content lies in time, of which what does not change
 * any more is read once.
 */
export class Overviews {
  private readonly deps: OverviewsDeps
  private readonly inputs = new LruCache<RunHistory<SlotPage>>(MOST_ENTRIES)
  private readonly outputs = new LruCache<RunHistory<SegmentPage>>(MOST_ENTRIES)
  private readonly steps = new Pool(Array.from({ length: STEPS_AT_ONCE }, (_, i) => i))
  private readonly turns = new Turns()
  /** By channel: what was sealed before this may have been deleted. */
  private readonly deletedBefore = new Map<string, UtcMs>()

  constructor(deps: OverviewsDeps) {
    this.deps = deps
  }

  /** Notes that what was sealed before a moment is not kept any more, of these channels and no others. */
  kept(channels: ReadonlyMap<string, UtcMs>): void {
    for (const guid of this.deletedBefore.keys()) if (!channels.has(guid)) this.deletedBefore.delete(guid)
    for (const [guid, since] of channels)
      this.deletedBefore.set(guid, utcMs(Math.max(since, this.deletedBefore.get(guid) ?? since)))
  }

  async overview(channel: OverviewedChannel, view: View): Promise<ChannelOverview> {
    const { channelGuid } = channel
    const shown = await this.shownIn(channel)
    const segments = await Promise.all(
      shown.map(async (each) => ({ ...each, ...(await this.segmentsOf(each.outputTimeline, view.window)) })),
    )
    const shifts = segments.flatMap(({ pages }) => pages.flatMap(({ page }) => page.runs.map(({ shiftMs }) => shiftMs)))
    const slots = await Promise.all(
      channel.ingestEndpointIds.map(async (ingestEndpointId) => {
        const wide = widened(view.window, shifts)
        return { ingestEndpointId, ...(await this.slotsOf({ channelGuid, ingestEndpointId }, wide)) }
      }),
    )
    const byInput = new Map(slots.map(({ ingestEndpointId, pages }) => [ingestEndpointId, slotRunsIn(pages)]))
    const inputs: InputOverview[] = []
    for (const input of slots) inputs.push(await this.inputOverview(input, view))
    const outputs: OutputOverview[] = []
    for (const output of segments) outputs.push(await this.outputOverview(output, byInput, view))
    const finest = segments.toSorted(
      (a, b) => a.outputTimeline.segmentDurationSeconds - b.outputTimeline.segmentDurationSeconds,
    )[0]
    const pictures = view.resolutionMs <= PICTURES_MS && finest && (await this.pictures(finest, view.window))
    return { inputs, outputs, ...adsIn(segments, view), ...(pictures && { pictures }) }
  }

  /** The output timelines of endpoints, each once; those without one have shown nothing yet. */
  private async shownIn({ endpoints }: OverviewedChannel): Promise<readonly Shown[]> {
    const shown = new Map<number, Shown>()
    for (const endpoint of endpoints) {
      const { guid, revision, id } = endpoint
      const { segmentDurationSeconds, isCut } = lengthsOf(endpoint)
      const found = await this.deps.segmentIndex.outputTimelineOf({ guid, revision }, segmentDurationSeconds, isCut)
      if (!found) continue
      const known = shown.get(found.id)
      if (known) known.endpointIds.push(id)
      else shown.set(found.id, { outputTimeline: found, endpointIds: [id] })
    }
    return [...shown.values()]
  }

  private async slotsOf(ingest: InputRef, window: UtcRange): Promise<Read<SlotPage>> {
    const { segmentIndex } = this.deps
    const history = new RunHistory<SlotPage>({
      spans: (after) => this.steps.run(() => segmentIndex.slotSpans(ingest, after)),
      left: (spans) => this.steps.run(() => segmentIndex.slotsLeft(ingest, spans)),
      page: async (span) => {
        const page = await this.steps.run(() => segmentIndex.slotRuns(ingest, span))
        return { ...page, cost: page.runs.length + page.eras.length }
      },
    })
    return this.read(this.inputs, { ...ingest, name: ingest.ingestEndpointId, history }, window)
  }

  private async segmentsOf({ id, channelGuid }: OutputTimeline, window: UtcRange): Promise<Read<SegmentPage>> {
    const { segmentIndex } = this.deps
    const history = new RunHistory<SegmentPage>({
      spans: (after) => this.steps.run(() => segmentIndex.segmentSpans(id, after)),
      left: (spans) => this.steps.run(() => segmentIndex.segmentsLeft(id, spans)),
      page: async (span) => {
        const page = await this.steps.run(() => segmentIndex.segmentRuns(id, span))
        const events = await this.eventsNamed(channelGuid, namesIn(page.ads))
        const cost = page.runs.length + page.ads.length + events.size
        return { ...page, events, start: page.runs[0]?.start ?? span.range.start, cost }
      },
    })
    return this.read(this.outputs, { channelGuid, name: `${id}`, history }, window)
  }

  /** Reads a history: that which is known under its name, else the one that is given. */
  private async read<Page extends Costly>(
    known: LruCache<RunHistory<Page>>,
    of: { readonly channelGuid: string; readonly name: string; readonly history: RunHistory<Page> },
    window: UtcRange,
  ): Promise<Read<Page>> {
    const key = `${of.channelGuid}/${of.name}`
    const history = known.get(key) ?? of.history
    // Also while it is read, so that others wait for the same.
    known.put(key, history, history.cost)
    const read = await history.read(window, this.ageIn(of.channelGuid))
    known.put(key, history, history.cost)
    return read
  }

  private ageIn(channelGuid: string): HistoryAge {
    const now = this.deps.clock()
    const deletedBefore = this.deletedBefore.get(channelGuid) ?? now
    return { settledBefore: utcMs(now - SETTLED_MS), deletedBefore: utcMs(deletedBefore + DELETED_MS) }
  }

  private async eventsNamed(channelGuid: string, names: readonly AdName[]): Promise<ReadonlyMap<string, AdFacts>> {
    const events = new Map<string, AdFacts>()
    for (let i = 0; i < names.length; i += MOST_AD_EVENTS) {
      const wanted = names.slice(i, i + MOST_AD_EVENTS).map(({ era, number }) => ({ era, numbers: [number] }))
      for (const { era, event } of await this.deps.segmentIndex.adEvents(channelGuid, wanted))
        events.set(keyOf({ era, number: event.number }), factsOf(event))
    }
    return events
  }

  private async inputOverview(
    { ingestEndpointId, pages, extent }: Read<SlotPage> & { readonly ingestEndpointId: string },
    view: View,
  ): Promise<InputOverview> {
    const spans = slotRunsIn(pages)
    const begun = new Map(pages.flatMap(({ page }) => page.eras.map((era) => [era.id, era] as const)))
    const content = await this.reduced(ingestEndpointId, { spans, lacking: lackingInSlots(spans), extent }, view)
    return { ingestEndpointId, ...content, eras: marksIn([...begun.values()], view), ...(extent && { extent }) }
  }

  private async outputOverview(
    { outputTimeline, endpointIds, pages, extent }: Shown & Read<SegmentPage>,
    slots: ReadonlyMap<string, readonly SlotRun[]>,
    view: View,
  ): Promise<OutputOverview> {
    const runs = pages.flatMap(({ page }) => page.runs)
    const lacking = await this.turns.run(outputTimeline.channelGuid, lackingInSegments(runs, slots))
    const content = await this.reduced(outputTimeline.channelGuid, { spans: runs, lacking, extent }, view)
    const first = runs.find(({ start, end }) => end > view.window.start && start < view.window.end)
    const times = (found: readonly SegmentRun[]) =>
      found.map(({ start, input }) => ({ time: start, ingestEndpointId: input }))
    return {
      segmentDurationSeconds: outputTimeline.segmentDurationSeconds,
      originEndpointIds: endpointIds,
      ...content,
      ...(extent && { extent }),
      ...(first && { ingestEndpointId: first.input }),
      discontinuities: marksIn(times(runs.filter(({ discontinuity }) => discontinuity)), view),
      inputSwitches: marksIn(times(runs.filter(({ input }, i) => i > 0 && input !== runs[i - 1]!.input)), view),
    }
  }

  private reduced(owner: string, content: Parameters<typeof reducedContent>[0], view: View) {
    return this.turns.run(owner, reducedContent(content, view))
  }

  /** The pictures of an output timeline in a window, as far as that is short. */
  private async pictures({ outputTimeline: { id, channelGuid } }: Shown, window: UtcRange) {
    const { segmentIndex } = this.deps
    const numbers = await segmentIndex.outputSegmentRange(id, window)
    if (!numbers) return { keyFrames: [], runs: [], isTruncated: false }
    const last = Math.min(numbers.last, numbers.after + MOST_PICTURED_SEGMENTS)
    const isTruncated = last < numbers.last
    const segments: SegmentSummary[] = []
    for (let after = numbers.after; after < last; after += PICTURED_AT_ONCE) {
      const page = await segmentIndex.outputSegmentSummaries(id, {
        after,
        last: Math.min(after + PICTURED_AT_ONCE, last),
      })
      segments.push(...readSummaryPage(page).segments.filter((segment) => overlaps(segment, window)))
    }
    const eras = await segmentIndex.eras(channelGuid, [...new Set(segments.map(({ era }) => era))])
    return { ...picturesOf(segments, eras), isTruncated }
  }
}

/** A window, and as much around it as dates of output segments differ from those of their slots. */
function widened({ start, end }: UtcRange, shifts: readonly number[]): UtcRange {
  const most = shifts.reduce((longest, shift) => Math.max(longest, Math.abs(shift)), 0)
  return { start: utcMs(start - most), end: utcMs(end + most) }
}

const slotRunsIn = (pages: readonly PageInRange<SlotPage>[]): readonly SlotRun[] =>
  pages.flatMap(({ page }) => page.runs)

function adsIn(segments: readonly Read<SegmentPage>[], view: View): Pick<ChannelOverview, 'adBreaks' | 'programmes'> {
  const spans = new AdSpans()
  for (const { pages } of segments) {
    spans.begin()
    for (const { page } of pages) spans.add(page)
  }
  const all = spans.shown(view, (span) => triggerOf(span) ?? `${span.typeId}`)
  return {
    adBreaks: all.filter((span) => triggerOf(span) !== undefined),
    programmes: all.filter((span) => triggerOf(span) === undefined),
  }
}
