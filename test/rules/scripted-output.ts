/** What an endpoint shows of a scripted source: output segments whose marks are made of messages by the real rules. */
import type { Absence, LiveEdge, SegmentInEra } from '../../src/archive/reader.ts'
import type { SpliceSignal } from '../../src/media/splice-signal.ts'
import { ticks, type UtcMs, type UtcRange, utcMs } from '../../src/media/time.ts'
import { adSignalsOf } from '../../src/model/ad-events/signal.ts'
import { atSlot, goingOn, noAdEvents, takeSignals } from '../../src/model/ad-events/step.ts'
import { type EraAdEvent, endUtcOf, type OutputSegment, overlaps } from '../../src/model/output-segment.ts'
import { enterSegment, type OutputAdEvents } from '../../src/model/output-timeline/ad-events.ts'
import type { NumberRange } from '../../src/model/segment-numbers.ts'
import { writePage, writeSummaryPage } from '../../src/model/segment-page.ts'
import { segmentSummaryOf } from '../../src/model/segment-summary.ts'
import type { RuleArchive } from '../../src/rules/reading.ts'

const TOLERANCE = 1800
const WRAP = 2 ** 33

export type ScriptedMessage = { readonly arrival: UtcMs; readonly signals: readonly ScriptedSignal[] }

/** A programme or the like begins, or ends, at a moment. */
export type ScriptedSignal = {
  readonly id: number
  /** segmentation_type_id; absent of a splice_insert(), which begins a break of `seconds`. */
  readonly typeId?: number
  readonly at: UtcMs
  readonly seconds?: number
  readonly upid?: { readonly type: number; readonly bytes: string }
}

export class ScriptedOutput {
  readonly archive: RuleArchive
  /** The id of the output timeline. */
  outputTimeline = 1
  private readonly from: UtcMs
  private readonly segmentMs: number
  private readonly keptMs: number
  private messages: ScriptedMessage[] = []
  private segments: OutputSegment[] = []
  private rows: EraAdEvent[] = []
  private state = noAdEvents()
  /** The era in which segments are shown, that of the input that is followed, and which one that is. */
  private shownEra = 1
  private era = 1
  private input = 1
  /** What the output timeline knows of events. */
  private known: OutputAdEvents | undefined
  private index = 0
  private next: UtcMs
  private number = 1

  constructor({ from, segmentMs, keptMs }: { from: UtcMs; segmentMs: number; keptMs: number }) {
    this.from = from
    this.segmentMs = segmentMs
    this.keptMs = keptMs
    this.next = from
    this.archive = {
      edge: async () => this.edge(),
      extent: async () => this.extent(),
      range: async (_, window, edge) => this.range(window, edge),
      outputSegment: async (_, number) => this.outputSegment(number),
    }
  }

  /** Messages that have not arrived yet, in any order. */
  announce(...messages: readonly ScriptedMessage[]): void {
    this.messages.push(...messages)
  }

  /** Shows what is complete by a moment, and forgets what is not kept any more. */
  show(now: UtcMs): void {
    while (this.next + this.segmentMs <= now) this.add()
    const kept = this.segments.findIndex((segment) => endUtcOf(segment) > now - this.keptMs)
    this.segments = kept < 0 ? [] : this.segments.slice(kept)
  }

  /** Nothing is shown until a moment. */
  gap(until: UtcMs): void {
    this.next = until
  }

  /** The input begins a new era: it goes on with what it told of, or begins anew. */
  newEra(goesOn: boolean): void {
    this.shownEra = ++this.era
    this.index = 0
    this.state = goesOn ? goingOn(this.state) : noAdEvents()
  }

  /** The other input is followed, whose dates are `ms` later; it is locked, or has a timeline of its own. */
  switchInput(isLocked: boolean, ms: number): void {
    this.input = 3 - this.input
    this.era++
    if (!isLocked) this.shownEra = this.era
    this.index = 0
    this.state = goingOn(this.state)
    for (const event of this.state.announced) {
      if (event.startUtc !== undefined) event.startUtc = utcMs(event.startUtc + ms)
    }
  }

  /** Another output timeline shows the same from now on, and what was shown before, under other numbers. */
  newTimeline(): void {
    this.outputTimeline++
    this.segments = this.segments.map((segment) => ({ ...segment, number: this.number++ }))
  }

  private ticksOf(moment: UtcMs) {
    return ticks((moment - this.from) * 90 + 10_000_000)
  }

  private add(): void {
    const [startUtc, end] = [this.next, utcMs(this.next + this.segmentMs)]
    const arrived = this.messages.filter(({ arrival }) => arrival < end).sort((a, b) => a.arrival - b.arrival)
    this.messages = this.messages.filter(({ arrival }) => arrival >= end)
    const signals = arrived.flatMap((message, n) =>
      adSignalsOf({
        arrival: this.ticksOf(message.arrival),
        section: `fc${this.number}.${n}`,
        signals: message.signals.map((signal) => this.spliceSignal(signal)),
      }),
    )
    takeSignals(this.state, signals, TOLERANCE)
    const start = this.ticksOf(startUtc)
    const { marks } = atSlot(this.state, { index: this.index, start, startUtc }, TOLERANCE)
    for (const event of marks.begins ?? []) this.rows.push({ era: this.era, event })
    const ads = Object.keys(marks).length > 0 ? { ads: { era: this.era, ...marks } } : {}
    const at = { era: this.shownEra, start, startUtc, duration: ticks(this.segmentMs * 90), sealedAt: end }
    const slots = [{ ...at, index: this.index++, objects: {}, ...ads }]
    const { known, shownAds } = enterSegment(this.known, { ...at, slots, input: `${this.input}`, isNewPeriod: false })
    this.known = known
    const places = { number: this.number++, discontinuity: false, discontinuitySequence: 0 }
    this.segments.push({ ...at, ...places, slots, ...(shownAds && { shownAds }) })
    this.next = end
  }

  private spliceSignal({ id, typeId, at, seconds, upid }: ScriptedSignal): SpliceSignal {
    const time = this.ticksOf(at) % WRAP
    const duration = seconds === undefined ? {} : { duration: seconds * 90_000 }
    if (typeId !== undefined) {
      return {
        kind: 'segmentation',
        id,
        typeId,
        time,
        ...duration,
        ...(upid && { upid }),
        segmentNum: 0,
        segmentsExpected: 0,
      }
    }
    const insert = {
      kind: 'splice-insert',
      id,
      isOut: true,
      time,
      programId: 1,
      availNum: 0,
      availsExpected: 0,
    } as const
    return { ...insert, ...duration, autoReturn: true }
  }

  private edge(): LiveEdge | undefined {
    const segment = this.segments.at(-1)
    return segment && { version: 1, ended: false, segment, following: [], publishedUntil: endUtcOf(segment) }
  }

  private outputSegment(number: number): SegmentInEra | Absence {
    const segment = this.segments.find((each) => each.number === number)
    if (!segment) return number < 1 || number >= this.number ? 'no such' : 'no longer kept'
    const clock = { time: segment.start, utc: segment.startUtc }
    return { segment, era: { id: segment.era, origin: { kind: 'input', input: '1' }, streams: [], clock } }
  }

  private extent(): UtcRange | undefined {
    const [first, last] = [this.segments[0], this.segments.at(-1)]
    return first && last && { start: first.startUtc, end: endUtcOf(last) }
  }

  private range(window: UtcRange, edge: LiveEdge | undefined) {
    const shown = this.segments.filter((each) => overlaps(each, window) && each.number <= edge!.segment.number)
    const [first, last] = [shown[0], shown.at(-1)]
    if (!first || !last) return undefined
    const page = ({ after, last }: NumberRange) =>
      this.segments.filter(({ number }) => number > after && number <= last)
    return {
      version: 1,
      ended: false,
      eras: [],
      following: [],
      window,
      outputTimeline: this.outputTimeline,
      numbers: { after: first.number - 1, last: last.number },
      page: async (numbers: NumberRange) => writePage(page(numbers)),
      summaries: async (numbers: NumberRange) => writeSummaryPage(page(numbers).map(segmentSummaryOf)),
      adEventsOf: async (wanted: readonly { readonly era: number; readonly numbers: readonly number[] }[]) =>
        this.rows.filter(({ era, event }) =>
          wanted.some((each) => each.era === era && each.numbers.includes(event.number)),
        ),
    }
  }
}
