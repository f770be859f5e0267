import type { ArchiveReader } from '../../archive/reader.ts'
import { LruCache } from '../../cache/lru-cache.ts'
import { Pool } from '../../concurrency/pool.ts'
import { SingleFlight } from '../../concurrency/single-flight.ts'
import type { Turns } from '../../concurrency/turns.ts'
import type { Log } from '../../log.ts'
import { MalformedMedia } from '../../media/bytes.ts'
import { demuxPackedAudioInSteps } from '../../media/packed-audio.ts'
import type { Id3Event, Track } from '../../media/sample.ts'
import { StepMeter, type Steps } from '../../media/steps.ts'
import type { Ticks } from '../../media/time.ts'
import { DemuxBuffer } from '../../media/ts/demux-buffer.ts'
import { demuxTsInSteps } from '../../media/ts/demuxer.ts'
import type { SlotObject, SourceStream } from '../../model/output-segment.ts'
import type { StoredBytes } from '../../model/source-segment.ts'
import { headerParameterSets } from '../tracks/parameter-sets.ts'
import { audioOf } from '../tracks/track-set.ts'

/** A demuxed source object. Its bytes are shared and must not be changed. */
export type DemuxedObject = {
  readonly tracks: readonly Track[]
  readonly events: readonly Id3Event[]
  /** The reason for having no tracks, when the object turned out to be malformed. */
  readonly problem?: string
}

/** A source object, and the facts of its place needed to demux it. */
export type PlacedObject = {
  readonly object: SlotObject
  readonly stream: SourceStream
  /** Start of its slot on the era's timeline. */
  readonly start: Ticks
  /** True for the first slot of its era, where samples that cannot be decoded are left out. */
  readonly isFirst: boolean
}

export type SourceMediaOptions = {
  /** Bytes of demuxed objects kept, for all formats and endpoints together. */
  readonly maxBytes: number
  /** In which objects are taken apart; their owners are channels. */
  readonly turns: Turns
  /** Told of each object that is malformed in a way the probe did not see. */
  readonly log?: Log
}

/** Objects demuxed at the same time, each in a buffer of three times its size, whose pages stay warm. */
const DEMUX_BUFFERS = 2
/** Segments made of whole source objects at the same time; each holds those objects, and itself. */
const WHOLE_AT_ONCE = 2

/** Bytes of a track. */
const COPIED_AT_ONCE = 1024 * 1024

/** The least cost of an entry in bytes: sample tables and the like, besides the media. */
const ENTRY_BYTES = 16 * 1024

/**
 * Gives the archive's objects as samples. An object is demuxed once however many formats and tracks ask for it, and
 * the most recently used are kept. Demuxing itself uses a few buffers whose pages stay warm.
 */
export class SourceMedia {
  private readonly archive: Pick<ArchiveReader, 'read' | 'open'>
  private readonly options: SourceMediaOptions
  private readonly demuxBuffers = new Pool(Array.from({ length: DEMUX_BUFFERS }, () => new DemuxBuffer()))
  private readonly whole = new Pool([...Array(WHOLE_AT_ONCE).keys()])
  private readonly kept: LruCache<DemuxedObject>
  private readonly demuxing = new SingleFlight<DemuxedObject>()

  constructor(archive: Pick<ArchiveReader, 'read' | 'open'>, options: SourceMediaOptions) {
    this.archive = archive
    this.options = options
    this.kept = new LruCache(options.maxBytes)
  }

  /** The bytes of a source object, which are shared and must not be changed. Throws LostMedia. */
  read(object: StoredBytes): Promise<Uint8Array> {
    return this.archive.read(object)
  }

  /**
   * Calls `make` with whole source objects, waiting for one of the `WHOLE_AT_ONCE` places. Throws LostMedia, and as
   * `make` does.
   */
  ofWhole<T>(objects: readonly StoredBytes[], make: (sources: readonly Uint8Array[]) => Steps<T>): Promise<T> {
    return this.whole.run(async () => {
      const sources = await Promise.all(objects.map((object) => this.read(object)))
      return this.options.turns.run(channelOf(objects[0]?.key ?? ''), make(sources))
    })
  }

  /** The samples of an object. Throws LostMedia. */
  async demuxed(placed: PlacedObject): Promise<DemuxedObject> {
    const { key } = placed.object
    return this.kept.get(key) ?? this.demuxing.run(key, () => this.demux(placed))
  }

  private async demux(placed: PlacedObject): Promise<DemuxedObject> {
    const { key } = placed.object
    const demuxed = await this.demuxBuffers.run(async (buffer) => {
      await this.load(placed.object, buffer)
      return this.options.turns.run(channelOf(key), takeApart(buffer, placed))
    })
    if (demuxed.problem !== undefined) {
      const fields = { event: 'segment-malformed', key, problem: demuxed.problem } as const
      this.options.log?.warn(fields, 'a segment cannot be demuxed, and is not served')
    }
    this.kept.put(key, demuxed, costOf(demuxed))
    return demuxed
  }

  /** Loads an object into the buffer in which it is demuxed; an object read from disk takes no other memory. */
  private async load(object: SlotObject, buffer: DemuxBuffer): Promise<void> {
    const target = buffer.load(object.size)
    const opened = await this.archive.open(object)
    if (opened instanceof Uint8Array) return target.set(opened)
    try {
      let at = 0
      for await (const piece of opened) {
        target.set(piece, at)
        at += piece.length
      }
    } finally {
      await opened.close()
    }
  }
}

/** The channel of an object: the first part of its key. */
function channelOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

/** Memory that a demuxed object takes, in bytes. */
function costOf({ tracks }: DemuxedObject): number {
  return tracks.reduce((sum, { media, samples }) => sum + media.length + 32 * samples.count, ENTRY_BYTES)
}

function* takeApart(buffer: DemuxBuffer, { stream, start, isFirst }: PlacedObject): Steps<DemuxedObject> {
  try {
    const describedAudio = new Set(audioOf(stream).map(({ pid }) => pid))
    if (stream.container === 'packed-audio') {
      const bytes = buffer.bytes.subarray(buffer.start, buffer.end)
      const options = { near: start, hasHeader: describedAudio.size > 0, inPlace: true }
      const track = yield* demuxPackedAudioInSteps(bytes, options)
      return { tracks: track ? [yield* copyTrack(track)] : [], events: [] }
    }
    const configurations = headerParameterSets(stream.tracks)
    const { tracks, events } = yield* demuxTsInSteps(buffer, {
      near: start,
      configurations,
      describedAudio,
      fromKeyFrame: isFirst,
    })
    const copies: Track[] = []
    for (const track of tracks) copies.push(yield* copyTrack(track))
    return { tracks: copies, events }
  } catch (error) {
    if (!(error instanceof MalformedMedia)) throw error
    return { tracks: [], events: [], problem: error.message }
  }
}

/** Copies a track out of the buffer, which the next object reuses; its media get memory of exactly their size. */
function* copyTrack(track: Track): Steps<Track> {
  const meter = new StepMeter()
  const media = Buffer.allocUnsafeSlow(track.media.length)
  for (let at = 0; at < media.length; at += COPIED_AT_ONCE) {
    const piece = track.media.subarray(at, at + COPIED_AT_ONCE)
    media.set(piece, at)
    if (meter.ends(piece.length)) yield
  }
  return { ...track, media }
}
