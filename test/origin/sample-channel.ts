import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Absence, ArchiveReader, LiveEdge, SegmentInEra, SegmentRange } from '../../src/archive/reader.ts'
import { Turns } from '../../src/concurrency/turns.ts'
import {
  msFromTicks,
  type Ticks,
  ticks,
  ticksFromSeconds,
  type UtcMs,
  type UtcRange,
  utcMs,
} from '../../src/media/time.ts'
import type { AudioDescription, VideoDescription } from '../../src/media/track.ts'
import type { Clip } from '../../src/model/clip.ts'
import { LostMedia } from '../../src/model/lost-media.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import {
  type ArchiveWindow,
  type Era,
  type EraOrigin,
  endUtcOf,
  type OutputSegment,
  overlaps,
  type Slot,
  type SlotObject,
  type SourceStream,
} from '../../src/model/output-segment.ts'
import { asRecorded } from '../../src/model/recorded-segment.ts'
import type { EraTime, NumberRange } from '../../src/model/segment-numbers.ts'
import { writePage, writeSummaryPage } from '../../src/model/segment-page.ts'
import { packedSegments, segmentSummaryOf } from '../../src/model/segment-summary.ts'
import type { StoredBytes, TrackDescription } from '../../src/model/source-segment.ts'
import type { StreamRole } from '../../src/model/stream-role.ts'
import type { ContentKeys } from '../../src/packaging/content-keys.ts'
import type { ManifestStyle, OutputFormat, TextBody } from '../../src/packaging/output-format.ts'
import { SourceMedia } from '../../src/packaging/segments/source-media.ts'
import type { ResourceChange, Resources } from '../../src/stores/resources.ts'

/** Where the sample channel begins: noon. */
export const NOON = utcMs(Date.UTC(2026, 7, 1, 12, 0, 0))
export const GUID = '0123456789abcdef0123456789abcdef'

/** An SPS and a PPS of x264, as avcC has them: what they say is of no account here. */
const AVCC = '0164000cffe100196764000cacd94141fb0110000003001000000303208f14299601000568ebe3cb22fdf8f800'

export const video = (height: number): VideoDescription => ({
  kind: 'video',
  pid: 256,
  codec: 'avc1.64001f',
  configuration: AVCC,
  width: (height * 16) / 9,
  height,
  frameRate: { numerator: 30_000, denominator: 1001 },
})

export const audio = (pid: number, language?: string): AudioDescription => ({
  kind: 'audio',
  pid,
  codec: 'mp4a.40.2',
  configuration: '1190',
  samplesPerFrame: 1024,
  sampleRate: 48_000,
  channels: 2,
  ...(language !== undefined && { language }),
})

type VariantAttributes = Partial<Omit<Extract<StreamRole, { kind: 'variant' }>, 'kind'>>

export function variant(
  index: number,
  bandwidth: number,
  tracks: readonly TrackDescription[],
  attributes: VariantAttributes = {},
): SourceStream {
  const role = { kind: 'variant', bandwidth, ...attributes } as const
  return { index, playlist: `v${index}.m3u8`, role, tracks, container: 'mpeg-ts', bitrates: tracks.map(() => 128_000) }
}

/** Where the timelines of all sample eras begin: ten seconds, at noon. */
export const subtitles = (index: number): SourceStream => ({
  index,
  playlist: `s${index}.m3u8`,
  role: { kind: 'subtitles', groupId: 'text', name: 'English', language: 'en', isDefault: true, autoselect: true },
  tracks: [{ kind: 'text', pid: 0, codec: 'wvtt' }],
  container: 'webvtt',
})

export const CLOCK = { time: ticks(900_000), utc: NOON }

/** The origin of the sample channel's eras. */
export const ORIGIN: EraOrigin = { kind: 'input', input: GUID }

/** Two muxed variants. */
export const LADDER: Era = {
  id: 1,
  origin: ORIGIN,
  clock: CLOCK,
  streams: [
    variant(1, 2_700_123, [video(540), audio(257)], {
      averageBandwidth: 2_530_000,
      codecs: 'avc1.640029,mp4a.40.2',
      resolution: { width: 960, height: 540 },
      frameRate: 29.97,
    }),
    variant(2, 1_000_456, [video(360), audio(257)]),
  ],
}

/** Bytes of the sample channel are their own keys, repeated: every test can tell them apart. */
export function sampleBytes(key: string): Uint8Array {
  return Buffer.from(`${key} `.repeat(20))
}

function slotObject(key: string, tracks: readonly TrackDescription[], start: Ticks, duration: Ticks): SlotObject {
  const bytes = sampleBytes(key)
  const hash = createHash('sha256').update(bytes).digest('hex')
  return {
    key,
    size: bytes.length,
    crc32: crc32(bytes),
    sha256: hash,
    times: tracks.map((track) => {
      // Sound begins half a millisecond late.
      const first = start + (track.kind === 'audio' ? 45 : 0)
      return { first, last: first + duration - frameDuration(track), bytes: 1000 }
    }),
    keyFrames: [{ pts: start, offset: 188, size: 376 }],
  }
}

function frameDuration(track: TrackDescription): number {
  if (track.kind === 'audio') return (track.samplesPerFrame * 90_000) / track.sampleRate
  const { numerator, denominator } = (track.kind === 'video' && track.frameRate) || { numerator: 30, denominator: 1 }
  return (denominator * 90_000) / numerator
}

export type SegmentSketch = {
  readonly seconds?: number
  readonly era?: Era
  /** Streams that have nothing in this segment. */
  readonly missing?: readonly number[]
  readonly discontinuity?: boolean
  readonly slots?: number
}

/** Output segments one after the other from noon on, numbered from `first`. */
export function outputSegments(first: number, sketches: readonly SegmentSketch[]): readonly OutputSegment[] {
  let start: Ticks = ticks(900_000)
  let startUtc: UtcMs = NOON
  let discontinuitySequence = 0
  let period = { number: first, start, media: '' }
  return sketches.map(({ seconds = 6, era = LADDER, missing = [], discontinuity = false, slots = 1 }, i) => {
    const duration = ticksFromSeconds(seconds)
    if (discontinuity) discontinuitySequence++
    const media = `${era.id}/${missing.join()}`
    if (discontinuity || period.media !== media) period = { number: first + i, start, media }
    const sealedAt = utcMs(startUtc + msFromTicks(duration) + 250)
    const segment: OutputSegment = {
      number: first + i,
      era: era.id,
      start,
      duration,
      startUtc,
      sealedAt,
      discontinuity,
      discontinuitySequence,
      period: { number: period.number, start: period.start },
      slots: Array.from({ length: slots }, (_, index): Slot => {
        const present = era.streams.filter(({ index: stream }) => !missing.includes(stream))
        const objects = Object.fromEntries(
          present.map(({ index: stream, tracks }) => {
            return [stream, slotObject(`s${stream}-${first + i}-${index}`, tracks, start, duration)]
          }),
        )
        const place = { era: era.id, index: i * slots + index, start, duration, startUtc, sealedAt }
        return { ...place, isMeasured: true, objects }
      }),
    }
    start = ticks(start + duration)
    startUtc = utcMs(startUtc + msFromTicks(duration))
    return segment
  })
}

/** What a format writes under a path; undefined where there is nothing to show. */
export function written(
  format: OutputFormat,
  endpoint: OriginEndpoint,
  path: string,
  window: ArchiveWindow,
  style: ManifestStyle = { kind: 'live' },
): TextBody | undefined {
  const request = format.resolve(endpoint, path)
  if (request?.kind !== 'manifest') throw new Error(`${path} is no manifest`)
  const body = request.write(window, style)
  if (typeof body === 'string') throw new Error(body)
  return body
}

/** The files of an asset of a window that is taken as a whole. */
export function assetOf(format: OutputFormat, endpoint: OriginEndpoint, window: ArchiveWindow) {
  const { segments } = window
  const batch = { before: [], segments: segments.map((segment) => asRecorded({ ...segment }, 1)), after: [] }
  const asset = format.asset(endpoint, {
    ...window,
    segments: packedSegments(segments.map(segmentSummaryOf)),
  })
  return (
    asset && {
      segments: [
        ...asset.headers,
        ...asset
          .segmentsOf(batch)
          .map((file) => ({ ...file, body: (media: SourceMedia, keys: ContentKeys) => file.body(batch, media, keys) })),
      ],
      manifests: asset.manifests,
      parent: asset.parent!(),
    }
  )
}

export function windowOf(
  segments: readonly OutputSegment[],
  more: Partial<ArchiveWindow> & { readonly eras?: readonly Era[] } = {},
): ArchiveWindow {
  return { version: 1, eras: [LADDER], segments, ended: false, ...more }
}

/** A window over one era, numbered from `first`. */
export function overEra(
  era: Era,
  first: number,
  sketches: readonly SegmentSketch[],
  more: Partial<ArchiveWindow> = {},
): ArchiveWindow {
  const segments = outputSegments(
    first,
    sketches.map((sketch) => ({ era, ...sketch })),
  )
  return windowOf(segments, { eras: [era], ...more })
}

/** Pages of one archive are not those of another. */
let outputTimelines = 0

/** An archive that holds one window and counts what is asked of it. */
export class FakeArchive
  implements
    Pick<
      ArchiveReader,
      | 'version'
      | 'live'
      | 'edge'
      | 'range'
      | 'outputSegment'
      | 'outputSegmentsAround'
      | 'era'
      | 'erasAt'
      | 'read'
      | 'open'
    >
{
  window: ArchiveWindow | undefined
  readonly outputTimeline = ++outputTimelines
  readonly lost = new Set<string>()
  /** Whether its objects lie in local files. */
  hasFiles = false
  readonly overrides = new Map<string, Uint8Array>()
  windowsRead = 0
  /** Pages of segments that manifests of windows were written from. */
  pagesRead = 0
  bytesRead = 0

  constructor(window: ArchiveWindow | undefined) {
    this.window = window
  }

  version(): number {
    return this.window?.version ?? 0
  }

  async live(_endpoint: OriginEndpoint, _seconds: number, asOf?: UtcMs): Promise<ArchiveWindow | undefined> {
    this.windowsRead++
    if (!this.window || asOf === undefined) return this.window
    const seen = this.window.segments.filter(({ sealedAt }) => sealedAt <= asOf)
    const following = this.window.segments.slice(seen.length)
    if (seen.length === 0) return undefined
    return { ...this.window, segments: seen, following, ended: this.window.ended && following.length === 0 }
  }

  async edge(_endpoint: OriginEndpoint, asOf: UtcMs = utcMs(Number.MAX_SAFE_INTEGER)): Promise<LiveEdge | undefined> {
    if (!this.window) return undefined
    const { segments, version, ended } = this.window
    const at = segments.findLastIndex(({ sealedAt }) => sealedAt <= asOf)
    const [segment, newest] = [segments[at], segments.at(-1)]
    if (!segment || !newest) return undefined
    const isNewest = segment === newest
    const following = segments.slice(at + 1)
    return { version, segment, following, publishedUntil: endUtcOf(newest), ended: ended && isNewest }
  }

  async range(_endpoint: OriginEndpoint, window: UtcRange, edge: LiveEdge): Promise<SegmentRange | undefined> {
    if (!this.window) return undefined
    this.windowsRead++
    const { segments, eras, version } = this.window
    const shown = segments.filter((each) => overlaps(each, window))
    const last = Math.min(shown.at(-1)?.number ?? 0, edge.segment.number)
    const first = shown[0]?.number ?? 0
    if (last < first || last === 0) return undefined
    const following = segments.filter(({ number }) => number > last).slice(0, 8)
    const ended = edge.ended && last === edge.segment.number
    // What is gone by the time it is read is not told.
    const within = ({ after, last: newest }: NumberRange) =>
      this.window?.segments.filter(({ number }) => number > after && number <= newest) ?? []
    const page = async (range: NumberRange) => writePage(within(range))
    const summaries = async (range: NumberRange) => {
      this.pagesRead++
      return writeSummaryPage(within(range).map(segmentSummaryOf))
    }
    const numbers = { after: first - 1, last }
    const adEventsOf = async () => []
    const { outputTimeline } = this
    return { version, eras, window, outputTimeline, numbers, following, ended, page, summaries, adEventsOf }
  }

  async outputSegment(_endpoint: OriginEndpoint, number: number): Promise<SegmentInEra | Absence> {
    const segment = this.window?.segments.find((candidate) => candidate.number === number)
    const era = this.window?.eras.find(({ id }) => id === segment?.era)
    return segment && era ? { segment: this.recorded(segment), era } : this.absence(number)
  }

  async outputSegmentsAround(_endpoint: OriginEndpoint, { era, time }: EraTime) {
    const own = this.window?.segments.filter((segment) => segment.era === era) ?? []
    const near = own.filter(({ start }) => Math.abs(start - time) <= 60 * 90_000)
    return { segments: near.map((segment) => this.recorded(segment)), absence: 'no such' as const }
  }

  /** A copy, as archives read one: the sample is used by other tests as well. */
  private recorded(segment: OutputSegment): OutputSegment {
    return asRecorded({ ...segment }, this.outputTimeline)
  }

  async erasAt(): Promise<readonly Era[]> {
    return this.window?.eras ?? []
  }

  async era(_endpoint: OriginEndpoint, id: number): Promise<Era | Absence> {
    return this.window?.eras.find((era) => era.id === id) ?? 'no such'
  }

  private absence(number: number): Absence {
    const { segments = [] } = this.window ?? {}
    return number > (segments.at(-1)?.number ?? 0) ? 'not yet' : 'no longer kept'
  }

  /** Its objects, to be taken apart. */
  media(): SourceMedia {
    return new SourceMedia(this, { maxBytes: 1 << 24, turns: new Turns() })
  }

  open(object: Pick<StoredBytes, 'key'>): Promise<Uint8Array> {
    return this.read(object)
  }

  openOnce(object: Pick<StoredBytes, 'key'>): Promise<Uint8Array> {
    return this.read(object)
  }

  openProven(object: Pick<StoredBytes, 'key'>, range?: { start: number; end: number }): Promise<Uint8Array> {
    return this.read(object, range)
  }

  async hasProvenFile({ key }: Pick<StoredBytes, 'key'>): Promise<boolean> {
    return this.hasFiles && !this.lost.has(key)
  }

  /** Unlike an archive, it takes the bytes for what was stored, except those of `lost`. */
  async read({ key }: Pick<StoredBytes, 'key'>, range?: { start: number; end: number }): Promise<Uint8Array> {
    if (this.lost.has(key)) throw new LostMedia(key, 'missing')
    const bytes = this.overrides.get(key) ?? sampleBytes(key)
    const part = range ? bytes.subarray(range.start, range.end) : bytes
    this.bytesRead += part.length
    return part
  }
}

/** Resources that hold endpoints alone and count the questions. */
export class FakeResources implements Pick<Resources, 'clipById' | 'originEndpointByGuid' | 'onChange'> {
  readonly clips = new Map<string, Clip>()
  readonly endpoints = new Map<string, OriginEndpoint>()
  private readonly watching = new Set<(change: ResourceChange) => void>()
  asked = 0

  constructor(...endpoints: readonly OriginEndpoint[]) {
    for (const endpoint of endpoints) this.endpoints.set(endpoint.guid, endpoint)
  }

  async originEndpointByGuid(guid: string): Promise<OriginEndpoint | undefined> {
    this.asked++
    return this.endpoints.get(guid)
  }

  async clipById(id: string): Promise<Clip | undefined> {
    return this.clips.get(id)
  }

  onChange(listener: (change: ResourceChange) => void): () => void {
    this.watching.add(listener)
    return () => this.watching.delete(listener)
  }

  /** Stores a changed endpoint and tells. */
  change(guid: string, endpoint: OriginEndpoint | undefined): void {
    if (endpoint) this.endpoints.set(guid, endpoint)
    else this.endpoints.delete(guid)
    this.tell({ kind: 'originEndpoint', id: '', guid, channelGuid: 'c'.repeat(32) })
  }

  tell(change: ResourceChange): void {
    for (const listener of this.watching) listener(change)
  }

  get listeners(): number {
    return this.watching.size
  }
}
