import { apiOf } from '../judges/aws.ts'
import { fetchBytes } from '../judges/playlists.ts'
import type { Windrow } from '../judges/windrow.ts'
import { waited, watch } from './manifest-rounds.ts'
import { type Measure, median, quantile } from './measure.ts'

/** As many pixels as a timeline is wide, each a step of its resolution. */
const PIXELS = 1500
const ROUNDS = 3
/** Requests of each view in a round, beside as many of the live playlist. */
const ASKED = 40
const MINUTE_MS = 60_000

/** Views of a channel's timeline that ends at `ends`: of all of it, of a day, and of a minute with its pictures. */
type Asked = { readonly channelId: string; readonly live: string; readonly begins: number; readonly ends: number }

/**
 * A channel's timeline, as wide as a screen: asked for the first time after a start, and again in turns with the live
 * playlist, which others watch. Windrow does not run before, nor after.
 */
export async function timelineRounds(
  windrow: Windrow,
  { channelId, live, begins, ends }: Asked,
  name = 'fortnight',
): Promise<Measure[]> {
  const api = apiOf(windrow)
  const iso = (time: number) => new Date(time).toISOString()
  const view = (start: number, end: number) => {
    const query = { startTime: iso(start), endTime: iso(end), resolutionSeconds: `${(end - start) / 1000 / PIXELS}` }
    return waited(() => api.ask('GET', `channels/${channelId}/timeline`, { query }))
  }
  const anywhere = (i: number) => Math.floor(begins + (ends - begins - MINUTE_MS) * ((i * 0.618_034) % 1))
  const views = {
    whole: () => view(begins, ends),
    day: (i: number) => view(Math.max(begins, anywhere(i) - 43_200_000), Math.min(ends, anywhere(i) + 43_200_000)),
    minute: (i: number) => view(anywhere(i), anywhere(i) + MINUTE_MS),
  }
  const figures = { whole: [] as number[], day: [] as number[], minute: [] as number[] }
  const cold = { whole: [] as number[], minute: [] as number[] }
  const playlist: number[] = []
  const waits = { quiet: [] as number[], cold: [] as number[], warm: [] as number[] }
  const beside = async (into: number[], work: () => Promise<void>) => {
    const watching = watch(windrow.url + live)
    await work()
    into.push(quantile(await watching.stop(), 0.99))
  }
  const warmUp = async () => {
    for (let i = 0; i < 200; i++) await fetchBytes(windrow.url + live)
  }
  for (let round = 0; round < ROUNDS; round++) {
    await windrow.start()
    await warmUp()
    cold.minute.push(await views.minute(round + 1))
    await windrow.stop()
    await windrow.start()
    await warmUp()
    await beside(waits.quiet, () => new Promise((resolve) => setTimeout(resolve, 2000)))
    await beside(waits.cold, async () => void cold.whole.push(await views.whole()))
    await beside(waits.warm, async () => {
      for (let i = 0; i < ASKED; i++) {
        for (const [each, ask] of Object.entries(views)) figures[each as keyof typeof figures].push(await ask(i))
        playlist.push(await waited(() => fetchBytes(windrow.url + live)))
      }
    })
    await windrow.stop()
  }
  const line = (what: string, values: readonly number[], peers: readonly number[], peer: string): Measure => {
    const [value, peerValue] = [median(values), median(peers)]
    return { name: `${name}, ${what}`, value, unit: 'ms', peer, peerValue, ratio: peerValue / value }
  }
  return [
    line('timeline of all of it, cold', cold.whole, playlist, 'the live playlist'),
    line('timeline of all of it, warm', figures.whole, playlist, 'the live playlist'),
    line('timeline of a day, warm', figures.day, playlist, 'the live playlist'),
    line('timeline of a minute, cold', cold.minute, playlist, 'the live playlist'),
    line('timeline of a minute, warm', figures.minute, playlist, 'the live playlist'),
    line('live playlist beside timelines, cold, p99', waits.cold, waits.quiet, 'without them'),
    line('live playlist beside timelines, warm, p99', waits.warm, waits.quiet, 'without them'),
  ]
}
