import type { MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { spliceInsert, spliceNull, spliceSection } from '../fixtures/splice-messages.ts'
import { packed, withSplices } from '../fixtures/splice-packets.ts'
import { readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'
import { createChannel, createHlsEndpoint } from '../judges/aws.ts'
import { delayed, type LoopRendition } from '../judges/loop.ts'
import { fetchBytes, renditionsOf } from '../judges/playlists.ts'
import { Pusher } from '../judges/pusher.ts'
import { load } from './get-load.ts'
import { closedLoop } from './ingesting.ts'
import { cpuSeconds, type Measure, paired } from './measure.ts'
import { BITS_PER_SECOND, DAY_MS, type Programme, SEGMENT_SECONDS, startProgramme } from './programme.ts'

const SECONDS = 1.2
/** Encoders that put their next segment as soon as the last one is taken. */
const ENCODERS = 12
const SPLICE_PID = 0x1f4
const PACKET = 188
/** Segments from one break to the next; all but the first three of them repeat the message of the next break. */
const BREAK_EVERY = 8
const BREAK_SECONDS = 4
const TICKS = 90_000
/** As many as a live playlist of a minute lists. */
const LISTED = 30
/** The segment with which it begins. Half of those that are listed lie in it. */
const LIVE_BREAK = { at: 10, seconds: 30 }

const MARKERS = ['SCTE35_ENHANCED', 'DATERANGE'] as const

/**
 * What ad signalling costs: segments with SCTE-35 messages, a break each sixteen seconds, beside the same segments
 * without; and live playlists with the markers of a break beside those of the same channel without markers.
 */
export async function benchAdSignalling(): Promise<Measure[]> {
  const programme = await startProgramme()
  try {
    return [await benchMessages(programme), ...(await benchMarkers(programme))]
  } finally {
    await programme.windrow.kill()
  }
}

async function benchMessages({ windrow, client, loop }: Programme): Promise<Measure> {
  const signalling = loop.map(signallingLoop)
  // The same packets, of which those with messages are null packets.
  const silent = signalling.map((rendition) => ({ ...rendition, segment: (n: number) => rendition.segment(n, false) }))
  const pushers = { plain: [] as Pusher[], ads: [] as Pusher[] }
  let endpoints: readonly string[] = []
  for (let index = 0; index < ENCODERS; index++) {
    const plain = await openChannel(client, `plain-${index}`, silent, 'NONE')
    const ads = await openChannel(client, `ads-${index}`, signalling, 'SCTE35_ENHANCED')
    pushers.plain.push(plain.pusher)
    pushers.ads.push(ads.pusher)
    endpoints = [plain.parent, ads.parent]
  }
  const perCpuSecond = (of: readonly Pusher[]) => async () => {
    const before = cpuSeconds(windrow.pid)
    const bytes = await closedLoop(of, SECONDS)
    return (bytes * 8) / BITS_PER_SECOND / (cpuSeconds(windrow.pid) - before)
  }
  try {
    const figures = await paired(perCpuSecond(pushers.ads), perCpuSecond(pushers.plain))
    const cues = await Promise.all(endpoints.map(async (parent) => /CUE-/.test(await firstPlaylist(parent))))
    if (`${cues}` !== 'false,true') throw new Error(`breaks are told of: ${cues}`)
    const unit = 'channels of 6.5 Mb/s per core'
    const peer = 'without messages'
    return { name: 'ingest of segments with SCTE-35', unit, peer, ...figures }
  } finally {
    for (const pusher of [...pushers.plain, ...pushers.ads]) pusher.close()
  }
}

async function benchMarkers({ windrow, client, loop }: Programme): Promise<readonly Measure[]> {
  const ingest = await createChannel(client, 'live')
  const urls: Record<string, string> = {}
  for (const AdMarkers of ['NONE', ...MARKERS] as const) {
    const settings = {
      PlaylistWindowSeconds: LISTED * SEGMENT_SECONDS,
      ProgramDateTimeIntervalSeconds: SEGMENT_SECONDS,
    }
    const parent = await createHlsEndpoint(client, 'live', `live-${AdMarkers}`, { ...settings, AdMarkers })
    urls[AdMarkers] = parent
  }
  const one = loop.map((rendition) => {
    const at = clockAt(rendition) + LIVE_BREAK.at * SEGMENT_SECONDS * TICKS
    return withSections(rendition, (number) => (number === LIVE_BREAK.at - 1 ? [out(1, at, LIVE_BREAK.seconds)] : []))
  })
  const pusher = new Pusher(ingest, one, Date.now() - DAY_MS / 8)
  await pusher.pushParent()
  while (pusher.published < LISTED + 2) await pusher.pushNext()
  await pusher.end()
  const paths: Record<string, string> = {}
  for (const [markers, parent] of Object.entries(urls)) {
    paths[markers] = renditionsOf((await fetchBytes(parent)).toString(), parent)[0]!.url
  }
  const sizes = Object.fromEntries(
    await Promise.all(Object.entries(paths).map(async ([markers, url]) => [markers, (await fetchBytes(url)).length])),
  ) as Record<string, number>
  const ask = (markers: string, seconds: number) =>
    load({ origin: windrow.url, paths: [new URL(paths[markers]!).pathname], connections: 32, seconds })
  const perCpuSecond = (markers: string) => async () => {
    const before = cpuSeconds(windrow.pid)
    const { answers } = await ask(markers, SECONDS)
    return answers / (cpuSeconds(windrow.pid) - before)
  }
  const measures: Measure[] = []
  for (const markers of MARKERS) {
    for (const each of ['NONE', markers]) await ask(each, 1)
    const figures = await paired(perCpuSecond(markers), perCpuSecond('NONE'))
    const name = `live playlist with markers, ${markers}`
    const note = `${sizes[markers]} against ${sizes['NONE']} bytes`
    const unit = 'requests per CPU second'
    measures.push({ name, unit, peer: 'without markers', ...figures, note })
  }
  return measures
}

async function openChannel(
  client: MediaPackageClient,
  id: string,
  loop: readonly LoopRendition[],
  AdMarkers: 'NONE' | 'SCTE35_ENHANCED',
): Promise<{ readonly pusher: Pusher; readonly parent: string }> {
  const ingest = await createChannel(client, id)
  const parent = await createHlsEndpoint(client, id, id, { SegmentDurationSeconds: SEGMENT_SECONDS, AdMarkers })
  const pusher = new Pusher(ingest, loop, Date.now() - DAY_MS / 8)
  await pusher.pushParent()
  return { pusher, parent }
}

async function firstPlaylist(parent: string): Promise<string> {
  const [rendition] = renditionsOf((await fetchBytes(parent)).toString(), parent)
  return (await fetchBytes(rendition!.url)).toString()
}

type SignallingLoop = LoopRendition & {
  /** Unless it signals, with null packets in place of its messages. */
  segment(number: number, signals?: boolean): Buffer
}

/** A heartbeat in each segment, and messages of breaks that are repeated until these begin. */
function signallingLoop(rendition: LoopRendition): SignallingLoop {
  const clock = clockAt(rendition)
  return withSections(rendition, (number) => {
    const heartbeat = spliceSection({ command: spliceNull() })
    if (number % BREAK_EVERY < 3) return [heartbeat]
    const next = (Math.floor(number / BREAK_EVERY) + 1) * BREAK_EVERY
    return [heartbeat, out(next, clock + next * SEGMENT_SECONDS * TICKS, BREAK_SECONDS)]
  })
}

function out(id: number, at: number, seconds: number): Buffer {
  const timing = { at: at % 2 ** 33, break: { autoReturn: true, duration: seconds * TICKS } }
  return spliceSection({ command: spliceInsert({ id, isOut: true, ...timing }) })
}

/** PTS at which the loop begins. */
function clockAt(rendition: LoopRendition): number {
  const pictures = readMultiplex(rendition.segment(0)).packets.flatMap(({ streamId, pts }) =>
    streamId >> 4 === 0xe && pts !== undefined ? pts : [],
  )
  return Math.min(...pictures)
}

/** Each segment with a packet of sections, whose place is found once: what encoders here do must cost no time. */
function withSections(rendition: LoopRendition, sectionsOf: (number: number) => readonly Buffer[]): SignallingLoop {
  const [empty] = packed([spliceSection({ command: spliceNull() })], { pid: SPLICE_PID, before: 4 })
  const loop = Array.from({ length: 8 }, (_, number) =>
    writeMultiplex(withSplices(readMultiplex(rendition.segment(number)), [empty!]), new Map()),
  )
  const places = loop.map((ts) => placeOf(ts))
  return {
    ...rendition,
    segment(number, signals = true) {
      const rounds = Math.floor(number / loop.length)
      const ts = delayed(loop[number % loop.length]!, rounds * loop.length * rendition.segmentSeconds * TICKS)
      const at = places[number % loop.length]!
      if (!signals) ts.writeUInt16BE(0x1fff, at + 1)
      const sections = sectionsOf(number)
      if (!signals || sections.length === 0) return ts
      const [packet, ...more] = packed(sections, { pid: SPLICE_PID, before: 0 })
      if (!packet || more.length > 0) throw new Error('the sections of a segment need more than a packet')
      packet.payload.copy(ts, at + 4)
      return ts
    },
  }
}

function placeOf(ts: Buffer): number {
  for (let at = 0; at < ts.length; at += PACKET) if ((ts.readUInt16BE(at + 1) & 0x1fff) === SPLICE_PID) return at
  throw new Error('no packet of messages')
}
