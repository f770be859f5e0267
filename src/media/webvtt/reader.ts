import { MalformedMedia } from '../bytes.ts'
import { TICKS_PER_MS } from '../time.ts'
import { type Cue, NO_OFFSET, type TimestampMap, type WebVtt } from './document.ts'
import { refuseLarge, startsAsWebVtt } from './probe.ts'
import { isTimestampMap, readTimestampMap } from './timestamp-map.ts'

const MAX_CUES = 5000

const ARROW = '-->'
const TIMESTAMP = /(?:(\d{1,6}):)?([0-5]\d):([0-5]\d)\.(\d{3})/.source
// The expression has only one way to match, so that a line of a million spaces is scanned once.
const TIMING_LINE = new RegExp(`^[ \\t]*${TIMESTAMP}[ \\t]*-->[ \\t]*${TIMESTAMP}(?:[ \\t](.*))?$`, 's')

/**
 * Reads a whole file, W3C WebVTT §6.1. What a player would skip is skipped, and skipped cues are counted. Throws
 * MalformedMedia when it is not WebVTT, or larger than `MOST_WEBVTT_BYTES`.
 */
export function readWebVtt(bytes: Uint8Array): WebVtt {
  refuseLarge(bytes.length)
  if (!startsAsWebVtt(bytes)) throw new MalformedMedia('no WEBVTT signature', 0)
  const lines = new TextDecoder()
    .decode(bytes)
    .replaceAll('\0', '\ufffd')
    .split(/\r\n|\n|\r/)
  const reader = new BlockReader(lines)
  return reader.read()
}

class BlockReader {
  private readonly lines: readonly string[]
  /** Index of the next line. */
  private at = 1
  private map: TimestampMap | undefined
  private malformed = 0
  private readonly regions: string[] = []
  private readonly styles: string[] = []
  private readonly cues: Cue[] = []

  constructor(lines: readonly string[]) {
    this.lines = lines
  }

  read(): WebVtt {
    while (this.at < this.lines.length) {
      if (this.lines[this.at] === '') this.at++
      else this.block()
    }
    const { map = NO_OFFSET, regions, styles, cues, malformed } = this
    return { map, regions, styles, cues, malformed }
  }

  /** Reads lines up to an empty one. A timing line begins a cue even where the empty line before it is missing. */
  private block(): void {
    const first = this.lines[this.at]!
    const second = this.lines[this.at + 1] ?? ''
    if (first.includes(ARROW)) {
      this.cue(undefined)
    } else if (second.includes(ARROW) && this.at > 1 && !isTimestampMap(first)) {
      // The line before a cue is not its identifier in the header, but part of the header.
      this.at++
      this.cue(first)
    } else {
      this.at++
      this.otherBlock(first, this.restOfBlock())
    }
  }

  private otherBlock(first: string, rest: readonly string[]): void {
    if (/^STYLE[ \t]*$/.test(first)) this.definition(this.styles, rest)
    else if (/^REGION[ \t]*$/.test(first)) this.definition(this.regions, rest)
    else if (!/^NOTE(?:[ \t]|$)/.test(first)) this.header([first, ...rest])
  }

  private restOfBlock(): string[] {
    const start = this.at
    while (this.at < this.lines.length && this.lines[this.at] !== '' && !this.lines[this.at]!.includes(ARROW)) this.at++
    return this.lines.slice(start, this.at)
  }

  /** Keeps a definition; STYLE and REGION count only before the first cue. */
  private definition(among: string[], lines: readonly string[]): void {
    if (this.cues.length === 0 && lines.length > 0) among.push(lines.join('\n'))
  }

  /** Reads the header block. Some encoders leave an empty line between the signature and the map. */
  private header(lines: readonly string[]): void {
    const line = lines.find(isTimestampMap)
    if (line === undefined || this.map !== undefined || this.cues.length > 0) return
    this.map = readTimestampMap(line)?.map
    if (!this.map) this.malformed++
  }

  private cue(id: string | undefined): void {
    const timing = TIMING_LINE.exec(this.lines[this.at]!)
    this.at++
    const text = this.restOfBlock().join('\n')
    const [start, end] = timing ? [ticksOf(timing, 1), ticksOf(timing, 5)] : [0, 0]
    if (!timing || end <= start) {
      this.malformed++
      return
    }
    if (this.cues.length === MAX_CUES) throw new MalformedMedia(`more than ${MAX_CUES} cues`, 0)
    this.cues.push({ ...(id !== undefined && { id }), start, end, settings: (timing[9] ?? '').trim(), text })
  }
}

/** The timestamp whose hours are group `group` of a match, in 90 kHz ticks. */
function ticksOf(match: RegExpExecArray, group: number): number {
  const [hours = 0, minutes, seconds, ms] = [0, 1, 2, 3].map((part) => Number(match[group + part] ?? 0))
  return (((hours * 60 + minutes!) * 60 + seconds!) * 1000 + ms!) * TICKS_PER_MS
}
