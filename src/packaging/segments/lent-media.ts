import { DemuxBuffer } from '../../media/ts/demux-buffer.ts'
import type { StoredBytes } from '../../model/source-segment.ts'
import type { DemuxedObject, PlacedObject } from './demux-object.ts'
import type { SourceMedia } from './source-media.ts'

/** Buffers kept for later loans: their pages are warm, and a new one costs more than demuxing into it. */
const MOST_SPARE = 6

/**
 * Objects demuxed for one reader, each in a buffer of three times its size. What it gives is valid until `end`; an
 * object that is asked for again before is not demuxed again.
 */
export class LentMedia {
  private readonly source: Pick<SourceMedia, 'read' | 'keptOf'>
  private readonly demux: (placed: PlacedObject, buffer: DemuxBuffer) => Promise<DemuxedObject>
  private readonly spare: DemuxBuffer[]
  private readonly lent = new Map<string, Promise<DemuxedObject>>()
  private readonly buffers: DemuxBuffer[] = []

  constructor(
    source: Pick<SourceMedia, 'read' | 'keptOf'>,
    demux: (placed: PlacedObject, buffer: DemuxBuffer) => Promise<DemuxedObject>,
    spare: DemuxBuffer[],
  ) {
    this.source = source
    this.demux = demux
    this.spare = spare
  }

  /** As SourceMedia. */
  read(object: StoredBytes): Promise<Uint8Array> {
    return this.source.read(object)
  }

  /** The samples of an object. Throws LostMedia. */
  async demuxed(placed: PlacedObject): Promise<DemuxedObject> {
    const { key } = placed.object
    const kept = this.source.keptOf(placed)
    if (kept) return kept
    let demuxing = this.lent.get(key)
    if (!demuxing) {
      const buffer = this.spare.pop() ?? new DemuxBuffer()
      this.buffers.push(buffer)
      demuxing = this.demux(placed, buffer)
      this.lent.set(key, demuxing)
    }
    return demuxing
  }

  /** Gives everything back, so that the next can be lent. */
  async end(): Promise<void> {
    await Promise.allSettled(this.lent.values())
    this.lent.clear()
    for (const buffer of this.buffers.splice(0)) if (this.spare.length < MOST_SPARE) this.spare.push(buffer)
  }
}
