/** Players on a live channel whose endpoints are encrypted, with keys of Windrow's own key server. */
import { setTimeout as sleep } from 'node:timers/promises'
import { keyIdOf } from '../../src/keys/asked-keys.ts'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import type { Playback, Watched } from '../judges/playback.ts'
import { type Engine, Player, type Unlocking, type Watching } from '../judges/player.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { createProtectedEndpoints, KEY_SERVER, labKey } from './protected-endpoints.ts'

/**
 * Each player with the encrypted outputs that it plays; it `asks` for licences, `knows` all keys before, as dash.js
 * must where they change, or gets them by the playlist alone.
 */
export const PROTECTED_VIEWINGS: readonly ProtectedViewing[] = [
  { engine: 'hls.js', output: 'aes-128' },
  { engine: 'hls.js', output: 'sample-aes' },
  { engine: 'hls.js', output: 'cbcs-clear-key', asks: true },
  { engine: 'hls.js', output: 'cenc', asks: true },
  { engine: 'shaka', output: 'aes-128' },
  { engine: 'shaka', output: 'cbcs' },
  { engine: 'shaka', output: 'dash', asks: true },
  { engine: 'dash.js', output: 'dash', knows: true },
]

export type ProtectedViewing = {
  readonly engine: Engine
  readonly output: string
  readonly asks?: boolean
  readonly knows?: boolean
}

/** Seconds of media when players come. */
const BEFORE = 30

export type ProtectedBroadcast = {
  play(viewing: ProtectedViewing, seconds: number, seekBack: number): Promise<Playback>
  /** Watches until `over` resolves. */
  watch(viewing: ProtectedViewing, over: Promise<unknown>, watching?: Watching): Promise<Watched>
  readonly windrow: Windrow
  stop(): Promise<void>
}

/** The keys of a resource's key periods, from a minute ago until in ten. */
function keysOf(resourceId: string, rotation: number): Record<string, string> {
  const seconds = Date.now() / 1000
  const [first, last] = [seconds - 60, seconds + 600].map((at) => (rotation === 0 ? 0 : Math.floor(at / rotation)))
  const kids = Array.from({ length: last! - first! + 1 }, (_, n) => keyIdOf(resourceId, first! + n, 'ALL'))
  return Object.fromEntries(kids.map((kid) => [kid.replaceAll('-', ''), labKey(kid).toString('hex')]))
}

/**
 * A channel for some viewings, whose keys change every `rotation` seconds where they can; a source segment comes each
 * second.
 */
export async function startProtectedBroadcast(
  rotation: number,
  viewings = PROTECTED_VIEWINGS,
): Promise<ProtectedBroadcast> {
  const [loop, windrow, player] = await Promise.all([
    encodeLoop(),
    Windrow.start({ environment: KEY_SERVER }),
    Player.start(),
  ])
  const client = mediaPackage(windrow)
  const ingest = await createChannel(client, 'live')
  const names = [...new Set(viewings.map(({ output }) => output))]
  const urls = await createProtectedEndpoints(client, windrow.url, 'live', { rotation, names })
  const firstDate = Math.floor(Date.now() / 1000 - BEFORE) * 1000
  const pusher = new Pusher(ingest, loop, firstDate)
  await pusher.pushParent()
  while (pusher.published < BEFORE) await pusher.pushNext()
  let isOver = false
  const pushing = (async () => {
    while (!isOver) {
      await sleep(Math.max(0, pusher.dateOf(pusher.published + 1) - Date.now()))
      if (!isOver) await pusher.pushNext()
    }
  })()
  pushing.catch(() => {})
  await eventually('every manifest', async () => {
    const answers = await Promise.all([...urls.values()].map((url) => fetch(url)))
    await Promise.all(answers.map((answer) => answer.arrayBuffer()))
    return answers.every(({ ok }) => ok) || undefined
  })
  const unlockingOf = ({ asks, knows, output }: ProtectedViewing): Unlocking => {
    if (knows) return { keys: keysOf(`live/${output}`, rotation) }
    return asks ? { licences: `${windrow.url}/windrow/v1/keys/clearkey` } : {}
  }
  const urlOf = ({ output }: ProtectedViewing) => urls.get(output)!
  return {
    windrow,
    play: (viewing, seconds, seekBack) =>
      player.playLive(viewing.engine, urlOf(viewing), seconds, { seekBack, unlocking: unlockingOf(viewing) }),
    watch: (viewing, over, watching = {}) =>
      player.watch(viewing.engine, urlOf(viewing), over, { ...watching, unlocking: unlockingOf(viewing) }),
    async stop() {
      isOver = true
      pusher.close()
      await pushing.catch(() => {})
      await player.stop()
      await windrow.stop()
    },
  }
}
