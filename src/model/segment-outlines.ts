import { type Ticks, ticks, type UtcMs, utcMs } from '../media/time.ts'
import type { OutputSegment, Slot, SlotObject } from './output-segment.ts'
import { PackedNumbers, PackedNumbersReader } from './packed-numbers.ts'
import type { KeyFrame, TrackTimes } from './source-segment.ts'

/**
 * Output segments as manifests need them, without what names and proves their bytes: the keys of their objects are empty.
 * They are made to be kept in great numbers. Memory: about 200 bytes for each, and 40 for each object, where the
 * segments themselves take 300 and 800.
 */
export function outlinesOf(segments: readonly OutputSegment[]): readonly OutputSegment[] {
  const packed = new PackedNumbers()
  const places = segments.map((segment) => {
    const place = packed.length
    packSlots(packed, segment)
    return place
  })
  const bytes = packed.taken()
  let stretch: OutputSegment['stretch']
  return segments.map((segment, i) => {
    // All segments of a stretch can share what is said of it.
    if (segment.stretch?.number !== stretch?.number) stretch = segment.stretch
    return new SegmentOutline(segment, stretch, bytes, places[i]!)
  })
}

class SegmentOutline implements OutputSegment {
  readonly number: number
  readonly era: number
  readonly start: Ticks
  readonly duration: Ticks
  readonly startUtc: UtcMs
  readonly sealedAt: UtcMs
  readonly discontinuity: boolean
  readonly discontinuitySequence: number
  declare readonly stretch?: NonNullable<OutputSegment['stretch']>
  declare readonly moved?: NonNullable<OutputSegment['moved']>
  readonly #bytes: Uint8Array
  readonly #place: number

  constructor(segment: OutputSegment, stretch: OutputSegment['stretch'], bytes: Uint8Array, place: number) {
    this.number = segment.number
    this.era = segment.era
    this.start = segment.start
    this.duration = segment.duration
    this.startUtc = segment.startUtc
    this.sealedAt = segment.sealedAt
    this.discontinuity = segment.discontinuity
    this.discontinuitySequence = segment.discontinuitySequence
    if (stretch) this.stretch = stretch
    if (segment.moved) this.moved = segment.moved
    this.#bytes = bytes
    this.#place = place
  }

  /** Made anew whenever it is asked for. */
  get slots(): readonly Slot[] {
    return readSlots(new PackedNumbersReader(this.#bytes, this.#place), this)
  }
}

const HAS_TIMES = 1
const HAS_KEY_FRAMES = 2
const HAS_DURATION = 4
const HAS_MORE = 8
const STARTS_OTHERWISE = 16

/** Times are told from where the slot begins, and slots from where the segment does: that makes for small numbers. */
function packSlots(packed: PackedNumbers, segment: OutputSegment): void {
  packed.unsigned(segment.slots.length)
  for (const slot of segment.slots) {
    packed.signed(slot.era - segment.era)
    packed.unsigned(slot.index)
    packed.signed(slot.start - segment.start)
    packed.unsigned(slot.duration)
    packed.signed(slot.startUtc - segment.startUtc)
    packed.signed(slot.sealedAt - segment.sealedAt)
    const objects = Object.entries(slot.objects)
    packed.unsigned(objects.length)
    for (const [stream, object] of objects) {
      packed.unsigned(Number(stream))
      packObject(packed, object, slot.start)
    }
  }
}

function packObject(packed: PackedNumbers, object: SlotObject, start: Ticks): void {
  const { size, times, keyFrames, duration, more } = object
  packed.unsigned(
    (times ? HAS_TIMES : 0) |
      (keyFrames ? HAS_KEY_FRAMES : 0) |
      (duration === undefined ? 0 : HAS_DURATION) |
      (more ? HAS_MORE : 0) |
      (object.startsWithKeyFrame === false ? STARTS_OTHERWISE : 0),
  )
  packed.unsigned(size)
  if (times) packTimes(packed, times, start)
  if (keyFrames) {
    packed.unsigned(keyFrames.length)
    for (const { pts, offset, size: bytes } of keyFrames) {
      packed.signed(pts - start)
      packed.unsigned(offset)
      packed.unsigned(bytes)
    }
  }
  if (duration !== undefined) packed.unsigned(duration)
  if (more) {
    packed.unsigned(more.length)
    for (const each of more) packObject(packed, each, start)
  }
}

function packTimes(packed: PackedNumbers, times: NonNullable<SlotObject['times']>, start: Ticks): void {
  packed.unsigned(times.length)
  for (const track of times) {
    packed.unsigned(track ? 1 : 0)
    if (!track) continue
    packed.signed(track.first - start)
    packed.signed(track.last - track.first)
    packed.unsigned(track.bytes)
    packed.unsigned(track.pictures === undefined ? 0 : track.pictures + 1)
  }
}

// Read again and again for every manifest: without closures, and objects of few shapes.

function readSlots(packed: PackedNumbersReader, segment: Omit<OutputSegment, 'slots'>): readonly Slot[] {
  const slots: Slot[] = []
  for (let rest = packed.unsigned(); rest > 0; rest--) {
    const era = segment.era + packed.signed()
    const index = packed.unsigned()
    const start = ticks(segment.start + packed.signed())
    const duration = ticks(packed.unsigned())
    const startUtc = utcMs(segment.startUtc + packed.signed())
    const sealedAt = utcMs(segment.sealedAt + packed.signed())
    const objects: Record<number, SlotObject> = {}
    for (let others = packed.unsigned(); others > 0; others--) objects[packed.unsigned()] = readObject(packed, start)
    slots.push({ era, index, start, duration, startUtc, sealedAt, objects })
  }
  return slots
}

function readObject(packed: PackedNumbersReader, start: Ticks): SlotObject {
  const flags = packed.unsigned()
  const object: Writable<SlotObject> = { key: '', size: packed.unsigned(), crc32: 0, sha256: '' }
  if (flags & HAS_TIMES) object.times = readTimes(packed, start)
  if (flags & HAS_KEY_FRAMES) object.keyFrames = readKeyFrames(packed, start)
  if (flags & HAS_DURATION) object.duration = ticks(packed.unsigned())
  if (flags & HAS_MORE) {
    const more: SlotObject[] = []
    for (let rest = packed.unsigned(); rest > 0; rest--) more.push(readObject(packed, start))
    object.more = more
  }
  if (flags & STARTS_OTHERWISE) object.startsWithKeyFrame = false
  return object
}

function readTimes(packed: PackedNumbersReader, start: Ticks): readonly (TrackTimes | null)[] {
  const times: (TrackTimes | null)[] = []
  for (let rest = packed.unsigned(); rest > 0; rest--) {
    if (packed.unsigned() === 0) {
      times.push(null)
      continue
    }
    const first = start + packed.signed()
    const last = first + packed.signed()
    const bytes = packed.unsigned()
    const pictures = packed.unsigned() - 1
    times.push(pictures < 0 ? { first, last, bytes } : { first, last, bytes, pictures })
  }
  return times
}

function readKeyFrames(packed: PackedNumbersReader, start: Ticks): readonly KeyFrame[] {
  const frames: KeyFrame[] = []
  for (let rest = packed.unsigned(); rest > 0; rest--) {
    frames.push({ pts: start + packed.signed(), offset: packed.unsigned(), size: packed.unsigned() })
  }
  return frames
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }
