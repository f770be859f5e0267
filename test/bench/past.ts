/** A past that nobody has to push: segments, written straight into the index. */

import { hash } from 'node:crypto'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ticks, ticksFromSeconds, type UtcMs, utcMs } from '../../src/media/time.ts'
import type { InputRef } from '../../src/model/input-ref.ts'
import { emptyTimeline } from '../../src/model/input-timeline/state.ts'
import type { Era, Slot, SlotObject, SourceStream } from '../../src/model/output-segment.ts'
import { openOutputTimelineState } from '../../src/model/output-timeline/state.ts'
import { slotSummaryOf } from '../../src/model/slot-summary.ts'
import type { SourceObject } from '../../src/model/source-segment.ts'
import type { SegmentIndex } from '../../src/stores/segment-index.ts'
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { audio, variant, video } from '../origin/sample-channel.ts'
import { adEventRowsOf, PastAdEvents, type PastAds } from './past-ads.ts'

const SEGMENT_SECONDS = 2
const DURATION = ticksFromSeconds(SEGMENT_SECONDS)
const BEGINS = ticksFromSeconds(10)
/** Segments in one transaction. */
const STEP = 2000
/** Of every source segment. */
export const OBJECT_BYTES = 1_500_000
/** CRC-32 of as many zeros, which is what their files hold. */
const CRC = crc32(Buffer.alloc(OBJECT_BYTES))
const DIGEST = 'ab'.repeat(32)
/** In keys. */
export const FIRST_DAY = '2026-01-01'

/** Muxed variants. */
const variants = (...heights: number[]): readonly SourceStream[] =>
  heights.map((height, i) =>
    variant(i + 1, 6_000_000 / (i + 1), [video(height), audio(257)], { codecs: 'avc1.64001f,mp4a.40.2' }),
  )

const STREAMS = variants(1080, 720, 360)
export const FIVE_RENDITIONS = variants(1080, 720, 540, 360, 240)

export type Past = {
  readonly streams?: readonly SourceStream[]
  /** Rows of source objects are written where that is asked for: only retention needs them. */
  readonly hasSources?: boolean
  /** Endpoints of the same segment duration that show the same. */
  readonly others?: readonly string[]
  /** What SCTE-35 messages told of it; the output timeline is one that is cut at ad boundaries then. */
  readonly ads?: PastAds
}

/** The input whose ingest endpoint has this URL. */
export function inputAt(url: string): InputRef {
  const [channelGuid = '', ingestEndpointId = ''] = new URL(url).pathname.split('/').slice(3)
  return { channelGuid, ingestEndpointId }
}

/** The GUID of the origin endpoint that has this URL; throws where it is none of one. */
export function endpointGuidOf(url = ''): string {
  const [, guid] = /\/out\/v1\/(\w+)\//.exec(url) ?? []
  if (guid === undefined) throw new Error(`no origin endpoint has the URL ${url}`)
  return guid
}

/** `writePastInto` the SQLite database of a data folder. */
export async function writePast(
  dataFolder: string,
  endpointGuid: string,
  ingest: InputRef,
  began: UtcMs,
  count: number,
  past: Past = {},
): Promise<void> {
  const { segmentIndex, close } = await openSqliteStore(join(dataFolder, 'windrow.db'))
  await writePastInto(segmentIndex, endpointGuid, ingest, began, count, past)
  await close()
}

/**
 * Gives an endpoint that has shown nothing yet a past: segments of two seconds from `began` on, numbered from 1.
 */
export async function writePastInto(
  segmentIndex: SegmentIndex,
  endpointGuid: string,
  ingest: InputRef,
  began: UtcMs,
  count: number,
  { streams = STREAMS, hasSources = false, others = [], ads }: Past = {},
): Promise<void> {
  const outputTimeline = await segmentIndex.openOutputTimeline(
    { guid: endpointGuid, revision: 1 },
    ingest,
    SEGMENT_SECONDS,
    ads !== undefined,
  )
  for (const guid of others)
    await segmentIndex.openOutputTimeline({ guid, revision: 1 }, ingest, SEGMENT_SECONDS, ads !== undefined)
  const open = {
    ...openOutputTimelineState(DURATION, 1, ingest.ingestEndpointId),
    ...(ads && { isCut: true }),
    nextNumber: count + 1,
  }
  const events = ads && new PastAdEvents(ads)
  const outputTimelines = [{ id: outputTimeline.id, expectedVersion: 0, state: JSON.stringify(open) }]
  const state = JSON.stringify(emptyTimeline())
  const origin = { kind: 'input', input: ingest.ingestEndpointId } as const
  const era: Era = { id: 1, origin, clock: { time: BEGINS, utc: began }, streams }
  for (let first = 0; first < count; first += STEP) {
    const slots: Slot[] = []
    const shown: ReturnType<PastAdEvents['shownWith']>[] = []
    for (let index = first; index < Math.min(first + STEP, count); index++) {
      const unmarked = slotAt(index, began, streams)
      const marks = events?.marksAt(unmarked)
      const slot = { ...unmarked, ...(marks && { ads: marks }) }
      slots.push(slot)
      shown.push(events?.shownWith(slot, ingest.ingestEndpointId) ?? {})
    }
    const outputSegments = slots.map(({ index, objects: _, ads: __, ...slot }, i) => ({
      ...slot,
      ...shown[i],
      outputTimeline: outputTimeline.id,
      number: index + 1,
      firstSlot: index,
      slotCount: 1,
      discontinuity: false,
      discontinuitySequence: 0,
      period: { number: 1, start: BEGINS },
      eraClock: began,
    }))
    const objects = hasSources ? slots.flatMap((slot) => sourcesOf(slot, streams)) : []
    const rows = slots.map((slot) => ({ slot, summary: slotSummaryOf(slot) }))
    const more = { objects, settled: [], eras: first === 0 ? [era] : [], slots: rows, outputSegments }
    const adEvents = ads ? adEventRowsOf(slots) : {}
    const filled = first === 0 ? { outputTimelines } : {}
    await segmentIndex.commitTimeline(ingest, { expectedVersion: first / STEP, state, ...more, ...adEvents, ...filled })
  }
}

/** Of the source segments of a past, from one on up to another. */
export function* pastKeys(first: number, end: number, streams = STREAMS): Generator<string> {
  for (let index = first; index < end; index++) for (const stream of streams) yield keyOf(index, stream.index)
}

/** A folder an hour, as the archive has it; names follow no order. */
function keyOf(index: number, stream: number): string {
  const hour = Math.floor((index * SEGMENT_SECONDS) / 3600)
  return `${'c'.repeat(32)}/${FIRST_DAY}T${String(hour).padStart(2, '0')}/${hash('md5', `${index}/${stream}`)}`
}

function sourcesOf({ objects, sealedAt }: Slot, streams: readonly SourceStream[]): readonly SourceObject[] {
  return streams.flatMap(({ index, playlist, tracks }) => {
    const object = objects[index]
    if (!object) return []
    const { key, size, crc32, sha256, times = [], keyFrames = [] } = object
    const [pictures] = times
    const probe = { container: 'mpeg-ts', tracks, times, keyFrames, startsWithKeyFrame: true } as const
    const { first: firstPts = 0, last: lastPts = 0 } = pictures ?? {}
    const name = playlist.replace('.m3u8', '_1.ts')
    return { key, name, size, crc32, sha256, receivedAt: sealedAt, probe: { ...probe, firstPts, lastPts } }
  })
}

function slotAt(index: number, began: UtcMs, streams: readonly SourceStream[]): Slot {
  const start = ticks(BEGINS + index * DURATION)
  const startUtc = utcMs(began + index * SEGMENT_SECONDS * 1000)
  const objects = Object.fromEntries(streams.map((stream) => [stream.index, objectAt(index, stream.index, start)]))
  return { era: 1, index, start, duration: DURATION, startUtc, sealedAt: utcMs(startUtc + 2200), objects }
}

/** Frames of sound are not as long as a segment: it begins anywhere in its first. */
function objectAt(index: number, stream: number, start: number): SlotObject {
  const sound = start + ((index * 37) % 1920)
  return {
    key: keyOf(index, stream),
    size: OBJECT_BYTES,
    crc32: CRC,
    sha256: DIGEST,
    times: [
      { first: start, last: start + DURATION - 3003, bytes: 1_400_000 },
      { first: sound, last: sound + DURATION - 1920, bytes: 32_000 },
    ],
    keyFrames: [{ pts: start, offset: 376, size: 90_000 }],
  }
}
