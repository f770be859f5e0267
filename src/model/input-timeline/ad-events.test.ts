import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { probeAt, Rehearsal } from '../../../test/timeline/rehearsal.ts'
import type { SpliceMessage, SpliceSignal } from '../../media/splice-signal.ts'
import { PTS_MODULUS, ticksFromSeconds } from '../../media/time.ts'
import type { SegmentSummary } from '../output-segment.ts'
import { packedSegments } from '../segment-summary.ts'
import { slotSummaryOf } from '../slot-summary.ts'

const pts = (seconds: number) => ticksFromSeconds(seconds) % PTS_MODULUS

function out(id: number, seconds: number, duration?: number): SpliceSignal {
  const break_ = duration !== undefined && { duration: ticksFromSeconds(duration), autoReturn: true }
  return {
    kind: 'splice-insert',
    id,
    isOut: true,
    time: pts(seconds),
    ...break_,
    programId: 1,
    availNum: 0,
    availsExpected: 0,
  }
}

type Messages = Readonly<Record<number, readonly SpliceSignal[]>>

/** Two-second segments from `first` on, which carry messages by their numbers. */
class Encoder {
  readonly r = new Rehearsal()
  private readonly playlists: readonly string[]
  private readonly first: number

  constructor(first: number, ...playlists: readonly string[]) {
    this.first = first
    this.playlists = playlists
    this.r.parent(...playlists)
    this.r.open(1, 4)
  }

  send(from: number, to: number, messages: Messages = {}, change: { width?: number } = {}): this {
    for (let i = from; i <= to; i++) {
      for (const playlist of this.playlists) {
        const at = this.first + 2 * i
        const probe = probeAt(at, change.width)
        const own = messages[i]?.map(
          (signal): SpliceMessage => ({
            // Each variant has it with its own pictures.
            arrival: pts(at + (playlist === 'a' ? 0.5 : 0.6)),
            section: JSON.stringify(signal),
            signals: [signal],
          }),
        )
        this.r.put(`${playlist}-${i}`, own ? { ...probe, messages: own } : probe)
        const names = Array.from({ length: Math.min(i, 2) + 1 }, (_, n) => ({
          name: `${playlist}-${Math.max(i - 2, 0) + n}`,
        }))
        this.r.list(playlist, Math.max(i - 2, 0), names)
      }
      this.r.pass(2)
    }
    return this
  }

  /** Of each slot, in short. */
  get marks(): string[] {
    const ordinals: string[] = []
    const ordinal = (era: number, number: number) => {
      const key = `${era}.${number}`
      if (!ordinals.includes(key)) ordinals.push(key)
      return ordinals.indexOf(key) + 1
    }
    return this.r.slots.map(({ ads: { era, begins = [], ends = [], goesOn = [] } = { era: 0 } }) =>
      [
        ...ends.map(({ number }) => `-${ordinal(era, number)}`),
        ...begins.map(({ number }) => `+${ordinal(era, number)}`),
        ...goesOn.map(({ number }) => `(${ordinal(era, number)})`),
      ].join(' '),
    )
  }
}

describe('the ad events of an input', () => {
  it('are in the slots at whose start they begin and end, once though each variant carries them', () => {
    const encoder = new Encoder(100, 'a', 'b').send(0, 9, { 1: [out(5, 106, 4)], 2: [out(5, 106, 4)] })
    assert.deepEqual(encoder.marks.slice(0, 7), ['', '', '', '+1', '(1)', '-1', ''])
    const [, , , slot] = encoder.r.slots
    assert.equal(slot!.ads!.begins![0]!.start, slot!.start)
    assert.equal(slot!.ads!.begins![0]!.plannedDuration, ticksFromSeconds(4))
  })

  it('are remembered over a restart', () => {
    const encoder = new Encoder(100, 'a').send(0, 2, { 1: [out(5, 108, 4)] })
    encoder.r.restart(3)
    encoder.send(3, 9)
    assert.deepEqual(encoder.marks.slice(0, 7), ['', '', '', '', '+1', '(1)', '-1'])
  })

  it('are found where timestamps wrap', () => {
    const wrap = PTS_MODULUS / 90_000
    const first = Math.floor(wrap) - 5
    const encoder = new Encoder(first, 'a').send(0, 9, { 1: [out(5, first + 6, 4)] })
    assert.deepEqual(encoder.marks.slice(0, 7), ['', '', '', '+1', '(1)', '-1', ''])
  })

  it('go on in an era with whose timestamps the encoder goes on, as events of that', () => {
    const encoder = new Encoder(100, 'a').send(0, 4, { 1: [out(5, 106, 8)] }).send(5, 9, {}, { width: 1280 })
    const { slots } = encoder.r
    assert.equal(new Set(slots.map(({ era }) => era)).size, 2)
    assert.deepEqual(encoder.marks.slice(0, 8), ['', '', '', '+1', '(1)', '+2', '(2)', '-2'])
    assert.deepEqual(slots[5]!.ads!.begins![0]!.start, slots[3]!.ads!.begins![0]!.start)
    assert.equal(slots[5]!.ads!.era, slots[5]!.era)
  })

  it('that end where such an era begins end there with their message', () => {
    const back: SpliceSignal = { ...out(5, 110), isOut: false } as SpliceSignal
    const encoder = new Encoder(100, 'a').send(0, 4, { 1: [out(5, 106)], 3: [back] }).send(5, 9, {}, { width: 1280 })
    assert.deepEqual(encoder.marks.slice(0, 7), ['', '', '', '+1', '(1)', '-2 +2', ''])
    const [end] = encoder.r.slots[5]!.ads!.ends!
    assert.equal(end?.end, encoder.r.slots[5]!.start)
    assert.equal(end?.closer, JSON.stringify(back))
  })

  it('end with their era where the encoder begins anew', () => {
    const encoder = new Encoder(100, 'a').send(0, 4, { 1: [out(5, 106)] })
    const later = new Encoder(5000, 'a')
    encoder.r.pass(1)
    assert.deepEqual(encoder.marks, ['', '', '', '+1', '(1)'])
    assert.deepEqual(later.send(0, 3).marks, ['', '', '', ''])
  })

  it('are in summaries of their slots, on the timeline on which these are shown', () => {
    const encoder = new Encoder(100, 'a').send(0, 9, { 1: [out(5, 106.3, 3)] })
    const slot = encoder.r.slots.find(({ ads }) => ads?.begins)!
    const [segment] = encoder.r.published.get(1)!.filter(({ slots }) => slots.some(({ start }) => start === slot.start))
    const stored = JSON.parse(JSON.stringify(slotSummaryOf(slot)))
    const shownIn = (more: Partial<SegmentSummary>) =>
      packedSegments([{ ...segment!, ...more, slots: [stored] }])[0]!.slots[0]!.ads
    assert.deepEqual(shownIn({}), slot.ads)
    const shift = { ticks: ticksFromSeconds(10), ms: 0 }
    const shown = shownIn({ shift })!
    assert.equal(shown.begins![0]!.start, ticksFromSeconds(116.3))
  })

  it('are of messages that are kept once in a slot, with the time of the first, though each variant carries them', () => {
    const { r } = new Encoder(100, 'a', 'b').send(0, 3, { 1: [out(5, 106), out(6, 108)] })
    const kept = (index: number) => r.slots[1]!.objects[index]!.messages?.map(({ arrival }) => arrival)
    assert.deepEqual([kept(1), kept(2)], [[ticksFromSeconds(102.5), ticksFromSeconds(102.5)], undefined])
  })

  it('are of as many messages as there is room for, where streams wait for another', () => {
    const playlists = Array.from({ length: 20 }, (_, n) => `v${n}`)
    const encoder = new Encoder(100, ...playlists, 'late')
    encoder.send(0, 1)
    const { r } = encoder
    const messages = (seed: number): SpliceMessage[] => {
      const message = (_: unknown, n: number) => ({
        arrival: pts(104),
        section: `${seed}-${n}-`.padEnd(500, 'f'),
        signals: Array.from({ length: 2 }, (__, i) => out(1000 * seed + 10 * n + i, 110)),
      })
      return Array.from({ length: 64 }, message)
    }
    for (const [n, playlist] of playlists.entries()) {
      r.put(`${playlist}-2`, { ...probeAt(104), messages: messages(n) })
      r.put(`${playlist}-3`, { ...probeAt(106), messages: messages(100 + n) })
      r.list(
        playlist,
        1,
        ['1', '2', '3'].map((number) => ({ name: `${playlist}-${number}` })),
      )
    }
    assert.ok(r.state.eras[0]!.slots.length > 1)
    const { length } = JSON.stringify(r.state.eras)
    assert.ok(length < 512 * 1024, `${length} letters`)
    assert.match(r.state.habits!['ad-messages-unreadable']!.example, /^v\d+-\d: \d+ more than are kept$/)
  })

  it('that cannot be read are told of', () => {
    const { r } = new Encoder(100, 'a')
    r.put('a-0', { ...probeAt(100), badMessages: { crc: 2, encrypted: 1 } })
    r.put('a-1', { ...probeAt(102), badMessages: { crc: 1 } })
    r.list(
      'a',
      0,
      ['a-0', 'a-1'].map((name) => ({ name })),
    )
    r.pass(10)
    const { count, example } = r.state.habits!['ad-messages-unreadable']!
    assert.deepEqual([count, example], [1, 'a-0: 2 crc, 1 encrypted'])
  })
})
