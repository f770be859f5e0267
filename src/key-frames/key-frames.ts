import { createHash } from 'node:crypto'
import { LruCache } from '../cache/lru-cache.ts'
import { Pool } from '../concurrency/pool.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import type { Turns } from '../concurrency/turns.ts'
import type { KeyFramePicture, KeyFrameRequest, KeyFrames } from '../control/control-context.ts'
import { MalformedMedia } from '../media/bytes.ts'
import { DemuxBuffer } from '../media/ts/demux-buffer.ts'
import { LostMedia } from '../model/lost-media.ts'
import { keyFrameMovie } from '../packaging/segments/key-frame-movie.ts'
import { NoSuchObject, type Objects } from '../stores/objects.ts'
import { type FoundKeyFrame, newestKeyFrame, type PictureIndex } from './found-key-frame.ts'

/** Pictures that are looked for and made at a time, each with its packets in a buffer of three times their size. */
const AT_ONCE = 4
/** Requests that wait for one of these places; more are refused. */
const MOST_WAITING = 100
/** Bytes of made pictures that are kept. */
const CACHE_BYTES = 16 << 20
/** In whose turns pictures of all channels are made: players of a channel wait for one step of them at most. */
const PICTURES = 'pictures'
/** Of a digest that tells pictures apart. */
const TAG_LENGTH = 22
/** Besides its bytes. */
const ENTRY_BYTES = 256
/** Packets of the largest key frame that is made a picture of: several times as many as one of 4K has. */
const LARGEST_BYTES = 8 << 20

export type KeyFramesDeps = {
  readonly index: PictureIndex
  /** The media as they are stored: a few bytes are read past all caches, so that these keep what they have. */
  readonly stored: Pick<Objects, 'read'>
  readonly turns: Turns
}

/** Where no picture is. */
type Nothing = 'no content' | 'no picture'

/**
 * Pictures of the archive. Only the bytes of a key frame are read, of which nothing tells that they are as sent: a
 * picture is for those who look for a moment, and never served to players.
 */
export function createKeyFrames({ index, stored, turns }: KeyFramesDeps): KeyFrames {
  const places = new Pool(Array.from({ length: AT_ONCE }, () => new DemuxBuffer()))
  const made = new LruCache<Uint8Array>(CACHE_BYTES)
  const making = new SingleFlight<Uint8Array | undefined>()
  let waiting = 0

  /** Of several inputs, the newest; of two that have the same moment, the first. */
  async function newestOf({ inputs, ...wanted }: KeyFrameRequest): Promise<FoundKeyFrame | Nothing> {
    let newest: FoundKeyFrame | Nothing = 'no content'
    for (const input of inputs) {
      const found = await newestKeyFrame(index, input, wanted)
      if (typeof found === 'string') newest = newest === 'no content' ? found : newest
      else if (typeof newest === 'string' || found.time > newest.time) newest = found
    }
    return newest
  }

  async function make(found: FoundKeyFrame, buffer: DemuxBuffer): Promise<Uint8Array | undefined> {
    const { object, keyFrame, description, slot } = found
    const { offset, size, pts } = keyFrame
    const packets = await stored.read(object.key, { start: offset, end: offset + size }).catch((error: unknown) => {
      if (error instanceof NoSuchObject) throw new LostMedia(object.key, 'missing', { cause: error })
      throw error
    })
    buffer.fill([packets])
    return turns.run(PICTURES, keyFrameMovie(buffer, { description, pts, near: slot.start }))
  }

  async function pictureOf(request: KeyFrameRequest, buffer: DemuxBuffer): Promise<KeyFramePicture | Nothing> {
    const found = await newestOf(request)
    if (typeof found === 'string') return found
    const { object, keyFrame, time, isSettled } = found
    if (keyFrame.size > LARGEST_BYTES) return 'no picture'
    const tag = createHash('sha256').update(`${object.key} ${keyFrame.offset}`).digest('base64url').slice(0, TAG_LENGTH)
    const movie = made.get(tag) ?? (await making.run(tag, () => make(found, buffer)))
    if (!movie) return 'no picture'
    made.put(tag, movie, movie.length + ENTRY_BYTES)
    return { time, movie, tag, isSettled }
  }

  return {
    async find(request) {
      if (waiting >= AT_ONCE + MOST_WAITING) return 'busy'
      waiting++
      try {
        return await places.run((buffer) => pictureOf(request, buffer))
      } catch (error) {
        if (error instanceof LostMedia || error instanceof MalformedMedia) return 'no picture'
        throw error
      } finally {
        waiting--
      }
    },
  }
}
