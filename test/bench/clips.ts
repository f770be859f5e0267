import { apiOf } from '../judges/aws.ts'
import { fetchBytes } from '../judges/playlists.ts'
import type { Windrow } from '../judges/windrow.ts'
import { waited } from './manifest-rounds.ts'
import { type Measure, quantile } from './measure.ts'

const CLIPS = 200
const CLIP_MS = 60_000
/** Clips before the first that counts: connections made, code compiled. */
const WARMING = 20

type Clip = { readonly id: string; readonly urls: { readonly hls: string } }

/**
 * Clips of a minute anywhere in the past: from the request until a player has the parent playlist and a media playlist,
 * beside the same two playlists of the next minute as a time-shifted window. Windrow does not run before, nor after.
 */
export async function clipRounds(
  windrow: Windrow,
  asked: { readonly endpointId: string; readonly guid: string; readonly begins: number; readonly ends: number },
): Promise<Measure[]> {
  const { endpointId, guid, begins, ends } = asked
  const api = apiOf(windrow)
  const iso = (time: number) => new Date(time).toISOString()
  const figures = { ours: [] as number[], theirs: [] as number[] }
  await windrow.start()
  try {
    for (let i = 0; i < WARMING + CLIPS; i++) {
      // A golden section of the past each time: all of it, in no order.
      const start = Math.floor(begins + (ends - begins - 3 * CLIP_MS) * ((i * 0.618_034) % 1))
      const body = { originEndpointId: endpointId, startTime: iso(start), endTime: iso(start + CLIP_MS), cut: 'FRAME' }
      let made: Clip | undefined
      const ours = await waited(async () => {
        made = (await api.ask('POST', 'clips', { body })) as Clip
        await fetchBytes(made.urls.hls)
        await fetchBytes(made.urls.hls.replace('index.m3u8', 'index_1.m3u8'))
      })
      await api.ask('DELETE', `clips/${made!.id}`)
      const window = `start/${(start + CLIP_MS) / 1000}/end/${(start + 2 * CLIP_MS) / 1000}`
      const theirs = await waited(async () => {
        await fetchBytes(`${windrow.url}/out/v1/${guid}/${window}/index.m3u8`)
        await fetchBytes(`${windrow.url}/out/v1/${guid}/${window}/index_1.m3u8`)
      })
      if (i < WARMING) continue
      figures.ours.push(ours)
      figures.theirs.push(theirs)
    }
  } finally {
    await windrow.stop()
  }
  return [0.5, 0.99].map((part) => {
    const [value, peerValue] = [quantile(figures.ours, part), quantile(figures.theirs, part)]
    const name = `fortnight, clip of a minute, create to playable, p${part * 100}`
    return { name, value, unit: 'ms', peer: 'a time-shifted minute', peerValue, ratio: peerValue / value }
  })
}
