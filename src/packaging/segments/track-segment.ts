import { hexOf } from '../../media/bytes.ts'
import { type CmafSegment, writeCmafHeader, writeCmafSegment } from '../../media/mp4/cmaf.ts'
import { eventMessageBox } from '../../media/mp4/event-message.ts'
import type { Id3Event, SampleTable } from '../../media/sample.ts'
import { LostMedia } from '../../model/lost-media.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import type { SegmentBody } from '../output-format.ts'
import { iFrameOf } from '../tracks/i-frames.ts'
import type { SingleAudio, SingleVideo } from '../tracks/track-set.ts'
import type { HeaderProtection } from './header-protection.ts'
import { bytesBody } from './segment-body.ts'
import { givenSamples, type ProtectedPart, protectedBody, type SegmentProtection } from './segment-protection.ts'
import { type SegmentSamples, samplesOf } from './segment-samples.ts'
import type { SourceMedia } from './source-media.ts'

/** track_ID; every file holds one track. */
const TRACK_ID = 1
/** sequence_number of mfhd has 32 bits. */
const SEQUENCE_MODULUS = 2 ** 32
const ISO_639_2 = /^[a-z]{3}$/

const MEDIA_TYPES = { video: 'video/mp4', audio: 'audio/mp4' } as const

/** The CMAF header of a track, with the same bytes for all segments of its era, or of its key period there. */
export function headerOf(
  { kind, description, timescale, ...track }: SingleVideo | SingleAudio,
  protection?: HeaderProtection,
): SegmentBody {
  const language =
    'language' in track ? [description.kind === 'audio' ? description.language : undefined, track.language] : []
  const code = language.find((each) => each !== undefined && ISO_639_2.test(each))
  const bytes = writeCmafHeader({
    id: TRACK_ID,
    timescale,
    ...(code !== undefined && { language: code }),
    entry: description,
    ...(protection !== 'not in contract' && protection),
  })
  const body = bytesBody(MEDIA_TYPES[kind], [bytes], [])
  if (protection === undefined) return body
  if (protection === 'not in contract') return { ...body, protection }
  const { encryption } = protection
  return { ...body, sources: [hexOf(encryption.keyId), encryption.scheme], protection: 'encrypted' }
}

/**
 * A track of an output segment as a CMAF segment; timed ID3, and more event messages if there are any, precede it as
 * whole boxes.
 */
export async function segmentOf(
  track: SingleVideo | SingleAudio,
  segment: OutputSegment,
  media: Pick<SourceMedia, 'demuxed' | 'inTurns'>,
  { before = [], protection }: { readonly protection: SegmentProtection | undefined } & Pick<CmafSegment, 'before'>,
): Promise<SegmentBody | undefined> {
  const gathered = await samplesOf(track, segment, media)
  if (!gathered) return undefined
  const given = await givenSamples({ track, segment }, gathered, protection, media)
  const boxes = [...eventMessages(gathered.events), ...before]
  return protectedBody(body({ track, segment }, gathered, { ...given, before: boxes }), protection)
}

function eventMessages(events: readonly Id3Event[]): readonly Uint8Array[] {
  const earlier = new Map<number, number>()
  return events.map((event) => {
    const nth = earlier.get(event.pts) ?? 0
    earlier.set(event.pts, nth + 1)
    return eventMessageBox(event, nth)
  })
}

/**
 * The segment for trick play: the key frames of an output segment, each shown until the next; only the first when
 * `count` is 1, which is encrypted as it is among all. Throws LostMedia when the sources turn out to hold none.
 */
export async function iFramesOf(
  track: SingleVideo,
  segment: OutputSegment,
  media: Pick<SourceMedia, 'demuxed' | 'inTurns'>,
  { count = Number.POSITIVE_INFINITY, protection }: IFrameOptions,
): Promise<SegmentBody | undefined> {
  if (!iFrameOf(segment, track.stream.index)) return undefined
  const gathered = await samplesOf(track, segment, media)
  if (!gathered) return undefined
  const part = { track, segment, areKeyFrames: true }
  // What is encrypted is copied anyway.
  const isCopied = protection === undefined || protection === 'not in contract'
  const keyFrames = keyFramesOf(gathered, count, isCopied)
  const given = await givenSamples(part, keyFrames, protection, media)
  return protectedBody(body(part, keyFrames, given), protection)
}

export type IFrameOptions = { readonly count?: number; readonly protection: SegmentProtection | undefined }

function body(
  { track, segment }: ProtectedPart,
  { samples, objects }: SegmentSamples,
  given: Pick<CmafSegment, 'media' | 'before' | 'encryption'>,
): SegmentBody {
  const parts = writeCmafSegment({
    sequenceNumber: segment.number % SEQUENCE_MODULUS,
    trackId: TRACK_ID,
    samples,
    ...given,
  })
  return bytesBody(MEDIA_TYPES[track.kind], parts, objects)
}

function keyFramesOf(gathered: SegmentSamples, count: number, isCopied: boolean): SegmentSamples {
  const { samples } = gathered
  const at = Array.from(samples.sync.keys()).filter((i) => samples.sync[i] === 1)
  const kept = at.slice(0, count)
  // The index has one.
  if (kept.length === 0) throw new LostMedia(gathered.objects[0]!.key, 'unusable')
  const endOf = (i: number) => samples.dts[i]! + samples.durations[i]!
  const table: SampleTable = {
    count: kept.length,
    sizes: Uint32Array.from(kept, (i) => samples.sizes[i]!),
    dts: Float64Array.from(kept, (i) => samples.dts[i]!),
    compositionOffsets: Int32Array.from(kept, (i) => samples.compositionOffsets[i]!),
    durations: Uint32Array.from(kept, (i, k) => {
      const next = kept[k + 1]
      return (next === undefined ? endOf(samples.count - 1) : samples.dts[next]!) - samples.dts[i]!
    }),
    sync: new Uint8Array(kept.length).fill(1),
  }
  return { ...gathered, samples: table, media: sampleBytes(gathered, new Set(kept), isCopied), events: [] }
}

/**
 * The bytes of some samples. Those that last are copied: views of the pieces that hold them would keep all of those
 * pieces in memory.
 */
function sampleBytes(
  { samples, media }: SegmentSamples,
  wanted: ReadonlySet<number>,
  isCopied: boolean,
): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  let piece = 0
  let at = 0
  for (let i = 0; i < samples.count; i++) {
    while (media[piece] && at === media[piece]!.length) {
      piece++
      at = 0
    }
    const size = samples.sizes[i]!
    const bytes = wanted.has(i) ? media[piece]!.subarray(at, at + size) : undefined
    if (bytes) found.push(isCopied ? new Uint8Array(bytes) : bytes)
    at += size
  }
  return found
}
