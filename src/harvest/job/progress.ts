import type { Clock } from '../../clock.ts'
import { type Loss, withLosses } from '../../model/harvest-losses.ts'
import type {
  AssetNames,
  FileProgress,
  HarvestCursor,
  HarvestObject,
  HarvestPlan,
  HarvestRate,
  TrackProgress,
} from '../../model/harvest-run.ts'
import type { AboutObject } from '../asset/checkpoint.ts'

/** Milliseconds over which the rate is measured. */
const RATE_MS = 10_000

type Track = { segments: number; written: number }
type Sample = { readonly at: number; readonly bytes: number; readonly segments: number }

/** The progress of a job, and the part of it that no checkpoint has recorded yet. */
export class HarvestProgress {
  private readonly clock: Clock
  private readonly tracks: Map<string, Track>
  private readonly writtenByRange: number[]
  private readonly samples: Sample[] = []
  /** True when this attempt has written something new. */
  hasAdvanced = false
  private plan: HarvestPlan | undefined
  private names: AssetNames | undefined
  private lost: readonly Loss[]
  private replaces: string | null | undefined
  private taken: { readonly objects: number; readonly bytes: number }
  private copyRefusal: string | undefined
  private hasRefused = false
  private making: FileProgress | undefined
  private objects: number
  private bytes: number
  private landed: HarvestObject[] = []
  /** Segments written, of all tracks. */
  private written = 0

  constructor(cursor: HarvestCursor | undefined, clock: Clock) {
    this.clock = clock
    this.plan = cursor?.plan
    this.names = cursor?.names
    this.lost = cursor?.losses ?? []
    this.replaces = cursor?.replaces
    this.taken = cursor?.taken ?? { objects: 0, bytes: 0 }
    this.copyRefusal = cursor?.copyRefusal
    this.objects = cursor?.objects ?? 0
    this.bytes = cursor?.bytes ?? 0
    this.tracks = new Map(cursor?.tracks.map(({ name, ...track }) => [name, track]))
    this.writtenByRange = [...(cursor?.writtenByRange ?? [])]
    for (const { written } of this.tracks.values()) this.written += written
    this.sample()
  }

  get settledPlan(): HarvestPlan | undefined {
    return this.plan
  }

  get chosenNames(): AssetNames | undefined {
    return this.names
  }

  chooseNames(names: AssetNames | undefined): void {
    this.names = names
  }

  /** What the archive has lost of the asset. */
  get losses(): readonly Loss[] {
    return this.lost
  }

  lose(losses: readonly Loss[]): void {
    this.lost = withLosses(this.lost, losses)
  }

  /**
   * Tag of the object that the parent manifest replaces, or null when there was none; undefined until it has been
   * looked up.
   */
  get replacedTag(): string | null | undefined {
    return this.replaces
  }

  /** Adds segments that will be written to those already counted. */
  expect(segments: readonly { readonly track: string }[]): void {
    for (const { track } of segments) this.track(track).segments++
  }

  /** Settles the plan and the number of segments of each track. */
  settle(plan: HarvestPlan, tracks: ReadonlyMap<string, number>): void {
    this.plan = plan
    for (const track of this.tracks.values()) track.segments = 0
    for (const [name, segments] of tracks) this.track(name).segments = segments
  }

  /** True when this attempt or an earlier one has written anything. */
  get hasObjects(): boolean {
    return this.objects > 0
  }

  willReplace(tag: string | null): void {
    this.replaces = tag
  }

  /** Notes why objects of the archive are not copied; true when this attempt has not said so yet. */
  refuseCopies(refusal: string): boolean {
    this.copyRefusal = refusal
    const isFirst = !this.hasRefused
    this.hasRefused = true
    return isFirst
  }

  /** Notes an object that no earlier attempt has written with the same bytes. */
  wrote(object: HarvestObject, { track, range, isTaken = false }: AboutObject = {}): void {
    this.hasAdvanced = true
    this.landed.push(object)
    this.objects++
    this.bytes += object.size
    if (isTaken) this.taken = { objects: this.taken.objects + 1, bytes: this.taken.bytes + object.size }
    this.making = undefined
    if (track !== undefined) {
      this.track(track).written++
      this.written++
    }
    if (range !== undefined) this.writtenByRange[range] = (this.writtenByRange[range] ?? 0) + 1
    this.sample()
  }

  /** Takes the objects written since the last call; `restore` returns them when they could not be recorded. */
  take(): HarvestObject[] {
    return this.landed.splice(0)
  }

  restore(objects: readonly HarvestObject[]): void {
    this.landed.unshift(...objects)
  }

  get hasLanded(): boolean {
    return this.landed.length > 0
  }

  /** Notes which file is being made, until it is written. */
  make(file: FileProgress): void {
    this.making = file
  }

  cursor(): HarvestCursor {
    const rate = this.rate()
    return {
      ...(this.plan && { plan: this.plan }),
      tracks: [...this.tracks].map(([name, track]): TrackProgress => ({ name, ...track })),
      ...(this.plan?.ranges && { writtenByRange: this.plan.ranges.map((_, i) => this.writtenByRange[i] ?? 0) }),
      ...(this.names && { names: this.names }),
      ...(this.lost.length > 0 && { losses: this.lost }),
      objects: this.objects,
      bytes: this.bytes,
      ...(this.taken.objects > 0 && { taken: this.taken }),
      ...(this.copyRefusal !== undefined && { copyRefusal: this.copyRefusal }),
      ...(this.making && { making: this.making }),
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
    // One sample for each tenth of a second is enough; the first stays, and the last is always current.
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
