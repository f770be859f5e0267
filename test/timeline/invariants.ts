/** What always holds of what a channel shows, checked as a viewer sees it: playlist after playlist. */

import assert from 'node:assert/strict'
import hlsParser from 'hls-parser'
import { lastFitting } from '../../src/archive/live-window.ts'
import { SegmentTail } from '../../src/archive/segment-tail.ts'
import { utcAt } from '../../src/model/eras/era.ts'
import type { ArchiveWindow, OutputSegment } from '../../src/model/output-segment.ts'
import { outputFormatOf } from '../../src/packaging/packager.ts'
import { hlsEndpoint } from '../origin/sample-endpoints.ts'
import type { ChannelRehearsal } from './channel-rehearsal.ts'
import { PresentedTimes } from './presented-times.ts'

hlsParser.setOptions({ strictMode: true })

/** What is remembered of segments, a few windows. */
const REMEMBERED = 200

type Line = { uri: string; duration: number; discontinuitySequence: number; date: number | undefined }

/** What is watched: the output segments that were shown so far, by output timeline, and their eras. */
export type Shown = Pick<ChannelRehearsal, 'outputs' | 'era' | 'hasEnded' | 'published'>

/** Watches one output timeline of a channel. */
export class Invariants {
  private readonly channel: Shown
  private readonly id: number
  private checked = 0
  private previous: OutputSegment | undefined
  private clock = 0
  private readonly times = new PresentedTimes()
  private readonly ended = new Set<number>()
  /** Names of what was shown, by the era and the time that are in them. */
  private readonly names = new Map<string, number>()
  private readonly lines = new Map<string, Line>()
  private readonly windows = new Map<string, { first: number; last: number; discontinuities: number }>()

  constructor(channel: Shown, id: number) {
    this.channel = channel
    this.id = id
  }

  /** Throws when something published since the last look breaks a promise; returns how much there was. */
  async look(): Promise<number> {
    const outputs = this.channel.outputs(this.id)
    const fresh = outputs.slice(this.checked)
    for (const segment of fresh) this.check(segment)
    this.checked = outputs.length
    if (outputs.length > 0) await this.checkPlaylists(outputs)
    return fresh.length
  }

  /** Lets go of what lies far back. */
  forget(keep: number): void {
    const outputs = this.channel.outputs(this.id)
    if (outputs.length <= 2 * keep) return
    this.channel.published.set(this.id, outputs.slice(-keep))
    this.checked = keep
    for (const name of [...this.names.keys()].slice(0, -20 * keep)) this.names.delete(name)
  }

  private check(segment: OutputSegment): void {
    const before = this.previous
    const { number, era, start, startUtc, discontinuity, discontinuitySequence } = segment
    const where = `segment ${number} of output timeline ${this.id}`
    const name = `${era} ${start}`
    assert.equal(this.names.get(name), undefined, `${where} has the name of another`)
    this.names.set(name, number)
    for (const slot of segment.slots) assert.equal(slot.era, era, `${where} is of one era`)
    assert.equal(segment.slots[0]?.start, start)
    const clock = utcAt(this.channel.era(era)!.clock, start)
    assert.ok(clock >= this.clock - 20, `${where} begins ${this.clock - clock} ms before the clock`)
    this.clock = clock + segment.duration / 90
    if (before) {
      assert.equal(number, before.number + 1, `${where} follows ${before.number}`)
      assert.equal(discontinuitySequence, before.discontinuitySequence + (discontinuity ? 1 : 0), where)
      if (before.era === era) {
        assert.ok(startUtc >= before.startUtc, `the date of ${where} steps back in its era`)
        const jump = Math.abs(start - before.start - before.duration)
        assert.ok(discontinuity || jump <= Math.min(segment.duration, before.duration) / 2, `${where}: ${jump} ticks`)
      } else {
        assert.ok(discontinuity, `${where} is of another era`)
        assert.ok(!this.ended.has(era), `${where} is of era ${era}, which had ended`)
        this.ended.add(before.era)
      }
    }
    this.previous = segment
  }

  private async checkPlaylists(outputs: readonly OutputSegment[]): Promise<void> {
    const window = await this.window(outputs.slice(-REMEMBERED))
    this.times.look(window)
    const endpoint = hlsEndpoint({ programDateTimeIntervalSeconds: 1 })
    const hls = outputFormatOf(endpoint)
    const text = (path: string) => {
      const request = hls?.resolve(endpoint, path)
      const body = request?.kind === 'manifest' ? request.write(window, { kind: 'live' }) : undefined
      return typeof body === 'object' ? body.text : undefined
    }
    const parent = hlsParser.parse(text('index.m3u8') ?? '')
    assert.ok(parent.isMasterPlaylist)
    let sequences: string | undefined
    for (const { uri } of parent.variants) {
      const written = text(uri)
      assert.ok(written, uri)
      const playlist = hlsParser.parse(written)
      assert.ok(!playlist.isMasterPlaylist)
      const { mediaSequenceBase = 0, discontinuitySequenceBase = 0, segments } = playlist
      const own = `${mediaSequenceBase} ${discontinuitySequenceBase} ${segments.length}`
      sequences ??= own
      assert.equal(own, sequences, 'renditions agree')
      const last = mediaSequenceBase + segments.length - 1
      const before = this.windows.get(uri)
      if (before) {
        assert.ok(mediaSequenceBase >= before.first && last >= before.last, `${uri} went back`)
        assert.ok(discontinuitySequenceBase >= before.discontinuities, `${uri} counts discontinuities back`)
      }
      this.windows.set(uri, { first: mediaSequenceBase, last, discontinuities: discontinuitySequenceBase })
      let discontinuities = discontinuitySequenceBase
      segments.forEach((segment, i) => {
        if (segment.discontinuity && i > 0) discontinuities++
        const line: Line = {
          uri: segment.uri,
          duration: segment.duration,
          discontinuitySequence: discontinuities,
          date: segment.programDateTime?.getTime(),
        }
        this.agree(`${uri} ${mediaSequenceBase + i}`, line)
      })
    }
    for (const key of [...this.lines.keys()].slice(0, -8 * REMEMBERED)) this.lines.delete(key)
  }

  private agree(key: string, line: Line): void {
    const before = this.lines.get(key)
    if (before) assert.deepEqual(line, before, `two playlists contradict each other about ${key}`)
    this.lines.set(key, line)
  }

  /** What a live playlist of a minute lists. */
  private async window(outputs: readonly OutputSegment[]): Promise<ArchiveWindow> {
    const index = { lastOutputSegments: async () => outputs }
    const tail = await SegmentTail.load(index, this.id, (outputs.at(-1)?.number ?? 0) + 1)
    const segments = lastFitting(tail.all, 60).fitting
    const eras = [...new Set(segments.map(({ era }) => era))].map((era) => this.channel.era(era)!)
    return { version: this.checked, eras, segments, ended: this.channel.hasEnded }
  }
}
