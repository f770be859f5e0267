import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startNginx } from '../judges/nginx.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { temporaryFolder } from '../judges/processes.ts'
import type { Windrow } from '../judges/windrow.ts'
import { type Measure, median, quantile, SERVED_ON } from './measure.ts'

/** Times a manifest is asked for again. */
const WARM = 3

/** `watchedAs`: what is said of the live playlist beside it. */
export type AskedManifest = { readonly name: string; readonly path: string; readonly watchedAs?: string }

/**
 * Manifests of the past: asked for the first time after a start, when nothing of them is in memory, and again; and what
 * viewers of the live playlist notice beside those that are watched. nginx has the same bytes as files. Windrow does
 * not run before, nor after.
 */
export async function manifestRounds(
  windrow: Windrow,
  live: string,
  manifests: readonly AskedManifest[],
  rounds: number,
): Promise<Measure[]> {
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
    await windrow.start()
    for (const path of [live, ...manifests.map((each) => each.path)])
      keep(root, path, await fetchBytes(windrow.url + path))
    await windrow.stop()
    for (let round = 0; round < rounds; round++) {
      for (const { name, path, watchedAs } of manifests) {
        await windrow.start()
        // Connections made, code of the live path compiled.
        for (let i = 0; i < 200; i++) await fetchBytes(windrow.url + live)
        const watching = watchedAs ? [watch(windrow.url + live), watch(nginx.url + live)] : []
        const ask = (origin: string) => waited(() => fetchBytes(origin + path))
        note(`${name}, cold`, [await ask(windrow.url)], [await ask(nginx.url)])
        const waits = await Promise.all(watching.map((each) => each.stop()))
        for (let i = 0; i < WARM; i++) note(`${name}, warm`, [await ask(windrow.url)], [await ask(nginx.url)])
        if (watchedAs) note(`${watchedAs}, p99`, p99(waits[0]!), p99(waits[1]!))
        await windrow.stop()
      }
    }
  } finally {
    await nginx.stop()
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

export async function waited(work: () => Promise<unknown>): Promise<number> {
  const asked = performance.now()
  await work()
  return performance.now() - asked
}

/** Asks again and again until it is stopped; gives how long each answer took. */
export function watch(url: string | (() => string)): { stop(): Promise<readonly number[]> } {
  const waits: number[] = []
  let isStopped = false
  const watching = (async () => {
    while (!isStopped || waits.length < 100) {
      waits.push(await waited(() => fetchBytes(typeof url === 'string' ? url : url())))
      await sleep(3)
    }
  })()
  // Whoever stops it hears of it. Where another fault is the reason, nobody does, and that one is to be told.
  watching.catch(() => {})
  return {
    async stop() {
      isStopped = true
      await watching
      return waits
    },
  }
}
