import { setTimeout as sleep } from 'node:timers/promises'
import type { LoopRendition } from '../judges/loop.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { type Deployment, openChannel } from './deployments.ts'
import { cpuSeconds, type Measure } from './measure.ts'

const SLOTS = 30
const IDLE_MS = 6000
/** Interval at which a player asks for a live playlist. */
const ASKED_MS = 100

/**
 * CPU of a node for each slot of a channel that another one takes in: while nobody asks this one for the channel, and
 * while players do, whose answers are taken off; beside the CPU of the other.
 */
export async function followingMeasures(
  { nodes }: Deployment,
  loop: readonly LoopRendition[],
): Promise<readonly Measure[]> {
  const [taking, following] = [nodes[0]!, nodes.at(-1)!]
  const { pusher, playlists } = await openChannel([taking], loop, 'followed')
  const url = `${following.url}${playlists[0]!}`
  const push = async () => {
    for (let slot = 0; slot < SLOTS; slot++) await pusher.pushNext()
  }
  try {
    await push()
    const idle = await spent(following.pid, () => sleep(IDLE_MS))
    const cpuBefore = cpuSeconds(taking.pid)
    const unasked = await spent(following.pid, push)
    const ofTaking = (cpuSeconds(taking.pid) - cpuBefore) * 1000
    await fetchBytes(url)
    const answering = await askedDuring(url, () => spent(following.pid, () => sleep(IDLE_MS)))
    const asked = await askedDuring(url, () => spent(following.pid, push))
    const idleRate = idle.cpu / idle.ms
    const answer = (answering.result.cpu - idleRate * answering.result.ms) / answering.count
    const line = (name: string, cpu: number): Measure => {
      const [value, peerValue] = [Math.max(cpu, 0.01) / SLOTS, ofTaking / SLOTS]
      return { name, value, unit: 'ms', peer: 'taking it in', peerValue, ratio: peerValue / value }
    }
    return [
      line('CPU of a slot that another node takes in', unasked.cpu - idleRate * unasked.ms),
      line(
        'CPU of a slot that another node takes in, watched',
        asked.result.cpu - idleRate * asked.result.ms - answer * asked.count,
      ),
      {
        name: 'CPU of an idle node',
        value: idleRate * 1000,
        unit: 'ms a second',
        peer: 'a twentieth of a core',
        peerValue: 50,
        ratio: 50 / (idleRate * 1000),
      },
    ]
  } finally {
    pusher.close()
  }
}

/** CPU and wall time of some work, in milliseconds. */
async function spent(
  pid: number,
  work: () => Promise<unknown>,
): Promise<{ readonly cpu: number; readonly ms: number }> {
  const [before, began] = [cpuSeconds(pid), performance.now()]
  await work()
  return { cpu: (cpuSeconds(pid) - before) * 1000, ms: performance.now() - began }
}

async function askedDuring<T>(
  url: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly count: number }> {
  let isOver = false
  const asking = (async () => {
    let count = 0
    for (; !isOver; count++) {
      await fetchBytes(url)
      await sleep(ASKED_MS)
    }
    return count
  })()
  const result = await work()
  isOver = true
  return { result, count: await asking }
}
