import { createChannel, mediaPackage } from '../judges/aws.ts'
import { encodeLadder, startPush } from '../judges/encoder.ts'
import type { Playback } from '../judges/playback.ts'
import { type Engine, Player, type Tour } from '../judges/player.ts'
import { firstRendition } from '../judges/playlists.ts'
import { eventually, temporaryFolder } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { OUTPUTS } from '../matrix/outputs.ts'

/** Every player, with every output it plays. */
export const VIEWINGS: readonly { readonly engine: Engine; readonly output: string }[] = [
  { engine: 'hls.js', output: 'hls' },
  { engine: 'hls.js', output: 'cmaf' },
  { engine: 'shaka', output: 'hls-groups' },
  { engine: 'shaka', output: 'cmaf' },
  { engine: 'shaka', output: 'dash-number' },
  { engine: 'dash.js', output: 'dash-number' },
  { engine: 'dash.js', output: 'dash-time' },
  { engine: 'dash.js', output: 'mss' },
]

/** A channel on air, served in every way. */
export type Broadcast = {
  /** Plays one output as `Player.playLive` does. */
  play(engine: Engine, output: string, seconds: number, tour?: Tour): Promise<Playback>
  stop(): Promise<void>
}

const LOOP_SECONDS = 32
/** Of media, when viewers come: what DASH is played behind the live edge, and a little to go back in. */
const SECONDS_BEFORE = 32

/** An encoder that goes on for so many seconds unless it is stopped; resolves when there is enough to go back in. */
export async function startBroadcast(seconds: number): Promise<Broadcast> {
  const encoded = await encodeLadder(LOOP_SECONDS)
  const windrow = await Windrow.start()
  const player = await Player.start()
  const client = mediaPackage(windrow)
  const ingest = await createChannel(client, 'live')
  const urls = new Map<string, string>()
  for (const output of OUTPUTS) urls.set(output.name, await output.create(client, 'live'))
  const times = Math.ceil(seconds / LOOP_SECONDS)
  const encoder = startPush({ ingest, copy: temporaryFolder('broadcast'), seconds, encoded, times })
  await eventually('every manifest', async () => {
    const answers = await Promise.all([...urls.values()].map((url) => fetch(url)))
    await Promise.all(answers.map((answer) => answer.arrayBuffer()))
    return answers.every(({ ok }) => ok) || undefined
  })
  await eventually(`${SECONDS_BEFORE} s of media`, async () => {
    const segments = await firstRendition(urls.get('hls')!)
    return segments.reduce((sum, { duration }) => sum + duration, 0) >= SECONDS_BEFORE || undefined
  })
  return {
    play: (engine, output, duration, tour = {}) => player.playLive(engine, urls.get(output)!, duration, tour),
    async stop() {
      encoder.child.kill('SIGKILL')
      await player.stop()
      await windrow.stop()
    },
  }
}
