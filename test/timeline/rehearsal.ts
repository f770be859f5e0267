/** A rehearsal of one input for tests: encoders act, a clock moves, and what was published is gathered. */
import { crc32 } from 'node:zlib'
import { PTS_MODULUS, type Ticks, ticksFromSeconds, type UtcMs, utcMs } from '../../src/media/time.ts'
import type { AudioDescription, ImageProbe, MediaProbe, TextProbe, VideoDescription } from '../../src/media/track.ts'
import { haveEnded } from '../../src/model/input-timeline/ending.ts'
import { emptyTimeline, type TimelineState, waitedSince } from '../../src/model/input-timeline/state.ts'
import { isDue, statusOf, step, type TimelineEvent } from '../../src/model/input-timeline/step.ts'
import type { ListedSegment, ListedStream } from '../../src/model/listed-playlist.ts'
import type { Era, OutputSegment, Slot } from '../../src/model/output-segment.ts'
import type { FailoverView } from '../../src/model/output-timeline/failover.ts'
import { type OutputTimelineState, openOutputTimelineState } from '../../src/model/output-timeline/state.ts'
import { isOutputDue, stepOutput } from '../../src/model/output-timeline/step.ts'
import type { SegmentProbe, SourceObject } from '../../src/model/source-segment.ts'

/** The only input. */
const INPUT = '1'

export const EPOCH = utcMs(Date.UTC(2026, 0, 1))

export function variants(...playlists: string[]): ListedStream[] {
  return playlists.map((playlist, i) => ({
    index: i + 1,
    playlist,
    role: { kind: 'variant', bandwidth: 1_000_000 * (i + 1) },
  }))
}

export function subtitles(index: number, playlist: string): ListedStream {
  const role = { kind: 'subtitles', groupId: 'subs', name: playlist, isDefault: false, autoselect: true } as const
  return { index, playlist, role }
}

export function images(index: number, playlist: string): ListedStream {
  return { index, playlist, role: { kind: 'images', bandwidth: 0 } }
}

export const VIDEO: VideoDescription = {
  kind: 'video',
  pid: 256,
  codec: 'avc1.64001f',
  // An SPS and a PPS of x264, as avcC has them: what they say is of no account here.
  configuration: '0164000cffe100196764000cacd94141fb0110000003001000000303208f14299601000568ebe3cb22fdf8f800',
  width: 640,
  height: 360,
}
export const AUDIO: AudioDescription = {
  kind: 'audio',
  pid: 257,
  codec: 'mp4a.40.2',
  configuration: '1190',
  sampleRate: 48_000,
  channels: 2,
  samplesPerFrame: 1024,
}

/** Two seconds of video and audio, or more, the audio a little earlier; of another width they are another encoding. */
export function probeAt(seconds: number, width = 640, duration = 2): MediaProbe {
  const first = ticksFromSeconds(seconds) % PTS_MODULUS
  const audio = (first - 1800 + PTS_MODULUS) % PTS_MODULUS
  const span = ticksFromSeconds(duration)
  return {
    container: 'mpeg-ts',
    tracks: [{ ...VIDEO, width }, AUDIO],
    times: [
      { first, last: first + span - 3600, bytes: 900, pictures: Math.round(span / 3600) },
      { first: audio, last: audio + span - 2000, bytes: 100 },
    ],
    firstPts: first,
    lastPts: first + span - 3600,
    keyFrames: [{ pts: first, offset: 376, size: 188 }],
    startsWithKeyFrame: true,
  }
}

/** Two seconds of audio alone, or more. */
export function audioAt(
  seconds: number,
  container: MediaProbe['container'] = 'packed-audio',
  duration = 2,
): MediaProbe {
  const first = ticksFromSeconds(seconds) % PTS_MODULUS
  const times = { first, last: first + ticksFromSeconds(duration) - 2000, bytes: 1000 }
  return {
    container,
    tracks: [{ ...AUDIO, pid: container === 'packed-audio' ? 0 : 257 }],
    times: [times],
    firstPts: first,
    lastPts: times.last,
    keyFrames: [],
    startsWithKeyFrame: true,
  }
}

export const TEXT: TextProbe = { container: 'webvtt', tracks: [{ kind: 'text', pid: 0, codec: 'wvtt' }] }

export const IMAGE: ImageProbe = {
  container: 'jpeg',
  tracks: [{ kind: 'image', pid: 0, codec: 'jpeg', width: 320, height: 180 }],
}

export type Listed = { name: string; seconds?: number; breaks?: boolean; date?: UtcMs; adTags?: readonly string[] }

export class Rehearsal {
  state: TimelineState = emptyTimeline()
  now: UtcMs = EPOCH
  slots: Slot[] = []
  readonly outputTimelines = new Map<number, OutputTimelineState>()
  readonly published = new Map<number, OutputSegment[]>()
  readonly gaps: string[] = []
  /** As given out last. */
  readonly eras = new Map<number, Era>()
  refusals = 0
  /** Of every PUT, by key. */
  readonly names = new Map<string, string>()
  private readonly unlisted = new Map<string, SourceObject>()
  private puts = 0

  /** An output timeline, given what was sealed so far. */
  open(id: number, segmentSeconds: number, isCut = false): void {
    const uncut = openOutputTimelineState(ticksFromSeconds(segmentSeconds), 1, INPUT)
    const beginning = { ...uncut, ...(isCut && { isCut }) }
    const sealed = this.slots.map((slot) => ({ input: INPUT, slot }))
    const { state, segments } = stepOutput({ ...beginning, isFilling: true }, sealed, this.view(), this.now)
    this.outputTimelines.set(id, { ...state, isFilling: false })
    this.published.set(
      id,
      segments.map(({ segment }) => segment),
    )
  }

  parent(...playlists: string[]): void {
    this.streams(variants(...playlists))
  }

  streams(streams: readonly ListedStream[]): void {
    this.take({ kind: 'parent playlist', streams })
  }

  /** Every PUT has other bytes, except where `bytes` says which. */
  put(name: string, probe: SegmentProbe | string, bytes?: string): void {
    const key = `k${++this.puts}`
    const media = typeof probe === 'string' ? { problem: probe } : { probe }
    const crc = crc32(bytes ?? key)
    this.names.set(key, name)
    this.unlisted.set(name, { key, name, size: 1000, crc32: crc, sha256: key, receivedAt: this.now, ...media })
    this.take({ kind: 'object' })
  }

  list(playlist: string, mediaSequence: number, listed: readonly Listed[], ended = false, target = 2): void {
    const segments = listed.map(
      ({ name, seconds = 2, breaks = false, date, adTags }): ListedSegment => ({
        name,
        duration: ticksFromSeconds(seconds),
        discontinuity: breaks,
        ...(date !== undefined && { programDateTime: date }),
        ...(adTags && { adTags }),
      }),
    )
    const targetDuration: Ticks = ticksFromSeconds(target)
    this.take({ kind: 'media playlist', playlist: { name: playlist, targetDuration, mediaSequence, segments, ended } })
  }

  pass(seconds: number): void {
    this.now = utcMs(this.now + seconds * 1000)
    if (this.isDue()) this.take({ kind: 'time' })
  }

  /** The server goes away, and is back after so many seconds. */
  restart(seconds: number): void {
    this.now = utcMs(this.now + seconds * 1000)
    this.state = waitedSince(JSON.parse(JSON.stringify(this.state)), this.now)
  }

  isDue(): boolean {
    const view = this.view()
    const isOutputTimelineDue = [...this.outputTimelines.values()].some((state) => isOutputDue(state, view, this.now))
    return isDue(this.state, this.now) || isOutputTimelineDue
  }

  numbers(id: number): number[] {
    return this.outputs(id).map(({ number }) => number)
  }

  outputs(id: number): OutputSegment[] {
    return this.published.get(id) ?? []
  }

  take(event: TimelineEvent): void {
    const result = step(this.state, event, { unlisted: this.unlisted, now: this.now })
    this.state = result.state
    this.slots.push(...result.slots)
    this.gaps.push(...result.gaps.map(({ name, reason }) => `${name}: ${reason}`))
    for (const era of result.eras) this.eras.set(era.id, era)
    if (result.isRefused) this.refusals++
    for (const { name } of result.consumed) this.unlisted.delete(name)
    const sealed = result.slots.map((slot) => ({ input: INPUT, slot }))
    for (const [id, outputTimeline] of this.outputTimelines) {
      const { state, segments, eras } = stepOutput(outputTimeline, sealed, this.view(), this.now)
      this.outputTimelines.set(id, state)
      for (const era of eras) this.eras.set(era.id, era)
      this.published.set(id, [...this.outputs(id), ...segments.map(({ segment }) => segment)])
    }
  }

  private view(): FailoverView {
    return {
      firstAliasEra: 2_000_000_000,
      eraOf: (id) => this.state.eras.find((era) => era.id === id) ?? this.eras.get(id),
      inputs: { [INPUT]: statusOf(this.state, this.now) },
      haveEnded: haveEnded([this.state]),
      awakeSince: EPOCH,
    }
  }
}

/** Puts and lists segment `i` of each playlist, two seconds each, from `base` seconds of PTS. */
export function push(r: Rehearsal, playlists: readonly string[], i: number, base = 10, sequence = i): void {
  for (const playlist of playlists) {
    r.put(`${playlist}-${i}.ts`, probeAt(base + 2 * i))
    r.list(playlist, sequence, [{ name: `${playlist}-${i}.ts` }])
  }
}
