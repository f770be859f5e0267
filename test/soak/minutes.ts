import { judgeEndpoint, playWithFfmpeg, startLiveSession } from '../e2e/live-session.ts'
import { Player } from '../judges/player.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'minutes'

const MINUTES = 10

/** The live test of the gate, for minutes: what goes in comes out, and plays all the while. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const session = await startLiveSession(MINUTES * 60)
  const player = await Player.start()
  try {
    const [muxed] = session.endpoints
    await session.onAir()
    const ffmpeg = playWithFfmpeg(muxed!.url)
    const playback = await player.playLive('hls.js', muxed!.url, MINUTES * 60 - 60)
    log(`hls.js: ${playback.frames} frames, ${playback.dropped} dropped`)
    const code = await ffmpeg.ended
    if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${ffmpeg.said().slice(-4000)}`)
    let packets = 0
    for (const endpoint of session.endpoints) {
      const compared = await judgeEndpoint(session, endpoint)
      log(`${endpoint.name}: ${compared} packets compared`)
      packets += compared
    }
    const peakMemory = Math.round(session.windrow.peakMemory)
    return { minutes: MINUTES, 'packets compared': packets, 'frames played': playback.frames, 'peak MiB': peakMemory }
  } finally {
    await player.stop()
    session.encoder.child.kill('SIGKILL')
    await session.windrow.stop()
  }
}
