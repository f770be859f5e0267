/** Lives of a channel for random tests: two encoders to which everything happens, one thing after the other. */
import fc from 'fast-check'
import { PTS_MODULUS, TICKS_PER_SECOND, utcMs } from '../../src/media/time.ts'
import type { MediaProbe } from '../../src/media/track.ts'
import type { ListedStream } from '../../src/model/listed-playlist.ts'
import { ChannelRehearsal, type InputName } from './channel-rehearsal.ts'
import { audioAt, EPOCH, type Listed, probeAt, variants } from './rehearsal.ts'

export const CHANGES = [
  'nothing',
  'dies',
  'comes back',
  'restarts',
  'restarts under other names',
  'jumps ahead',
  'jumps back',
  'breaks',
  'breaks in one stream',
  'nears the wrap',
  'clock steps ahead',
  'clock steps back',
  'loses a segment',
  'loses a segment of one stream',
  'leaves out a segment',
  'leaves out two segments',
  'is late',
  'loses a stream',
  'has other parameters',
  'has other parameters in one stream',
  'has other renditions',
  'has another language',
  'ends',
  'locks to the other',
  'server restarts',
] as const

export type Change = (typeof CHANGES)[number]

/** Something happens to an encoder, and then so many source segments pass. */
export type Turn = { readonly who: InputName; readonly change: Change; readonly segments: number }

export const turn = (most: number) =>
  fc.record<Turn>({
    who: fc.constantFrom('A', 'B'),
    change: fc.constantFrom(...CHANGES),
    segments: fc.integer({ min: 1, max: most }),
  })

const WRAP_SECONDS = PTS_MODULUS / TICKS_PER_SECOND
const LISTED = 4

type Encoder = {
  readonly input: InputName
  isAlive: boolean
  life: number
  /** PTS of the next segment, seconds. */
  pts: number
  sequence: number
  /** Of its clock, against the server's. */
  clockMs: number
  latencyMs: number
  width: Record<string, number>
  streams: readonly ListedStream[]
  missing: Set<string>
  /** What is put a segment's time late. */
  late: { name: string; pts: number; playlist: string }[]
  readonly listed: Map<string, Listed[]>
  breaks: Set<string>
  loses: Set<string>
  isLate: boolean
  /** So many segments it neither puts nor lists. */
  leavesOut: number
}

/** Two encoders with segments of `seconds`, each of the streams `a` and `b`, going about their lives. */
export class ChannelSimulation {
  readonly channel = new ChannelRehearsal()
  private readonly encoders: Record<InputName, Encoder>
  private readonly seconds: number
  private readonly tickMs: number

  constructor(seconds: number, { isLocked = true, tickMs = 500 } = {}) {
    this.seconds = seconds
    this.tickMs = tickMs
    this.encoders = { A: encoder('A', 10), B: encoder('B', isLocked ? 10 : 5000) }
    for (const one of Object.values(this.encoders)) this.channel.streams(one.input, one.streams)
  }

  take({ who, change, segments }: Turn): void {
    this.change(this.encoders[who], change)
    for (let i = 0; i < segments; i++) this.segment()
  }

  /** The time of one source segment: both encoders send theirs, one after the other. */
  private segment(): void {
    const { A, B } = this.encoders
    const ms = this.seconds * 1000
    this.channel.pass((ms - 400) / 1000, this.tickMs)
    this.send(A)
    this.channel.pass(0.4, this.tickMs)
    this.send(B)
  }

  private send(one: Encoder): void {
    const { channel, seconds } = this
    const { input, streams, sequence } = one
    for (const { name, pts, playlist } of one.late.splice(0)) {
      channel.put(input, name, probeOf(one, playlist, pts, seconds))
    }
    if (!one.isAlive || one.leavesOut > 0) {
      one.leavesOut = Math.max(one.leavesOut - 1, 0)
      one.pts += seconds
      return
    }
    for (const { playlist } of streams) {
      if (one.missing.has(playlist)) continue
      const name = `${playlist}-${one.life}-${sequence}.ts`
      if (one.isLate) one.late.push({ name, pts: one.pts, playlist })
      else if (!one.loses.has(playlist)) channel.put(input, name, probeOf(one, playlist, one.pts, seconds))
      const date = utcMs(channel.now - seconds * 1000 - one.latencyMs + one.clockMs)
      const listed = [
        ...(one.listed.get(playlist) ?? []),
        { name, seconds, date, ...(one.breaks.has(playlist) && { breaks: true }) },
      ].slice(-LISTED)
      one.listed.set(playlist, listed)
      channel.list(input, playlist, sequence - listed.length + 1, listed)
    }
    one.pts += seconds
    one.sequence++
    one.breaks.clear()
    one.loses.clear()
    one.isLate = false
  }

  private change(one: Encoder, change: Change): void {
    const other = this.encoders[one.input === 'A' ? 'B' : 'A']
    const names = one.streams.map(({ playlist }) => playlist)
    const begin = (pts: number) => {
      one.sequence = 0
      one.pts = pts
      one.listed.clear()
      one.missing.clear()
      one.isAlive = true
    }
    switch (change) {
      case 'nothing':
        return
      case 'dies':
        one.isAlive = false
        return
      case 'comes back':
        if (one.isAlive) return
        begin(one.pts)
        return
      case 'restarts':
        begin(((one.pts + 777) % 3600) + 1)
        return
      case 'restarts under other names':
        one.life++
        begin(((one.pts + 999) % 3600) + 1)
        return
      case 'jumps ahead':
        one.pts += 100
        return
      case 'jumps back':
        one.pts = Math.max(one.pts - 100, 1)
        return
      case 'breaks':
        one.breaks = new Set(names)
        one.pts += 50
        return
      case 'breaks in one stream':
        one.breaks.add('b')
        return
      case 'nears the wrap':
        one.breaks = new Set(names)
        one.pts = WRAP_SECONDS - 3 * this.seconds
        return
      case 'clock steps ahead':
        one.clockMs += 37_000
        return
      case 'clock steps back':
        one.clockMs -= 37_000
        return
      case 'loses a segment':
        one.loses = new Set(names)
        return
      case 'loses a segment of one stream':
        one.loses.add('b')
        return
      case 'leaves out a segment':
        one.leavesOut = 1
        return
      case 'leaves out two segments':
        one.leavesOut = 2
        return
      case 'is late':
        one.isLate = true
        return
      case 'loses a stream':
        if (one.missing.has('b')) one.missing.clear()
        else one.missing.add('b')
        return
      case 'has other parameters':
        for (const name of names) one.width[name] = 1920 - (one.width[name] ?? 640)
        return
      case 'has other parameters in one stream':
        one.width['b'] = 1920 - (one.width['b'] ?? 640)
        return
      case 'has other renditions':
        one.streams = names.length === 2 ? [...one.streams, sound('en')] : one.streams.slice(0, 2)
        this.channel.streams(one.input, one.streams)
        return
      case 'has another language':
        one.streams = one.streams.map((stream) => {
          if (stream.role.kind !== 'audio') return stream
          return sound(stream.role.language === 'en' ? 'fr' : 'en')
        })
        this.channel.streams(one.input, one.streams)
        return
      case 'ends':
        if (!one.isAlive) return
        for (const [playlist, listed] of one.listed) {
          this.channel.list(one.input, playlist, one.sequence - listed.length, listed, true)
        }
        one.isAlive = false
        return
      case 'locks to the other':
        one.life++
        begin(other.pts)
        one.clockMs = other.clockMs
        one.width = { ...other.width }
        one.streams = other.streams
        this.channel.streams(one.input, one.streams)
        return
      case 'server restarts':
        this.channel.restart(20)
        for (const { isAlive, input } of Object.values(this.encoders)) {
          const moved = this.encoders[input]
          moved.pts += 20
          if (isAlive) moved.latencyMs += 0
        }
    }
  }
}

/** A rendition of sound beside the variants `a` and `b`. */
function sound(language: string): ListedStream {
  const role = {
    kind: 'audio',
    groupId: 'sound',
    name: language,
    language,
    isDefault: false,
    autoselect: true,
  } as const
  return { index: 3, playlist: 'c', role }
}

function probeOf(one: Encoder, playlist: string, pts: number, seconds: number): MediaProbe {
  return playlist === 'c' ? audioAt(pts, 'packed-audio', seconds) : probeAt(pts, one.width[playlist], seconds)
}

function encoder(input: InputName, pts: number): Encoder {
  return {
    input,
    isAlive: true,
    life: 0,
    pts,
    sequence: 0,
    clockMs: 0,
    latencyMs: input === 'A' ? 1000 : 1400,
    width: {},
    streams: variants('a', 'b'),
    missing: new Set(),
    late: [],
    listed: new Map(),
    breaks: new Set(),
    loses: new Set(),
    isLate: false,
    leavesOut: 0,
  }
}

/** Since the rehearsal began. */
export function secondsOf(channel: ChannelRehearsal): number {
  return (channel.now - EPOCH) / 1000
}
