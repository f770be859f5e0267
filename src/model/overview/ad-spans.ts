import { TICKS_PER_MS, type UtcMs, utcMs } from '../../media/time.ts'
import type { AdEvent } from '../ad-events/ad-event.ts'
import { type AdName, keyOf, type ShownAd } from '../ad-events/segment-ads.ts'
import type { View } from './reduced-content.ts'
import type { ChangedAds } from './segment-runs.ts'

/** What views of a timeline show of an ad event. */
export type AdFacts = Pick<AdEvent, 'kind' | 'id' | 'typeId' | 'startUtc' | 'plannedDuration' | 'upid'>

/** An ad event as output timelines show it, with the dates that messages state. */
export type AdSpan = Pick<AdEvent, 'kind' | 'id' | 'typeId' | 'upid'> & {
  readonly start: UtcMs
  /** Absent where nothing tells of its end yet, or any more. */
  readonly end?: UtcMs
  /** In milliseconds; absent where no message says. */
  readonly plannedMs?: number
  /** How many it stands for that are too near to be told apart: it begins with the first and ends with the last. */
  readonly count: number
}

/** Output segments that were read together: what becomes of ad events in them, and the events, by `keyOf`. */
export type AdPage = {
  readonly ads: readonly ChangedAds[]
  readonly events: ReadonlyMap<string, AdFacts>
  /** When the first of them begins. */
  readonly start: UtcMs
}

export function factsOf({ kind, id, typeId, startUtc, plannedDuration, upid }: AdEvent): AdFacts {
  return {
    kind,
    id,
    startUtc,
    ...(typeId !== undefined && { typeId }),
    ...(plannedDuration !== undefined && { plannedDuration }),
    ...(upid && { upid }),
  }
}

/** The names of all ad events of which something becomes. */
export function namesIn(ads: readonly ChangedAds[]): readonly AdName[] {
  const names = new Map<string, AdName>()
  for (const { begins, ends, joins, renamed } of ads)
    for (const { era, number } of [...begins, ...ends, ...joins, ...renamed.map(({ to }) => to)])
      names.set(keyOf({ era, number }), { era, number })
  return [...names.values()]
}

type Open = { -readonly [K in keyof AdSpan]: AdSpan[K] } & {
  /** Where the first output segment begins that does not name it any more, though nothing tells of its end. */
  left?: UtcMs
}

type Names = Map<string, Open>

/**
 * The ad events of a channel, of pages of its output timelines, added one output timeline after the other, each in the
 * order of its numbers. Several that show one event have it once.
 */
export class AdSpans {
  private readonly spans = new Map<string, Open>()
  /** Those that go on, by `keyOf` their names. */
  private open: Names = new Map()

  /** Begins with another output timeline. */
  begin(): void {
    this.open = new Map()
  }

  add({ ads, events, start }: AdPage): void {
    // Of what the page before has left open, that goes on which the first segment of this one names.
    const before = this.open
    this.open = new Map()
    for (const [i, changes] of ads.entries()) this.change(changes, events, i === 0 ? before : new Map())
    const goesOn = new Set(this.open.values())
    for (const span of before.values()) if (!goesOn.has(span) && span.end === undefined) span.left ??= start
  }

  private change({ renamed, ends, joins, begins, passed, at }: ChangedAds, events: AdPage['events'], before: Names) {
    const find = (ad: AdName) => this.open.get(keyOf(ad)) ?? before.get(keyOf(ad))
    for (const { from, to } of renamed) {
      const span = find(from)
      this.open.delete(keyOf(from))
      if (span) this.open.set(keyOf(to), span)
    }
    for (const key of passed) {
      const span = this.open.get(key)
      if (span) span.left ??= at
      this.open.delete(key)
    }
    for (const ended of ends) {
      const span = find(ended) ?? this.spanOf(ended, events)
      this.open.delete(keyOf(ended))
      if (span) span.end = ended.endUtc
    }
    for (const ad of [...joins, ...begins]) {
      const span = find(ad) ?? this.spanOf(ad, events)
      if (!span) continue
      delete span.left
      this.open.set(keyOf(ad), span)
    }
  }

  /** Those that lie in a window, at least in part, by their beginnings; of each kind as the view shows them. */
  shown({ window, resolutionMs }: View, kindOf: (span: AdSpan) => string): readonly AdSpan[] {
    const shown: Open[] = []
    const narrow = new Map<string, Open>()
    const there = [...this.spans.values()].filter(
      ({ start, end, left }) => start < window.end && (end ?? left ?? window.end) > window.start,
    )
    for (const { left: _, ...span } of there.sort((a, b) => a.start - b.start)) {
      const kind = kindOf(span)
      const near = narrow.get(kind)
      const isNarrow = span.end !== undefined && span.end - span.start < resolutionMs
      if (isNarrow && near && span.start - near.start < resolutionMs) {
        near.end = utcMs(Math.max(near.end!, span.end!))
        near.count++
        continue
      }
      const own = { ...span }
      shown.push(own)
      if (isNarrow) narrow.set(kind, own)
    }
    return shown
  }

  private spanOf(ad: ShownAd, events: AdPage['events']): Open | undefined {
    const event = events.get(keyOf(ad))
    if (!event) return undefined
    const { kind, id, typeId, upid, plannedDuration } = event
    const start = utcMs(event.startUtc + (ad.shift?.ms ?? 0))
    const key = [kind, id, typeId, start].join()
    const known = this.spans.get(key)
    if (known) return known
    const span: Open = { kind, id, start, count: 1 }
    if (typeId !== undefined) span.typeId = typeId
    if (upid) span.upid = upid
    if (plannedDuration !== undefined) span.plannedMs = Math.round(plannedDuration / TICKS_PER_MS)
    this.spans.set(key, span)
    return span
  }
}
