import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts'
import { withOwnSignal } from '../concurrency/unless-aborted.ts'
import type { UtcMs } from '../media/time.ts'
import type { FeedDelivery, Pace } from './delivery.ts'
import { segmentAt, startOfSegment } from './segment-numbers.ts'
import { type FeedTrack, feedPlaylist, segmentFile, type TestStream } from './test-stream.ts'

/** How many segments playlists list of a live stream, and how many more of one that is behind. */
const LISTED = 6
const LISTED_AT_ONCE = 30
/** Most PUTs at a time. */
const CONCURRENCY = 12

const PLAYLIST = 'application/vnd.apple.mpegurl'
const MEDIA_TYPES = { ts: 'video/mp2t', vtt: 'text/vtt' } as const

export type FeederDeps = {
  readonly stream: TestStream
  readonly deliveries: readonly Pick<FeedDelivery, 'put'>[]
  readonly pace: Pace
  /** Called whenever more has been taken. */
  readonly onProgress?: () => void
}

export type LivePlan = {
  /** How many seconds of the stream pass in a second. */
  readonly speed: number
  /** By which the stream's first second passes; by default, each passes when its date has come. */
  readonly startedAt?: number | undefined
  /** How many segments there are; by default, it goes on. */
  readonly segments?: number | undefined
}

/** Feeds the test stream to ingest endpoints, in order, each segment before the playlists that list it. */
export class Feeder {
  /** PUTs that were taken, and their bytes. */
  files = 0
  bytes = 0
  /** The number of segments that all playlists list. */
  segments = 0
  private readonly deps: FeederDeps
  private readonly first: number
  private next: number

  /** Begins with the segment of this number. */
  constructor(first: number, deps: FeederDeps) {
    this.first = first
    this.next = first
    this.deps = deps
  }

  /** The beginning of what is fed. */
  get from(): UtcMs {
    return startOfSegment(this.first)
  }

  /** The end of what has been fed. */
  get until(): UtcMs {
    return startOfSegment(this.next)
  }

  /** Puts the parent playlist. Like the others, it throws FeedRefused, and rejects as `signal` aborts. */
  async begin(signal: AbortSignal): Promise<void> {
    await this.put('.m3u8', PLAYLIST, this.deps.stream.parentPlaylist(), signal)
  }

  /** Feeds what was shown until now, as fast as it is taken. */
  async catchUp(signal: AbortSignal): Promise<void> {
    for (let end = segmentAt(this.deps.pace.now()); this.next < end; end = segmentAt(this.deps.pace.now())) {
      await this.send(Math.min(LISTED_AT_ONCE, end - this.next), signal)
    }
  }

  /** Feeds each segment when its last picture has been shown, until the plan's end. */
  async live({ speed, startedAt = this.until, segments = Infinity }: LivePlan, signal: AbortSignal): Promise<void> {
    const { pace } = this.deps
    const began = this.until
    const end = this.next + segments
    while (this.next < end) {
      const due = segmentAt(began + (pace.now() - startedAt) * speed) - this.next
      if (due > 0) await this.send(Math.min(due, LISTED_AT_ONCE, end - this.next), signal)
      else await pace.sleep(startedAt + (startOfSegment(this.next + 1) - began) / speed - pace.now(), signal)
    }
  }

  private async send(count: number, signal: AbortSignal): Promise<void> {
    const { tracks } = this.deps.stream
    const last = this.next + count - 1
    const numbers = Array.from({ length: count }, (_, n) => this.next + n)
    const each = numbers.flatMap((number) => tracks.map((track) => ({ track, number })))
    await withOwnSignal(signal, ({ signal: own }) =>
      forEachConcurrent(each, CONCURRENCY, own, ({ track, number }, ending) => this.segment(track, number, ending)),
    )
    const first = Math.max(this.first, Math.min(last - LISTED + 1, this.next))
    for (const track of tracks) {
      await this.put(`-${track.name}.m3u8`, PLAYLIST, feedPlaylist(track, first, last), signal)
    }
    this.segments += count
    this.next = last + 1
    this.deps.onProgress?.()
  }

  private segment(track: FeedTrack, number: number, signal: AbortSignal): Promise<void> {
    return this.put(segmentFile(track, number), MEDIA_TYPES[track.extension], track.segment(number), signal)
  }

  private async put(name: string, type: string, body: Uint8Array<ArrayBuffer> | string, signal: AbortSignal) {
    const { deliveries, onProgress } = this.deps
    await Promise.all(deliveries.map((delivery) => delivery.put(name, type, body, signal)))
    this.files += deliveries.length
    this.bytes += deliveries.length * body.length
    onProgress?.()
  }
}
