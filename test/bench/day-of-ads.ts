import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { Windrow } from '../judges/windrow.ts'
import { waited } from './manifest-rounds.ts'
import { cpuSeconds, type Measure, median, SERVED_ON } from './measure.ts'
import { endpointGuidOf, inputAt, writePast } from './past.ts'
import type { PastAds } from './past-ads.ts'

/** A day, in segments of two seconds. */
const SEGMENTS = 43_200
const ROUNDS = 3
/** Times a manifest is asked for again. */
const WARM = 3

/** Endpoints of a channel, by what is said of them. */
const KINDS = ['SCTE35_ENHANCED', 'DATERANGE', 'DASH'] as const
type Kind = (typeof KINDS)[number]

/**
 * Manifests of a day with ad markers beside those of the same day without any: asked for the first time after a start,
 * when nothing of them is in memory, and again.
 */
export async function benchDayOfAds(): Promise<Measure[]> {
  const windrow = await Windrow.start({ under: SERVED_ON, environment: { WINDROW_LOG_LEVEL: 'warn' } })
  const client = mediaPackage(windrow)
  const days = {
    'without ads': await prepare(client, 'plain', false),
    'of 12 breaks an hour': await prepare(client, 'breaks', true),
    'of 64 events that are always open': await prepare(client, 'open', true),
  }
  await windrow.stop()
  const began = utcMs(Math.floor(Date.now() / 1000) * 1000 - SEGMENTS * 2000)
  await days['without ads'].write(windrow, began)
  await days['of 12 breaks an hour'].write(windrow, began, 'breaks')
  await days['of 64 events that are always open'].write(windrow, began, '64 open')
  const figures = new Map<string, number[]>()
  const note = (name: string, figure: number) => figures.set(name, [...(figures.get(name) ?? []), figure])
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of KINDS) {
        for (const [what, { paths, live }] of Object.entries(days)) {
          await windrow.start()
          for (let i = 0; i < 200; i++) await fetchBytes(windrow.url + live)
          const ask = () => waited(() => fetchBytes(windrow.url + paths(began)[kind]))
          const before = cpuSeconds(windrow.pid)
          note(`${kind} ${what}, cold`, await ask())
          note(`${kind} ${what}, CPU`, 1000 * (cpuSeconds(windrow.pid) - before))
          for (let i = 0; i < WARM; i++) note(`${kind} ${what}, warm`, await ask())
          await windrow.stop()
        }
      }
    }
  } finally {
    await windrow.kill()
  }
  const others = Object.keys(days).slice(1)
  return KINDS.flatMap((kind) =>
    others.flatMap((what) =>
      ['cold', 'warm'].map((state): Measure => {
        const of = (figure: string) =>
          [what, 'without ads'].map((each) => median(figures.get(`${kind} ${each}, ${figure}`)!)) as [number, number]
        const [value, peerValue] = of(state === 'cold' ? 'CPU' : state)
        const name = `manifest of a day ${what}, ${kind}, ${state}`
        const unit = state === 'cold' ? 'ms of CPU' : 'ms'
        const note = state === 'cold' ? { note: `${of('cold').map(Math.round).join(' against ')} ms` } : {}
        return { name, value, unit, peer: 'without ads', peerValue, ratio: peerValue / value, ...note }
      }),
    ),
  )
}

/** A channel with an endpoint of each kind, which have markers or not. */
async function prepare(client: MediaPackageClient, id: string, hasMarkers: boolean) {
  const { url } = await createChannel(client, id)
  const hls = async (kind: 'SCTE35_ENHANCED' | 'DATERANGE') => {
    const settings = { ProgramDateTimeIntervalSeconds: 60, ...(hasMarkers && { AdMarkers: kind }) }
    return endpointGuidOf(await createHlsEndpoint(client, id, `${id}-${kind}`, settings))
  }
  const enhanced = await hls('SCTE35_ENHANCED')
  const ranges = await hls('DATERANGE')
  const { Url: dashUrl } = await client.send(
    new CreateOriginEndpointCommand({
      ChannelId: id,
      Id: `${id}-dash`,
      StartoverWindowSeconds: 86_400,
      DashPackage: { SegmentDurationSeconds: 2, ...(hasMarkers && { PeriodTriggers: ['ADS'] }) },
    }),
  )
  const dash = endpointGuidOf(dashUrl)
  const paths = (began: UtcMs): Record<Kind, string> => {
    const window = `start/${began / 1000}/end/${began / 1000 + SEGMENTS * 2}`
    return {
      SCTE35_ENHANCED: `/out/v1/${enhanced}/${window}/index_1.m3u8`,
      DATERANGE: `/out/v1/${ranges}/${window}/index_1.m3u8`,
      DASH: `/out/v1/${dash}/${window}/index.mpd`,
    }
  }
  const write = ({ dataFolder }: Windrow, began: UtcMs, ads?: PastAds) =>
    writePast(dataFolder, enhanced, inputAt(url), began, SEGMENTS, {
      others: [ranges, dash],
      ...(ads && { ads }),
    })
  return { paths, live: `/out/v1/${enhanced}/index_1.m3u8`, write }
}
