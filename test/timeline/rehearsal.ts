/** A rehearsal of one input for tests: encoders act, a clock moves, and what was published is gathered. */
import { crc32 } from 'node:zlib'
import { type Ticks, ticksFromSeconds, type UtcMs, utcMs } from '../../src/media/time.ts'
import type { ListedSegment, ListedStream } from '../../src/model/listed-playlist.ts'
import type { OutputSegment, Slot } from '../../src/model/output-segment.ts'
import type { SegmentProbe, SourceObject } from '../../src/model/source-segment.ts'
import { emptyTimeline, type TimelineState, waitedAnew } from '../../src/model/timeline/state.ts'
import { isDue, step, type TimelineEvent } from '../../src/model/timeline/step.ts'

export const EPOCH = utcMs(Date.UTC(2026, 0, 1))

export function variants(...playlists: string[]): ListedStream[] {
  return playlists.map((playlist, i) => ({
    index: i + 1,
    playlist,
    role: { kind: 'variant', bandwidth: 1_000_000 * (i + 1) },
  }))
}

export function probeAt(seconds: number, width = 640): SegmentProbe {
  return {
    tracks: [{ kind: 'video', pid: 256, codec: 'avc1.64001f', width, height: 360 }],
    firstPts: ticksFromSeconds(seconds) % 2 ** 33,
    lastPts: (ticksFromSeconds(seconds) % 2 ** 33) + 176_400,
    keyFrames: 1,
    startsWithKeyFrame: true,
  }
}

export type Listed = { name: string; seconds?: number; breaks?: boolean; date?: UtcMs }

export class Rehearsal {
  state: TimelineState = emptyTimeline()
  now: UtcMs = EPOCH
  slots: Slot[] = []
  readonly published = new Map<number, OutputSegment[]>()
  readonly gaps: string[] = []
  private readonly unlisted = new Map<string, SourceObject>()
  private puts = 0

  open(id: number, segmentSeconds: number): void {
    const segmentDuration = ticksFromSeconds(segmentSeconds)
    this.take({ kind: 'numbering', id, segmentDuration, firstNumber: 1, earlier: [], eras: [], isFull: true })
  }

  parent(...playlists: string[]): void {
    this.take({ kind: 'parent playlist', streams: variants(...playlists) })
  }

  /** Every PUT has other bytes, except where `bytes` says which. */
  put(name: string, probe: SegmentProbe | string, bytes?: string): void {
    const key = `k${++this.puts}`
    const media = typeof probe === 'string' ? { problem: probe } : { probe }
    const crc = crc32(bytes ?? key)
    this.unlisted.set(name, { key, name, size: 1000, crc32: crc, sha256: key, receivedAt: this.now, ...media })
    this.take({ kind: 'object' })
  }

  list(playlist: string, mediaSequence: number, listed: readonly Listed[], ended = false): void {
    const segments = listed.map(
      ({ name, seconds = 2, breaks = false, date }): ListedSegment => ({
        name,
        duration: ticksFromSeconds(seconds),
        discontinuity: breaks,
        ...(date !== undefined && { programDateTime: date }),
      }),
    )
    const targetDuration: Ticks = ticksFromSeconds(2)
    this.take({ kind: 'media playlist', playlist: { name: playlist, targetDuration, mediaSequence, segments, ended } })
  }

  pass(seconds: number): void {
    this.now = utcMs(this.now + seconds * 1000)
    if (this.isDue()) this.take({ kind: 'time' })
  }

  /** The server goes away, and is back after so many seconds. */
  restart(seconds: number): void {
    this.now = utcMs(this.now + seconds * 1000)
    this.state = waitedAnew(JSON.parse(JSON.stringify(this.state)), this.now)
  }

  isDue(): boolean {
    return isDue(this.state, this.now)
  }

  numbers(id: number): number[] {
    return this.outputs(id).map(({ number }) => number)
  }

  outputs(id: number): OutputSegment[] {
    return this.published.get(id) ?? []
  }

  take(event: TimelineEvent): void {
    const result = step(this.state, event, this.unlisted, this.now)
    this.state = result.state
    this.slots.push(...result.slots)
    for (const { numbering, segment } of result.outputSegments) {
      this.published.set(numbering, [...this.outputs(numbering), segment])
    }
    this.gaps.push(...result.gaps.map(({ name, reason }) => `${name}: ${reason}`))
    for (const { name } of result.consumed) this.unlisted.delete(name)
  }
}

/** Puts and lists segment `i` of each playlist, two seconds each, from `base` seconds of PTS. */
export function push(r: Rehearsal, playlists: readonly string[], i: number, base = 10, sequence = i): void {
  for (const playlist of playlists) {
    r.put(`${playlist}-${i}.ts`, probeAt(base + 2 * i))
    r.list(playlist, sequence, [{ name: `${playlist}-${i}.ts` }])
  }
}
