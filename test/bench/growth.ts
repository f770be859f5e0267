import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { utcMs } from '../../src/media/time.ts'
import { createHlsEndpoint } from '../judges/aws.ts'
import { residentMemory } from '../judges/memory.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf } from '../judges/playlists.ts'
import type { Pusher } from '../judges/pusher.ts'
import { prepare } from './fortnight.ts'
import { DAY_MS, writeDays } from './fortnight-past.ts'
import { load } from './get-load.ts'
import { LADDER } from './harvest-hour.ts'
import { harvest } from './harvesting.ts'
import { closedLoop, pace } from './ingesting.ts'
import { waited } from './manifest-rounds.ts'
import { cpuSeconds, exponentOf, exponentText, type Measure, median } from './measure.ts'
import { openChannel, type Programme, SEGMENT_SECONDS, startProgramme } from './programme.ts'

/** A decade apart. */
const CHANNELS = [4, 40] as const
const VIEWERS = [20, 200] as const
const DAYS = [1, 10] as const
const GIGABYTES = [0.2, 2] as const

/** Segments of each channel that are measured; the fewer channels, the longer, since the kernel counts in ticks. */
const INGESTED = { few: 15, many: 8 }
/** Rounds of a segment, in each of which a viewer asks for a playlist and the newest segment. */
const WATCHED = { few: 12, many: 6 }
const COLD_MINUTES = 20
const MEMORY = 'memory of the process'

type Sizes = readonly [number, number]
/** A figure of each kind. */
type Costs = Readonly<Record<string, number>>

/** What work costs, at two sizes that are a decade apart, each in a process of its own. */
export async function benchGrowth(): Promise<Measure[]> {
  return [
    ...(await grown('live ingest', 'channels', CHANNELS, ingestOf)),
    ...(await grown('playing live', 'viewers', VIEWERS, viewingOf)),
    ...(await grown('an archive', 'days', DAYS, archiveOf)),
    ...(await grown('a harvest', 'GB', GIGABYTES, harvestOf)),
  ]
}

const UNITS: Readonly<Record<string, string>> = {
  CPU: 's',
  'CPU a second': 'ms',
  index: 'MiB',
  'cold playlist of a minute': 'ms',
}

/** A measure of each cost: the peer is the less work, and the ratio tells how much less a unit of the more costs. */
async function grown(
  work: string,
  of: string,
  sizes: Sizes,
  costsOf: (size: number, isFew: boolean) => Promise<Costs>,
): Promise<Measure[]> {
  const [few, many] = [await costsOf(sizes[0], true), await costsOf(sizes[1], false)]
  return Object.entries(many).map(([cost, value]) => {
    const peerValue = few[cost]!
    return {
      name: `${work}, ${cost}`,
      value,
      unit: UNITS[cost] ?? 'MiB',
      peer: `${sizes[0]} instead of ${sizes[1]} ${of}`,
      peerValue,
      ratio: sizes[1] / sizes[0] / (value / peerValue),
      note: `exponent ${exponentText(exponentOf(sizes, [peerValue, value]))}`,
      growth: { of, sizes },
    }
  })
}

/** Channels of 6.5 Mb/s at the pace of the clock, durable before each answer. */
async function ingestOf(channels: number, isFew: boolean): Promise<Costs> {
  const programme = await startProgramme({ WINDROW_MAX_CHANNELS: '1000' })
  const pushers: Pusher[] = []
  try {
    for (let n = 0; n < channels; n++) pushers.push(await openChannel(programme, `tv-${n}`))
    // Until the code is compiled.
    await closedLoop(pushers.slice(0, CHANNELS[0]), 3)
    await pace(pushers, 1)
    const segments = isFew ? INGESTED.few : INGESTED.many
    return await costOfSeconds(programme, segments * SEGMENT_SECONDS, () => pace(pushers, segments))
  } finally {
    for (const pusher of pushers) pusher.close()
    await programme.windrow.kill()
  }
}

/** Viewers of one live channel, beyond what its encoder costs. */
async function viewingOf(viewers: number, isFew: boolean): Promise<Costs> {
  const programme = await startProgramme()
  const pusher = await openChannel(programme, 'tv')
  try {
    const settings = { SegmentDurationSeconds: SEGMENT_SECONDS, PlaylistWindowSeconds: 30 }
    const parent = await createHlsEndpoint(programme.client, 'tv', 'tv', settings)
    for (let n = 0; n < 20; n++) await pusher.pushNext()
    const { url } = renditionsOf((await fetchBytes(parent)).toString(), parent)[0]!
    const rounds = isFew ? WATCHED.few : WATCHED.many
    const watched = (count: number) => () => Promise.all([pace([pusher], rounds), watching(url, count, rounds)])
    // Until the code is compiled.
    const { segments } = await fetchMediaPlaylist(url)
    const paths = [url, new URL(segments.at(-1)!.uri, url).href].map((each) => new URL(each).pathname)
    await load({ origin: programme.windrow.url, paths, connections: 8, seconds: 2 })
    const seconds = rounds * SEGMENT_SECONDS
    const alone = await costOfSeconds(programme, seconds, watched(0))
    const all = await costOfSeconds(programme, seconds, watched(viewers))
    // What takes less than the kernel counts by still takes something.
    return { ...all, 'CPU a second': Math.max(10 / seconds, all['CPU a second']! - alone['CPU a second']!) }
  } finally {
    pusher.close()
    await programme.windrow.kill()
  }
}

/** Viewers, spread over a segment, who ask for the playlist and for the last segment that it lists. */
async function watching(url: string, viewers: number, rounds: number): Promise<void> {
  const began = performance.now()
  const one = async (_: unknown, index: number) => {
    for (let round = 0; round < rounds; round++) {
      const due = (index / viewers + round) * SEGMENT_SECONDS * 1000
      await sleep(Math.max(0, due - (performance.now() - began)))
      const { segments } = await fetchMediaPlaylist(url)
      await fetchBytes(`${new URL(segments.at(-1)!.uri, url)}`)
    }
  }
  await Promise.all(Array.from({ length: viewers }, one))
}

/** Two-second segments of five renditions: what their index weighs, and what a minute costs that nobody asked for. */
async function archiveOf(days: number): Promise<Costs> {
  const { windrow, guids, live } = await prepare()
  try {
    await windrow.stop()
    const end = utcMs(Math.floor(Date.now() / 1000) * 1000)
    const { channelGuid, ingestEndpointId, hls, dash } = guids
    await writeDays(days, windrow.dataFolder, hls, { channelGuid, ingestEndpointId }, end, [dash])
    await windrow.start()
    for (let n = 0; n < 200; n++) await fetchBytes(windrow.url + live)
    const minutes: number[] = []
    for (let n = 1; n <= COLD_MINUTES; n++) {
      // Evenly over all that is kept.
      const until = end / 1000 - Math.floor((n * days * DAY_MS) / 1000 / (COLD_MINUTES + 1))
      const path = `/out/v1/${hls}/start/${until - 60}/end/${until}/index_1.m3u8`
      minutes.push(await waited(() => fetchBytes(windrow.url + path)))
    }
    return {
      index: statSync(join(windrow.dataFolder, 'windrow.db')).size / 2 ** 20,
      [MEMORY]: residentMemory(windrow.pid).now,
      'cold playlist of a minute': median(minutes),
    }
  } finally {
    await windrow.kill()
  }
}

/** Of three renditions, linked: every byte is read and proven. */
async function harvestOf(gigabytes: number): Promise<Costs> {
  const programme = await startProgramme({ WINDROW_MAX_HARVEST_JOBS: '1000' }, { television: LADDER })
  const { windrow, client } = programme
  try {
    const pusher = await openChannel(programme, 'tv')
    await createHlsEndpoint(client, 'tv', 'tv', { SegmentDurationSeconds: LADDER.segmentSeconds })
    while (pusher.bytesTaken < gigabytes * 1e9) await pusher.pushNext()
    await pusher.end()
    await windrow.stop()
    await windrow.start()
    const window = { start: pusher.dateOf(0), end: pusher.dateOf(pusher.published) }
    const costs: number[] = []
    for (let round = 0; round < 3; round++) {
      const { cpu } = await harvest(programme, `round-${round}`, 'tv', window)
      costs.push(cpu)
    }
    return { CPU: median(costs), [MEMORY]: windrow.peakMemory }
  } finally {
    await windrow.kill()
  }
}

async function costOfSeconds({ windrow }: Programme, seconds: number, work: () => Promise<unknown>): Promise<Costs> {
  const before = cpuSeconds(windrow.pid)
  await work()
  return {
    'CPU a second': ((cpuSeconds(windrow.pid) - before) / seconds) * 1000,
    [MEMORY]: residentMemory(windrow.pid).now,
  }
}
