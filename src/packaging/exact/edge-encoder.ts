import { progressiveHead } from '../../media/mp4/progressive.ts'
import { SampleTableWriter } from '../../media/mp4/sample-tables.ts'
import { emptySamples, type SampleTable } from '../../media/sample.ts'
import { TICKS_PER_SECOND } from '../../media/time.ts'
import type { Era, SourceStream } from '../../model/output-segment.ts'
import { type Movie, NoEncoder, type PictureEncoder } from '../output-format.ts'
import type { EncodedPictures } from '../segments/segment-samples.ts'
import type { OpenSpool, Spool } from '../spool.ts'
import type { SingleVideo } from '../tracks/track-set.ts'
import type { EncodedRun } from './edge-plan.ts'
import { pictureCodec } from './encoded-pictures.ts'
import type { PictureData } from './picture-codec.ts'
import type { SourcePicture } from './source-pictures.ts'

/** Bits a second at least that encoded pictures may have, so that small ones stay good. */
const LEAST_BANDWIDTH = 2_000_000

/** Encodes pictures, and keeps them in a spool. */
export class EdgeEncoder {
  private readonly encoder: PictureEncoder | undefined
  private readonly openSpool: OpenSpool
  private readonly signal: AbortSignal
  /** Parameter sets of encoded pictures, by era and stream. */
  private readonly sets = new Map<number, Map<number, PictureData[]>>()
  private spool: Spool | undefined
  private spooled = 0

  /** Without an encoder, it finds out only whether pictures can be encoded. */
  constructor(encoder: PictureEncoder | undefined, openSpool: OpenSpool, signal: AbortSignal) {
    this.encoder = encoder
    this.openSpool = openSpool
    this.signal = signal
  }

  async close(): Promise<void> {
    await this.spool?.close()
    this.spool = undefined
  }

  /** Those of these eras of which pictures have been encoded, with their parameter sets beside the source's own. */
  erasOf(eras: ReadonlyMap<number, Era>): ReadonlyMap<number, Era> {
    return new Map(
      [...this.sets].map(([id, byStream]) => {
        const era = eras.get(id)!
        const streams = era.streams.map((stream) => {
          const encoded = byStream.get(stream.index)
          return encoded ? withEncodedSets(stream, encoded) : stream
        })
        return [id, { ...era, streams }]
      }),
    )
  }

  /** Encodes pictures of a track; gives what each segment has of them, by its number. */
  async encode(
    { description, stream, bandwidth }: SingleVideo,
    era: number,
    { pictures, decoded, isClosed, until }: EncodedRun,
  ): Promise<ReadonlyMap<number, EncodedPictures>> {
    const codec = pictureCodec(description)
    const { profile, level, isInterlaced, pictureId } = codec.formatOf(description)
    const [first] = pictures
    const { encoder } = this
    if (!encoder || !first) return new Map()
    const origin = Math.min(...decoded.map(({ dts }) => dts))
    const keyFrames = pictures.flatMap(({ segment }, i) => (segment === pictures[i - 1]?.segment ? [] : [i]))
    const order = {
      from: first.pts - origin,
      until: until - origin,
      keyFrames,
      profile,
      level,
      isInterlaced,
      setsId: pictureId,
      bandwidth: Math.max(2 * bandwidth, LEAST_BANDWIDTH),
      isClosed,
    }
    const bytes = await encoder[codec.name](movieOf(description, decoded, origin), order, this.signal)
    const data = codec.read(bytes, pictures.length, description)
    if (!data) {
      const wanted = `${pictures.length} pictures like those of the source, each in a slice`
      throw new NoEncoder(`ffmpeg has not encoded ${wanted}, from the one at ${first.pts} on.`)
    }
    if (keyFrames.some((key) => !data.pictures[key]!.isIdr)) throw new NoEncoder('ffmpeg has encoded no key frames.')
    const byStream = this.sets.get(era) ?? new Map<number, PictureData[]>()
    this.sets.set(era, byStream)
    byStream.set(stream.index, [...(byStream.get(stream.index) ?? []), { ...data, pictures: [] }])
    const found = new Map<number, EncodedPictures>()
    for (const [i, from] of keyFrames.entries()) {
      const to = keyFrames[i + 1] ?? pictures.length
      const own = data.pictures.slice(from, to)
      const times = pictures.slice(from, to).map(({ pts }) => pts)
      const samples = tableOf(own, times, pictures[to]?.pts ?? until, stream.decodeDelay ?? 0)
      found.set(pictures[from]!.segment, { samples, read: await this.keep(own.map((each) => each.data)) })
    }
    return found
  }

  /** Keeps bytes until the edges are closed. */
  private async keep(pieces: readonly Uint8Array[]): Promise<EncodedPictures['read']> {
    this.spool ??= this.openSpool()
    const { spool } = this
    const start = this.spooled
    for (const piece of pieces) {
      await spool.append(piece)
      this.spooled += piece.length
    }
    const range = { start, end: this.spooled }
    return async () => {
      const bytes = Buffer.alloc(range.end - range.start)
      let at = 0
      for await (const piece of spool.read(range)) {
        bytes.set(piece, at)
        at += piece.length
      }
      return bytes
    }
  }
}

function withEncodedSets(stream: SourceStream, encoded: readonly PictureData[]): SourceStream {
  const sets = encoded.flatMap((each) => each.sets)
  const tracks = stream.tracks.map((track) => {
    return track.kind === 'video' ? pictureCodec(track).withSets(track, sets) : track
  })
  return { ...stream, tracks }
}

/** Pictures that are decoded so long before they are shown as all others of the stream. */
function tableOf(
  pictures: PictureData['pictures'],
  times: readonly number[],
  end: number,
  decodeDelay: number,
): SampleTable {
  return {
    count: pictures.length,
    sizes: Uint32Array.from(pictures, ({ data }) => data.length),
    dts: Float64Array.from(times, (time) => time - decodeDelay),
    compositionOffsets: new Int32Array(pictures.length).fill(decodeDelay),
    durations: Uint32Array.from(times, (time, i) => (times[i + 1] ?? end) - time),
    sync: Uint8Array.from(pictures, ({ isIdr }) => (isIdr ? 1 : 0)),
  }
}

/** A movie of pictures in order of decoding, whose times begin at `origin`. */
function movieOf(description: SingleVideo['description'], pictures: readonly SourcePicture[], origin: number): Movie {
  const samples = emptySamples(pictures.length)
  for (const [i, { pts, dts, duration, isSync, data }] of pictures.entries()) {
    samples.sizes[i] = data.length
    samples.dts[i] = dts - origin
    samples.compositionOffsets[i] = pts - dts
    samples.durations[i] = duration
    samples.sync[i] = isSync ? 1 : 0
  }
  const tables = new SampleTableWriter()
  tables.add(samples)
  const facts = tables.finish()
  const entries = tables.drain()
  const bytes = pictures.reduce((sum, { data }) => sum + data.length, 0)
  const edits = [{ duration: facts.duration, mediaTime: 0 }]
  const track = { entries: [{ ...description, pid: 0 }], timescale: TICKS_PER_SECOND, edits, tables: facts }
  const head = progressiveHead([track], [{ track: 0, samples: pictures.length, bytes, description: 0 }])
  const data = pictures.map((picture) => picture.data)
  return [...head.map((part) => (part instanceof Uint8Array ? part : entries[part.table])), ...data]
}
