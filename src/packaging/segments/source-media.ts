import type { ArchiveReader } from '../../archive/reader.ts'
import { LruCache } from '../../cache/lru-cache.ts'
import { WarmBuffers } from '../../cache/warm-buffers.ts'
import { Pool } from '../../concurrency/pool.ts'
import { SingleFlight } from '../../concurrency/single-flight.ts'
import type { Turns } from '../../concurrency/turns.ts'
import type { Log } from '../../log.ts'
import type { Track } from '../../media/sample.ts'
import { StepMeter, type Steps } from '../../media/steps.ts'
import { DemuxBuffer } from '../../media/ts/demux-buffer.ts'
import type { StoredBytes } from '../../model/source-segment.ts'
import { channelOf, type DemuxedObject, demuxObject, type PlacedObject } from './demux-object.ts'
import { LentMedia } from './lent-media.ts'
import { LentMemory, type WholeMemory } from './whole-memory.ts'

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
/** Segments made of whole source objects, or encrypted, at the same time; each holds those objects, and itself. */
const WHOLE_AT_ONCE = 2
/** Memory kept for whole objects that were lent, and what is made of them. */
const MOST_KEPT_BYTES = 32 << 20
/** What is made for many is left to the garbage collector, as nobody knows who reads it last. */
const NEW_MEMORY: WholeMemory = { allocate: (size) => new Uint8Array(size) }

/** Bytes of a track. */
const COPIED_AT_ONCE = 1024 * 1024

/** The least cost of an entry in bytes: sample tables and the like, besides the media. */
const ENTRY_BYTES = 16 * 1024

/** What all readers of the same media share. */
type Places = ReturnType<typeof placesFor>

function placesFor({ maxBytes }: SourceMediaOptions) {
  return {
    demuxBuffers: new Pool(Array.from({ length: DEMUX_BUFFERS }, () => new DemuxBuffer())),
    whole: new Pool([...Array(WHOLE_AT_ONCE).keys()]),
    kept: new LruCache<DemuxedObject>(maxBytes),
    demuxing: new SingleFlight<DemuxedObject>(),
    lentBuffers: [] as DemuxBuffer[],
    wholeBuffers: new WarmBuffers(MOST_KEPT_BYTES),
  }
}

/**
 * Gives the archive's objects as samples. An object is demuxed once however many formats and tracks ask for it, and
 * the most recently used are kept. Demuxing itself uses a few buffers whose pages stay warm.
 */
export class SourceMedia {
  private readonly archive: Pick<ArchiveReader, 'read' | 'open' | 'openOnce'>
  private readonly options: SourceMediaOptions
  private readonly places: Places
  /** Present for a reader who says when whole objects are needed no more. */
  private readonly lent: LentMemory | undefined

  constructor(
    archive: Pick<ArchiveReader, 'read' | 'open' | 'openOnce'>,
    options: SourceMediaOptions,
    { places = placesFor(options), lent }: { readonly places?: Places; readonly lent?: LentMemory } = {},
  ) {
    this.archive = archive
    this.options = options
    this.places = places
    this.lent = lent
  }

  /** The bytes of a source object, which are shared and must not be changed. Throws LostMedia. */
  read(object: StoredBytes): Promise<Uint8Array> {
    return this.archive.read(object)
  }

  /**
   * Calls `make` with whole source objects, waiting for one of the `WHOLE_AT_ONCE` places. Throws LostMedia, and as
   * `make` does.
   */
  ofWhole<T>(
    objects: readonly StoredBytes[],
    make: (sources: readonly Uint8Array[], memory: WholeMemory) => Steps<T>,
  ): Promise<T> {
    return this.places.whole.run(async () => {
      const sources = await Promise.all(objects.map((object) => this.readWhole(object)))
      return this.options.turns.run(channelOf(objects[0]?.key ?? ''), make(sources, this.lent ?? NEW_MEMORY))
    })
  }

  /** Makes a whole segment of samples of these objects, waiting for one of the `WHOLE_AT_ONCE` places. */
  inTurns<T>(objects: readonly StoredBytes[], make: Steps<T>): Promise<T> {
    return this.places.whole.run(() => this.options.turns.run(channelOf(objects[0]?.key ?? ''), make))
  }

  /** The samples of an object. Throws LostMedia. */
  async demuxed(placed: PlacedObject): Promise<DemuxedObject> {
    const { key } = placed.object
    return this.places.kept.get(key) ?? this.places.demuxing.run(key, () => this.demux(placed))
  }

  /**
   * Lends objects to one reader, who goes through much of the archive: nothing of them is copied, nor kept for others.
   * The reader gives them back with `end`.
   */
  lend(): LentMedia {
    const { archive } = this
    const deps = { ...this.options, open: (object: StoredBytes) => archive.openOnce(object) }
    return new LentMedia(this, (placed, buffer) => demuxObject(placed, buffer, deps), this.places.lentBuffers)
  }

  /**
   * This for a reader who needs whole objects, and what is made of them, until `end` and no longer: their memory is
   * used again. They are not kept for others.
   */
  lendWhole(): { readonly media: SourceMedia; end(): void } {
    const { archive, options, places } = this
    const lent = new LentMemory(places.wholeBuffers)
    return { media: new SourceMedia(archive, options, { places, lent }), end: () => lent.end() }
  }

  /** Another of its own places, for a reader who keeps nothing in memory, and whom nobody waits for. */
  aside(): SourceMedia {
    const { archive, options } = this
    const openOnce = (object: StoredBytes) => archive.openOnce(object)
    const read = (object: StoredBytes) => archive.read(object)
    return new SourceMedia({ read, open: openOnce, openOnce }, { ...options, maxBytes: 0 })
  }

  /** The samples of an object if they are kept already. */
  keptOf({ object }: PlacedObject): DemuxedObject | undefined {
    return this.places.kept.get(object.key)
  }

  private async readWhole(object: StoredBytes): Promise<Uint8Array> {
    const { archive, lent } = this
    if (!lent) return this.read(object)
    const opened = await archive.openOnce(object)
    if (opened instanceof Uint8Array) return opened
    try {
      const bytes = lent.allocate(object.size)
      let filled = 0
      for await (const piece of opened) {
        bytes.set(piece, filled)
        filled += piece.length
      }
      return bytes
    } finally {
      await opened.close()
    }
  }

  private async demux(placed: PlacedObject): Promise<DemuxedObject> {
    const { archive, options } = this
    const { key } = placed.object
    const demuxed = await this.places.demuxBuffers.run(async (buffer) => {
      const found = await demuxObject(placed, buffer, { ...options, open: (object) => archive.open(object) })
      return options.turns.run(channelOf(key), copied(found))
    })
    this.places.kept.put(key, demuxed, costOf(demuxed))
    return demuxed
  }
}

/** Memory that a demuxed object takes, in bytes. */
function costOf({ tracks }: DemuxedObject): number {
  return tracks.reduce((sum, { media, samples }) => sum + media.length + 32 * samples.count, ENTRY_BYTES)
}

/** Copies the tracks out of the buffer, which the next object reuses. */
function* copied(found: DemuxedObject): Steps<DemuxedObject> {
  const tracks: Track[] = []
  for (const track of found.tracks) tracks.push(yield* copyTrack(track))
  return { ...found, tracks }
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
