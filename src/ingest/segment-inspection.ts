import { MalformedMedia } from '../media/bytes.ts'
import { JpegProbe, startsAsJpeg } from '../media/jpeg.ts'
import { PackedAudioProbe } from '../media/packed-audio.ts'
import { allSteps, type Steps } from '../media/steps.ts'
import type { HoldingRoom } from '../media/ts/held-packets.ts'
import { TsProbe } from '../media/ts/probe.ts'
import { startsAsWebVtt, WebVttProbe } from '../media/webvtt/probe.ts'
import type { FoundHabit } from '../model/input-timeline/habits.ts'
import type { Container, SegmentProbe } from '../model/source-segment.ts'

type InspectionOptions = {
  readonly name: string
  readonly maxTracks: number
  /** Shared with the segments that arrive at the same time. */
  readonly room?: HoldingRoom
}

/** What became of a segment: what its probe found, or why it cannot be used. */
type Inspected = { readonly probe: SegmentProbe } | { readonly problem: string }

class NotAccepted extends Error {
  override readonly name = 'NotAccepted'
}

/** What reads a segment as it arrives, and notes what in it is corrected or left out. */
type Probe = {
  push(chunk: Uint8Array): void
  end(): SegmentProbe
  readonly habits?: readonly FoundHabit[]
  /** Reads what it holds, before `end`. */
  readHeld?(): Steps<void>
  /** Gives back the memory that is counted. */
  close?(): void
}

/** Bytes that hold every signature: a byte order mark, WEBVTT and the character after it. */
const SIGNATURE_SIZE = 10
const TS_SYNC_BYTE = 0x47
/** Boxes with which a file or segment of fragmented MP4 begins, ISO/IEC 14496-12. */
const MP4_BOXES = ['ftyp', 'styp', 'moov', 'moof', 'sidx', 'emsg', 'prft']

const PROBES: Readonly<Record<Container, (room: HoldingRoom | undefined) => Probe>> = {
  'mpeg-ts': (room) => new TsProbe(room),
  'packed-audio': () => new PackedAudioProbe(),
  webvtt: () => new WebVttProbe(),
  jpeg: () => new JpegProbe(),
}

/**
 * Probes a segment whose format is recognised by its first bytes, else by its name. It never throws: what cannot be
 * used becomes a problem. `close` must be called when nothing more is asked of it.
 */
export class SegmentInspection {
  private readonly name: string
  private readonly maxTracks: number
  private readonly room: HoldingRoom | undefined
  /** The segment's first bytes, until they reveal the format. */
  private beginning: Buffer = Buffer.alloc(0)
  private probe: Probe | undefined
  private problem: string | undefined

  constructor({ name, maxTracks, room }: InspectionOptions) {
    this.name = name
    this.maxTracks = maxTracks
    this.room = room
  }

  push(chunk: Uint8Array): void {
    if (this.problem !== undefined) return
    try {
      if (this.probe) this.probe.push(chunk)
      else this.begin(chunk)
    } catch (error) {
      this.problem = problemOf(error)
      this.close()
    }
  }

  end(size: number): Inspected {
    return allSteps(this.endInSteps(size))
  }

  /** As `end`, in steps. */
  *endInSteps(size: number): Steps<Inspected> {
    if (size === 0) return { problem: 'empty' }
    if (this.problem !== undefined) return { problem: this.problem }
    try {
      const chosen = this.probe ?? this.choose()
      if (chosen.readHeld) yield* chosen.readHeld()
      const probe = chosen.end()
      const tracks = probe.tracks.length
      return tracks > this.maxTracks
        ? { problem: `${tracks} tracks; at most ${this.maxTracks} are allowed` }
        : { probe }
    } catch (error) {
      return { problem: problemOf(error) }
    }
  }

  /** What in the segment is corrected or left out, known at its end. */
  get habits(): readonly FoundHabit[] {
    return (this.probe?.habits ?? []).map(({ habit, example }) => ({ habit, example: `${this.name}: ${example}` }))
  }

  close(): void {
    this.probe?.close?.()
  }

  private begin(chunk: Uint8Array): void {
    if (this.beginning.length === 0 && chunk.length >= SIGNATURE_SIZE) {
      this.choose(chunk).push(chunk)
      return
    }
    this.beginning = Buffer.concat([this.beginning, chunk])
    if (this.beginning.length >= SIGNATURE_SIZE) this.choose()
  }

  private choose(chunk?: Uint8Array): Probe {
    const container = containerOf(chunk ?? this.beginning) ?? containerByName(this.name)
    if (!container) throw new NotAccepted('not MPEG-TS, packed audio, WebVTT or JPEG')
    this.probe = PROBES[container](this.room)
    if (!chunk) this.probe.push(this.beginning)
    return this.probe
  }
}

/** Recognises the container by its first bytes. Throws NotAccepted for formats that are known but not supported. */
function containerOf(bytes: Uint8Array): Container | undefined {
  const [first = -1, second = -1] = bytes
  if (first === TS_SYNC_BYTE) return 'mpeg-ts'
  if (startsAsWebVtt(bytes)) return 'webvtt'
  if (startsAsJpeg(bytes)) return 'jpeg'
  const beginning = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 8)).toString('latin1')
  if (MP4_BOXES.includes(beginning.slice(4))) throw new NotAccepted('fragmented MP4 is not accepted')
  const isAdts = first === 0xff && (second & 0xf6) === 0xf0
  const isAc3 = first === 0x0b && second === 0x77
  return beginning.startsWith('ID3') || isAdts || isAc3 ? 'packed-audio' : undefined
}

/**
 * Recognises the container by its name, so that the error for a segment damaged from its first byte names the damage.
 */
function containerByName(name: string): Container | undefined {
  if (/\.ts$/i.test(name)) return 'mpeg-ts'
  if (/\.(aac|ac3|ec3|eac3)$/i.test(name)) return 'packed-audio'
  if (/\.(vtt|webvtt)$/i.test(name)) return 'webvtt'
  return /\.jpe?g$/i.test(name) ? 'jpeg' : undefined
}

function problemOf(error: unknown): string {
  return error instanceof MalformedMedia || error instanceof NotAccepted
    ? error.message
    : `the probe failed: ${String(error)}`
}
