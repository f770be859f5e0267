import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { utcMs } from '../../src/media/time.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { temporaryFolder } from '../judges/belongings.ts'
import { startNginx } from '../judges/nginx.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { Windrow } from '../judges/windrow.ts'
import { type Measure, median, quantile, ROUNDS, SERVED_ON } from './measure.ts'
import { writePast } from './past.ts'

const SPANS = [
  { name: '60 s', seconds: 60 },
  { name: '1 h', seconds: 3600 },
  { name: '24 h', seconds: 86_400 },
]
/** A day, in segments of two seconds. */
const SEGMENTS = 43_200

/**
 * A media playlist of the past: asked for the first time after a start, when nothing of it is in memory, and again; and
 * what viewers of the live playlist notice meanwhile. nginx has the same bytes as files.
 */
export async function benchTimeShift(): Promise<Measure[]> {
  const windrow = await Windrow.start({ under: SERVED_ON, environment: { WINDROW_LOG_LEVEL: 'warn' } })
  const client = mediaPackage(windrow)
  const { url } = await createChannel(client, 'tv')
  const [channelGuid = '', ingestEndpointId = ''] = new URL(url).pathname.split('/').slice(3)
  const parent = await createHlsEndpoint(client, 'tv', 'tv', { ProgramDateTimeIntervalSeconds: 60 })
  const [, guid = ''] = /\/out\/v1\/(\w+)\//.exec(parent) ?? []
  await windrow.stop()
  const began = utcMs(Math.floor(Date.now() / 1000) * 1000 - SEGMENTS * 2000)
  await writePast(windrow.dataFolder, guid, { channelGuid, ingestEndpointId }, began, SEGMENTS)

  const path = (seconds: number) => {
    const end = began / 1000 + SEGMENTS * 2
    return `/out/v1/${guid}/start/${end - seconds}/end/${end}/index_1.m3u8`
  }
  const live = `/out/v1/${guid}/index_1.m3u8`
  const root = temporaryFolder('static')
  const nginx = await startNginx(`root ${root};`, SERVED_ON)
  const figures = new Map<string, { readonly ours: number[]; readonly theirs: number[] }>()
  const note = (name: string, ours: readonly number[], theirs: readonly number[]) => {
    const kept = figures.get(name) ?? { ours: [], theirs: [] }
    kept.ours.push(...ours)
    kept.theirs.push(...theirs)
    figures.set(name, kept)
  }
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const { name, seconds } of SPANS) {
        await windrow.start()
        if (round === 0) keep(root, path(seconds), await fetchBytes(windrow.url + path(seconds)))
        if (round === 0) keep(root, live, await fetchBytes(windrow.url + live))
        if (round === 0) await windrow.stop().then(() => windrow.start())
        // Connections made, code of the live path compiled.
        for (let i = 0; i < 200; i++) await fetchBytes(windrow.url + live)
        const watching = seconds === 86_400 ? [watch(windrow.url + live), watch(nginx.url + live)] : []
        const ask = (origin: string) => waited(() => fetchBytes(origin + path(seconds)))
        note(`time-shifted manifest, ${name}, cold`, [await ask(windrow.url)], [await ask(nginx.url)])
        const waits = await Promise.all(watching.map((each) => each.stop()))
        note(`time-shifted manifest, ${name}, warm`, [await ask(windrow.url)], [await ask(nginx.url)])
        if (waits.length > 0) note('live playlist beside a window of 24 h, p99', p99(waits[0]!), p99(waits[1]!))
        await windrow.stop()
      }
    }
  } finally {
    await nginx.stop()
    await windrow.kill()
  }
  return [...figures].map(([name, { ours, theirs }]) => {
    const [value, peerValue] = [median(ours), median(theirs)]
    return { name, value, unit: 'ms', peer: 'nginx static', peerValue, ratio: peerValue / value }
  })
}

const p99 = (waits: readonly number[]) => [quantile(waits, 0.99)]

function keep(root: string, path: string, bytes: Uint8Array): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), bytes)
}

async function waited(work: () => Promise<unknown>): Promise<number> {
  const asked = performance.now()
  await work()
  return performance.now() - asked
}

/** Asks again and again until it is stopped; gives how long each answer took. */
function watch(url: string): { stop(): Promise<readonly number[]> } {
  const waits: number[] = []
  let isStopped = false
  const watching = (async () => {
    while (!isStopped || waits.length < 100) {
      waits.push(await waited(() => fetchBytes(url)))
      await sleep(3)
    }
  })()
  return {
    async stop() {
      isStopped = true
      await watching
      return waits
    },
  }
}
