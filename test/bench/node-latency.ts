import type { LoopRendition } from '../judges/loop.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { type Pusher, segmentName } from '../judges/pusher.ts'
import { type Deployment, type Form, openChannel } from './deployments.ts'
import { type Measure, quantile } from './measure.ts'

const ROUNDS = 3
const SLOTS = 15
const COMPARED: readonly (readonly [Form, Form])[] = [
  ['one node', 'embedded'],
  ['two nodes', 'one node'],
  ['three nodes', 'one node'],
]

/**
 * From the moment an encoder sends the last of five playlists that list a segment to the first node, until a player who
 * asks the last node from its answer on has that segment whole.
 */
export async function latencyMeasures(
  deployments: readonly Deployment[],
  loop: readonly LoopRendition[],
): Promise<Measure[]> {
  const times = new Map<Form, number[]>()
  const stations = await Promise.all(
    deployments.map(async ({ form, nodes }) => {
      const { pusher, playlists } = await openChannel(nodes.slice(0, 1), loop, 'latency')
      return { form, pusher, playlist: `${nodes.at(-1)!.url}${playlists.at(-1)!}` }
    }),
  )
  try {
    for (let round = -1; round < ROUNDS; round++) {
      for (const { form, pusher, playlist } of stations) {
        for (let slot = 0; slot < SLOTS; slot++) {
          const time = await publish(pusher, playlist)
          if (round >= 0) times.set(form, [...(times.get(form) ?? []), time])
        }
      }
    }
  } finally {
    for (const { pusher } of stations) pusher.close()
  }
  return COMPARED.flatMap(([form, peer]) =>
    [0.5, 0.99].map((part): Measure => {
      const [value, peerValue] = [quantile(times.get(form)!, part), quantile(times.get(peer)!, part)]
      const name = `PUT to playable on the last node, p${part * 100}, ${form}`
      return { name, value, unit: 'ms', peer, peerValue, ratio: peerValue / value }
    }),
  )
}

/** Milliseconds. */
async function publish(pusher: Pusher, playlist: string): Promise<number> {
  const number = pusher.published
  const last = pusher.renditions.at(-1)!
  const put = async (name: string, body: Uint8Array) => {
    const answer = await pusher.put(name, body)
    if (answer.status < 200 || answer.status >= 300)
      throw new Error(`a PUT was answered ${answer.status}: ${answer.body}`)
  }
  for (const { name, segment } of pusher.renditions) {
    await put(segmentName(name, number), segment(number))
    if (name !== last.name) await pusher.pushPlaylist(name, number)
  }
  const before = await lastSegment(playlist)
  const began = performance.now()
  await put(`channel-${last.name}.m3u8`, pusher.playlist(last.name, number))
  pusher.published++
  let url: string | undefined
  do url = await lastSegment(playlist)
  while (url === before)
  await fetchBytes(url!)
  return performance.now() - began
}

/** The URL on the last line of a playlist; none while there is no playlist. */
async function lastSegment(url: string): Promise<string | undefined> {
  const response = await fetch(url)
  const text = await response.text()
  return response.ok ? `${new URL(text.trimEnd().split('\n').at(-1)!, url)}` : undefined
}
