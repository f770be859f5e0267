import type { Clock } from '../../clock.ts'
import type { HarvestCursor, HarvestObject, HarvestPlan, HarvestRate, TrackProgress } from '../../model/harvest-run.ts'

/** The rate is that of the last so many milliseconds. */
const RATE_MS = 10_000

type Track = { segments: number; written: number }
type Sample = { readonly at: number; readonly bytes: number; readonly segments: number }

/** How far a job is, and what of it no checkpoint has recorded yet. */
export class HarvestProgress {
  private readonly clock: Clock
  private readonly tracks: Map<string, Track>
  private readonly samples: Sample[] = []
  /** True when this attempt has written something new. */
  hasAdvanced = false
  private plan: HarvestPlan | undefined
  private replaces: string | null | undefined
  private objects: number
  private bytes: number
  private landed: HarvestObject[] = []
  /** Of all tracks. */
  private written = 0

  constructor(cursor: HarvestCursor | undefined, clock: Clock) {
    this.clock = clock
    this.plan = cursor?.plan
    this.replaces = cursor?.replaces
    this.objects = cursor?.objects ?? 0
    this.bytes = cursor?.bytes ?? 0
    this.tracks = new Map(cursor?.tracks.map(({ name, ...track }) => [name, track]))
    for (const { written } of this.tracks.values()) this.written += written
    this.sample()
  }

  get settledPlan(): HarvestPlan | undefined {
    return this.plan
  }

  /** Undefined while nobody has looked at what lies under the name of the parent manifest. */
  get replacedTag(): string | null | undefined {
    return this.replaces
  }

  /** Segments that are to be written, beside those already counted. */
  expect(segments: readonly { readonly track: string }[]): void {
    for (const { track } of segments) this.track(track).segments++
  }

  /** From here on it is known what the asset consists of: so many segments of each track. */
  settle(plan: HarvestPlan, tracks: ReadonlyMap<string, number>): void {
    this.plan = plan
    for (const track of this.tracks.values()) track.segments = 0
    for (const [name, segments] of tracks) this.track(name).segments = segments
  }

  /** Whether this attempt or one before it has written anything. */
  get hasObjects(): boolean {
    return this.objects > 0
  }

  willReplace(tag: string | null): void {
    this.replaces = tag
  }

  /** An object that no attempt before has written as it is now. */
  wrote(object: HarvestObject, track?: string): void {
    this.hasAdvanced = true
    this.landed.push(object)
    this.objects++
    this.bytes += object.size
    if (track !== undefined) {
      this.track(track).written++
      this.written++
    }
    this.sample()
  }

  /** Takes what has landed since; `restore` gives it back when it could not be recorded. */
  take(): HarvestObject[] {
    return this.landed.splice(0)
  }

  restore(objects: readonly HarvestObject[]): void {
    this.landed.unshift(...objects)
  }

  get hasLanded(): boolean {
    return this.landed.length > 0
  }

  cursor(): HarvestCursor {
    const rate = this.rate()
    return {
      ...(this.plan && { plan: this.plan }),
      tracks: [...this.tracks].map(([name, track]): TrackProgress => ({ name, ...track })),
      objects: this.objects,
      bytes: this.bytes,
      ...(rate && { rate }),
      ...(this.replaces !== undefined && { replaces: this.replaces }),
    }
  }

  private track(name: string): Track {
    const track = this.tracks.get(name) ?? { segments: 0, written: 0 }
    this.tracks.set(name, track)
    return track
  }

  private sample(): void {
    const at = this.clock()
    const last = this.samples.at(-1)
    const now = { at, bytes: this.bytes, segments: this.written }
    // One for each tenth of a second is enough; the first stays, the last is always of now.
    if (last && this.samples.length > 1 && at - (this.samples.at(-2)?.at ?? 0) < 100) this.samples.pop()
    this.samples.push(now)
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) > RATE_MS) this.samples.shift()
  }

  private rate(): HarvestRate | undefined {
    const first = this.samples[0]
    const last = this.samples.at(-1)
    const seconds = first && last ? (last.at - first.at) / 1000 : 0
    if (!first || !last || seconds <= 0) return undefined
    return {
      bytesPerSecond: Math.round((last.bytes - first.bytes) / seconds),
      segmentsPerSecond: (last.segments - first.segments) / seconds,
    }
  }
}
