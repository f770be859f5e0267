import type { ArchiveReader } from '../../archive/reader.ts'
import type { Turns } from '../../concurrency/turns.ts'
import type { Log } from '../../log.ts'
import { MalformedMedia } from '../../media/bytes.ts'
import { demuxPackedAudioInSteps } from '../../media/packed-audio.ts'
import type { Id3Event, Track } from '../../media/sample.ts'
import type { Steps } from '../../media/steps.ts'
import type { Ticks } from '../../media/time.ts'
import type { DemuxBuffer } from '../../media/ts/demux-buffer.ts'
import { demuxTsInSteps } from '../../media/ts/demuxer.ts'
import type { SlotObject, SourceStream } from '../../model/output-segment.ts'
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

export type DemuxDeps = {
  /** Throws LostMedia. */
  readonly open: ArchiveReader['open']
  /** In which objects are taken apart; their owners are channels. */
  readonly turns: Turns
  /** Told of each object that is malformed in a way the probe did not see. */
  readonly log?: Log | undefined
}

/**
 * Loads an object into a buffer and demuxes it there: until the buffer is used again, the tracks are views of it.
 * Throws LostMedia.
 */
export async function demuxObject(
  placed: PlacedObject,
  buffer: DemuxBuffer,
  { open, turns, log }: DemuxDeps,
): Promise<DemuxedObject> {
  const { key } = placed.object
  await load(placed.object, buffer, open)
  const found = await turns.run(channelOf(key), takeApart(buffer, placed))
  if (found.problem !== undefined) {
    const fields = { event: 'segment-malformed', key, problem: found.problem } as const
    log?.warn(fields, 'a segment cannot be demuxed, and is not served')
  }
  return found
}

/** The channel of an object: the first part of its key. */
export function channelOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

/** Loads an object into the buffer in which it is demuxed; an object read from disk takes no other memory. */
async function load(object: SlotObject, buffer: DemuxBuffer, open: DemuxDeps['open']): Promise<void> {
  const target = buffer.load(object.size)
  const opened = await open(object)
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

function* takeApart(buffer: DemuxBuffer, { stream, start, isFirst }: PlacedObject): Steps<DemuxedObject> {
  try {
    const describedAudio = new Set(audioOf(stream).map(({ pid }) => pid))
    if (stream.container === 'packed-audio') {
      const bytes = buffer.bytes.subarray(buffer.start, buffer.end)
      const options = { near: start, hasHeader: describedAudio.size > 0, inPlace: true }
      const track = yield* demuxPackedAudioInSteps(bytes, options)
      return { tracks: track ? [track] : [], events: [] }
    }
    const configurations = headerParameterSets(stream.tracks)
    const { tracks, events } = yield* demuxTsInSteps(buffer, {
      near: start,
      configurations,
      describedAudio,
      fromKeyFrame: isFirst,
    })
    return { tracks, events }
  } catch (error) {
    if (!(error instanceof MalformedMedia)) throw error
    return { tracks: [], events: [], problem: error.message }
  }
}
