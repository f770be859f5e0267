import { CreateOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import { utcMs } from '../../src/media/time.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { Windrow } from '../judges/windrow.ts'
import { manifestRounds } from './manifest-rounds.ts'
import { type Measure, SERVED_ON } from './measure.ts'
import { endpointGuidOf, inputAt, writePast } from './past.ts'

export const SPANS = [
  { name: '60 s', seconds: 60 },
  { name: '1 h', seconds: 3600 },
  { name: '24 h', seconds: 86_400 },
]
/** A day, in segments of two seconds. */
const SEGMENTS = 43_200
/** Each starts the server anew for every manifest. */
const ROUNDS = 3

/** Media playlists and a DASH manifest of the past of a channel that is a day old, in three renditions. */
export async function benchTimeShift(): Promise<Measure[]> {
  const windrow = await Windrow.start({ under: SERVED_ON, environment: { WINDROW_LOG_LEVEL: 'warn' } })
  const client = mediaPackage(windrow)
  const { url } = await createChannel(client, 'tv')
  const ingest = inputAt(url)
  const parent = await createHlsEndpoint(client, 'tv', 'tv', { ProgramDateTimeIntervalSeconds: 60 })
  const guid = endpointGuidOf(parent)
  const endpoint = { ChannelId: 'tv', Id: 'tv-dash', StartoverWindowSeconds: 86_400 }
  const DashPackage = { SegmentDurationSeconds: 2 }
  const { Url } = await client.send(new CreateOriginEndpointCommand({ ...endpoint, DashPackage }))
  const dash = endpointGuidOf(Url)
  await windrow.stop()
  const began = utcMs(Math.floor(Date.now() / 1000) * 1000 - SEGMENTS * 2000)
  await writePast(windrow.dataFolder, guid, ingest, began, SEGMENTS, { others: [dash] })

  const end = began / 1000 + SEGMENTS * 2
  const lists = SPANS.map(({ name, seconds }) => ({
    name: `time-shifted manifest, ${name}`,
    path: `/out/v1/${guid}/start/${end - seconds}/end/${end}/index_1.m3u8`,
    ...(seconds === 86_400 && { watchedAs: 'live playlist beside a window of 24 h' }),
  }))
  const day = `/out/v1/${dash}/start/${end - 86_400}/end/${end}/index.mpd`
  const manifests = [...lists, { name: 'time-shifted DASH manifest, 24 h', path: day }]
  try {
    return await manifestRounds(windrow, `/out/v1/${guid}/index_1.m3u8`, manifests, ROUNDS)
  } finally {
    await windrow.kill()
  }
}
