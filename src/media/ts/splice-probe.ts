import { hexOf } from '../bytes.ts'
import { MOST_SECTION_SIZE, readSpliceInfo } from '../scte35/splice-info.ts'
import type { SpliceMessage, SpliceProblem } from '../splice-signal.ts'
import type { MediaProbe } from '../track.ts'
import type { ElementaryProbe } from './elementary-probe.ts'
import { Continuity, payloadOffset } from './packet.ts'
import { SectionAssembler } from './psi.ts'
import type { StreamKind } from './stream-kind.ts'

/** stream_type of splice_info_sections, ANSI/SCTE 35 §8.1. Many programs that have it lack the registration `CUEI`. */
export const SPLICE_STREAM_TYPE = 0x86

/** The most messages of a segment that are kept, signals that they have, and bytes of their sections. */
const MOST_MESSAGES = 64
const MOST_SIGNALS = 128
const MOST_BYTES = 16 * 1024

const VIDEO: readonly StreamKind[] = ['avc', 'hevc']
const AUDIO: readonly StreamKind[] = ['aac', 'ac3']

type Found = Pick<MediaProbe, 'messages' | 'badMessages'>

/**
 * Reads the splice_info_sections of a segment, of all PIDs that have some. It keeps those that signal something, each
 * once, at most 64, 128 signals and 16 KiB, and counts what it refuses; nothing in them makes the segment unusable.
 */
export class SpliceProbe {
  /** Number of places where packets are missing, and of packets without room for their payload. */
  errors = 0
  private readonly pids: { readonly continuity: Continuity; readonly sections: SectionAssembler }[] = []
  /** The time of arrival is -1 of those that precede all PES packets. */
  private readonly messages: SpliceMessage[] = []
  /** Sections of these. */
  private readonly known = new Set<string>()
  private signals = 0
  private bytes = 0
  private readonly bad = new Map<SpliceProblem, number>()

  /** Adds a PID; answers its index. */
  add(): number {
    const sections = new SectionAssembler({ mostSize: MOST_SECTION_SIZE, checksCrc: false })
    return this.pids.push({ continuity: new Continuity(), sections }) - 1
  }

  /** Takes the packet at `at`, of the PID with that index, while `streams` are where they are. */
  packet(index: number, bytes: Uint8Array, at: number, streams: readonly ElementaryProbe[]): void {
    const { continuity, sections } = this.pids[index]!
    const continues = continuity.next(bytes, at)
    if (continues === 'repeated') return
    if (continues === 'broken' || payloadOffset(bytes, at) === 0) {
      this.errors++
      sections.breakOff()
    }
    sections.push(bytes, at, (section) => this.section(section, streams))
  }

  /** Ends the segment, whose first PTS is `firstPts`. */
  end(firstPts: number): Found {
    for (const { sections } of this.pids) {
      sections.breakOff()
      this.refuse('length', sections.damaged)
      this.refuse('incomplete', sections.incomplete)
    }
    const messages = this.messages.map((each) => (each.arrival < 0 ? { ...each, arrival: firstPts } : each))
    return {
      ...(messages.length > 0 && { messages }),
      ...(this.bad.size > 0 && { badMessages: Object.fromEntries(this.bad) }),
    }
  }

  private section(section: Uint8Array, streams: readonly ElementaryProbe[]): void {
    const info = readSpliceInfo(section)
    if (typeof info === 'string') {
      this.refuse(info)
      return
    }
    const { signals } = info
    if (signals.length === 0) return
    const text = hexOf(section)
    if (this.known.has(text)) return
    const isFull = this.messages.length === MOST_MESSAGES || this.signals + signals.length > MOST_SIGNALS
    if (isFull) this.refuse('too-many')
    else if (this.bytes + section.length > MOST_BYTES) this.refuse('too-large')
    else {
      this.known.add(text)
      this.signals += signals.length
      this.bytes += section.length
      this.messages.push({ arrival: latestPts(streams), section: text, signals })
    }
  }

  private refuse(problem: SpliceProblem, count = 1): void {
    if (count > 0) this.bad.set(problem, (this.bad.get(problem) ?? 0) + count)
  }
}

/** PTS of the last PES packet of video; else of audio, else of what there is; -1 before the first. */
function latestPts(streams: readonly ElementaryProbe[]): number {
  const ofKind = (kinds: readonly StreamKind[]) => streams.find(({ kind }) => kinds.includes(kind))
  const stream = ofKind(VIDEO) ?? ofKind(AUDIO) ?? streams.find((each) => each.latestPts >= 0)
  return stream?.latestPts ?? -1
}
