import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateOriginEndpointCommand, UpdateOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import { utcMs } from '../../src/media/time.ts'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { residentMemory } from '../judges/memory.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { eventually, temporaryFolder } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { clipRounds } from './clips.ts'
import { DAY_MS, DAY_SEGMENTS, DAYS, writeDays } from './fortnight-past.ts'
import { linkObjects } from './linked-objects.ts'
import { manifestRounds, waited, watch } from './manifest-rounds.ts'
import { type Measure, median, quantile, SERVED_ON } from './measure.ts'
import { endpointGuidOf, FIVE_RENDITIONS, inputAt, OBJECT_BYTES, pastKeys } from './past.ts'
import { SPANS } from './time-shift.ts'
import { timelineRounds } from './timelines.ts'

const ROUNDS = 3
const MEBIBYTE = 1024 * 1024

const ENDPOINTS = [
  { Id: 'tv-hls', HlsPackage: { SegmentDurationSeconds: 2, ProgramDateTimeIntervalSeconds: 60 } },
  { Id: 'tv-dash', DashPackage: { SegmentDurationSeconds: 2 } },
] as const

export type Subject = {
  readonly windrow: Windrow
  readonly hls: string
  readonly live: string
  readonly loopDelays: string
}

/**
 * A channel of fourteen days in segments of two seconds and five renditions, 604 800 output segments: how soon it is
 * there, what it weighs, how its manifests are answered, and what viewers notice while retention takes a day from it.
 */
export async function benchFortnight(): Promise<Measure[]> {
  const empty = await prepare()
  const full = await prepare()
  const { windrow, live } = full
  const { channelGuid, ingestEndpointId, hls, dash } = full.guids
  await empty.windrow.stop()
  await windrow.stop()
  const end = utcMs(Math.floor(Date.now() / 1000) * 1000)
  const writing = await waited(() =>
    writeDays(DAYS, windrow.dataFolder, hls, { channelGuid, ingestEndpointId }, end, [dash]),
  )
  console.log(`  a fortnight was written in ${(writing / 1000).toFixed(0)} s`)
  const databaseBytes = statSync(join(windrow.dataFolder, 'windrow.db')).size

  const path = (guid: string, seconds: number, name: string, until = end / 1000) =>
    `/out/v1/${guid}/start/${until - seconds}/end/${until}/${name}`
  const manifests = [
    ...SPANS.map(({ name, seconds }) => ({
      name: `fortnight, media playlist of ${name}`,
      path: path(hls, seconds, 'index_1.m3u8'),
      ...(seconds === 86_400 && { watchedAs: 'fortnight, live playlist beside a media playlist of 24 h' }),
    })),
    { name: 'fortnight, DASH manifest of 24 h', path: path(dash, 86_400, 'index.mpd') },
  ]
  try {
    const starts = await startUps(full, empty)
    const memory = await memories(
      full,
      empty,
      manifests.map((each) => each.path),
    )
    const shown = await manifestRounds(windrow, live, manifests, ROUNDS)
    const clips = await clipRounds(windrow, { endpointId: 'tv-hls', guid: hls, begins: end - DAYS * DAY_MS, ends: end })
    const timelines = await timelineRounds(windrow, { channelId: 'tv', live, begins: end - DAYS * DAY_MS, ends: end })
    const mediaBytes = DAY_SEGMENTS * FIVE_RENDITIONS.length * OBJECT_BYTES
    return [
      ...starts,
      ...memory,
      {
        name: 'fortnight, database per channel-day',
        value: databaseBytes / DAYS / MEBIBYTE,
        unit: 'MiB',
        peer: 'the segments it is the index of',
        peerValue: mediaBytes / MEBIBYTE,
        ratio: (mediaBytes * DAYS) / databaseBytes,
      },
      ...shown,
      ...clips,
      ...timelines,
      ...(await retention(full, (n) => path(hls, 60, 'index_1.m3u8', end / 1000 - 60 * n))),
    ]
  } catch (error) {
    console.log(windrow.log)
    throw error
  } finally {
    await windrow.kill()
    await empty.windrow.kill()
  }
}

/** A server with a channel that nothing was sent to. */
export async function prepare(environment: Readonly<Record<string, string>> = {}) {
  const loopDelays = join(temporaryFolder('loop'), 'delay')
  const preloaded = fileURLToPath(new URL('loop-delay.ts', import.meta.url))
  const windrow = await Windrow.start({
    under: SERVED_ON,
    environment: {
      WINDROW_LOG_LEVEL: 'warn',
      WINDROW_RETENTION_GRACE: '0s',
      NODE_OPTIONS: `--import ${preloaded}`,
      LOOP_DELAY_FILE: loopDelays,
      ...environment,
    },
  })
  const client = mediaPackage(windrow)
  const { url } = await createChannel(client, 'tv')
  const create = async (endpoint: (typeof ENDPOINTS)[number]) => {
    const days = { ChannelId: 'tv', StartoverWindowSeconds: (DAYS * DAY_MS) / 1000 }
    const { Url } = await client.send(new CreateOriginEndpointCommand({ ...endpoint, ...days }))
    return endpointGuidOf(Url)
  }
  const [hls, dash] = [await create(ENDPOINTS[0]), await create(ENDPOINTS[1])]
  const guids = { ...inputAt(url), hls, dash }
  return { windrow, hls, live: `/out/v1/${hls}/index_1.m3u8`, guids, loopDelays }
}

/** From the start of the process until it has answered a viewer, be it that there is nothing to show. */
async function startUps(full: Subject, empty: Subject): Promise<Measure[]> {
  const figures = { full: [] as number[], empty: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, { windrow, live }] of Object.entries({ full, empty })) {
      const wait = await waited(async () => {
        await windrow.start()
        await (await fetch(windrow.url + live)).arrayBuffer()
      })
      figures[kind as keyof typeof figures].push(wait)
      await windrow.stop()
    }
  }
  const [value, peerValue] = [median(figures.full), median(figures.empty)]
  const name = 'fortnight, start to the first playlist'
  return [{ name, value, unit: 'ms', peer: 'with an empty index', peerValue, ratio: peerValue / value }]
}

/** What the process holds after the first playlist, and after the past was looked at, beside one that has nothing. */
async function memories(full: Subject, empty: Subject, past: readonly string[]): Promise<Measure[]> {
  const held = async ({ windrow, live }: Subject, paths: readonly string[]) => {
    await windrow.start()
    await (await fetch(windrow.url + live)).arrayBuffer()
    const started = residentMemory(windrow.pid).now
    for (const path of paths) await fetchBytes(windrow.url + path)
    const asked = residentMemory(windrow.pid).now
    await windrow.stop()
    return { started, asked }
  }
  const [ours, theirs] = [await held(full, past), await held(empty, [])]
  const line = (name: string, value: number): Measure => {
    const note = `${(Math.max(0, value - theirs.started) / DAYS).toFixed(2)} MiB per channel-day`
    const peer = 'with an empty index'
    return { name, value, unit: 'MiB', peer, peerValue: theirs.started, ratio: theirs.started / value, note }
  }
  return [
    line('fortnight, memory after the first playlist', ours.started),
    line('fortnight, memory after playlists of 60 s, 1 h and 24 h and a DASH manifest of 24 h', ours.asked),
  ]
}

/** The window of a channel becomes a day shorter: what viewers of the live playlist notice until that day is gone. */
async function retention({ windrow, live, loopDelays }: Subject, minuteOf: (n: number) => string): Promise<Measure[]> {
  const objects = join(windrow.dataFolder, 'objects')
  rmSync(objects, { recursive: true, force: true })
  await windrow.start()
  // Gone with the last of them. The sweep after the start must not find them: nothing of the later days is there.
  const folder = dirname(linkObjects(objects, pastKeys(0, DAY_SEGMENTS, FIVE_RENDITIONS), 0))
  for (let i = 0; i < 200; i++) await fetchBytes(windrow.url + live)
  const longestHold = async () => {
    rmSync(loopDelays, { force: true })
    process.kill(windrow.pid, 'SIGUSR2')
    return eventually('the longest hold', () =>
      existsSync(loopDelays) ? Number(readFileSync(loopDelays, 'utf8')) || undefined : undefined,
    )
  }
  // A minute of the past that nobody has asked for yet: it waits for the index.
  let minutes = 0
  const past = () => `${windrow.url}${minuteOf(++minutes)}`
  const watchFor = async (work: () => Promise<unknown>) => {
    await longestHold()
    const watching = [watch(windrow.url + live), watch(past)] as const
    const took = await waited(work)
    const [waits, pasts] = await Promise.all(watching.map((each) => each.stop()))
    return { waits: waits ?? [], pasts: pasts ?? [], hold: await longestHold(), took }
  }
  const before = await watchFor(() => new Promise((resolve) => setTimeout(resolve, 5000)))
  const seconds = ((DAYS - 1) * DAY_MS) / 1000
  for (const endpoint of ENDPOINTS) {
    const command = new UpdateOriginEndpointCommand({ ...endpoint, StartoverWindowSeconds: seconds })
    await mediaPackage(windrow).send(command)
  }
  // Changes with each object that goes.
  const changedAt = () => statSync(folder, { throwIfNoEntry: false })?.mtimeMs
  const during = await watchFor(() =>
    eventually('the end of a day', () => (existsSync(folder) ? undefined : true), changedAt),
  )
  await windrow.stop()
  const line = (name: string, value: number, peerValue: number, note?: string): Measure => {
    const peer = 'before it'
    return { name, value, unit: 'ms', peer, peerValue, ratio: peerValue / value, ...(note !== undefined && { note }) }
  }
  const p99 = (waits: readonly number[]) => quantile(waits, 0.99)
  const took = `a day was gone after ${(during.took / 1000).toFixed(0)} s, of which up to 10 s before retention began`
  const longest = (waits: readonly number[]) => `longest ${Math.max(...waits).toFixed(0)} ms`
  return [
    line('live playlist while retention takes a day, p99', p99(during.waits), p99(before.waits), longest(during.waits)),
    line('cold minute while retention takes a day, p99', p99(during.pasts), p99(before.pasts), longest(during.pasts)),
    line('longest hold of the event loop while retention takes a day', during.hold, before.hold, took),
  ]
}
