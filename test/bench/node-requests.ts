import type { LoopRendition } from '../judges/loop.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { deploy, RENDITIONS, remove, type Stores, segmentPaths } from './deployments.ts'
import type { Measure } from './measure.ts'

const SLOTS = 10

/** Requests to S3 for a segment that comes in, and for one that is asked for on every node, several times. */
export async function requestMeasures(stores: Stores, loop: readonly LoopRendition[]): Promise<Measure[]> {
  const asked = new Map<string, number>()
  const noted = ({ method }: { method: string }) => void asked.set(method, (asked.get(method) ?? 0) + 1)
  const proxy = await startFaultProxy(stores.swift.endpoint, () => undefined, noted)
  const deployment = await deploy(stores, loop, 'three nodes', { channels: 1, s3Url: proxy.url })
  const measured = async (
    name: string,
    count: number,
    peer: string,
    peerValue: number,
    work: () => Promise<unknown>,
  ) => {
    asked.clear()
    await work()
    const value = [...asked.values()].reduce((sum, requests) => sum + requests, 0) / count
    const note = [...asked].map(([method, requests]) => `${method} ${(requests / count).toFixed(2)}`).join(', ')
    return { name, value, unit: 'requests', peer, peerValue, ratio: peerValue / value, note } satisfies Measure
  }
  try {
    const [channel] = deployment.channels
    const taken = await measured('S3 requests of a segment taken in', SLOTS * RENDITIONS, 'one', 1, async () => {
      for (let slot = 0; slot < SLOTS; slot++) await channel!.pusher.pushNext()
    })
    const paths = await segmentPaths(deployment, channel!)
    const shown = await measured(
      'S3 requests of a live segment, three nodes',
      paths.length,
      'one for each node',
      3,
      async () => {
        for (const path of paths) {
          for (const { url } of deployment.nodes) await Promise.all([1, 2, 3].map(() => fetchBytes(`${url}${path}`)))
        }
      },
    )
    return [taken, shown]
  } finally {
    await remove(deployment)
    proxy.stop()
  }
}
