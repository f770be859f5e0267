import { join } from 'node:path'
import { startBroadcast, VIEWINGS } from '../e2e/live-players.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'players'

const MINUTE = 60
/** Of watching before and after each change: four levels and places make a minute of it. */
const SECONDS = 15

/** Every player watches a live channel for a minute and more: at its edge, at every level, and further back. */
export async function run({ log, folder }: SoakContext): Promise<Record<string, string | number>> {
  const broadcast = await startBroadcast(VIEWINGS.length * 3 * MINUTE)
  const screens = folder()
  try {
    let frames = 0
    for (const { engine, output } of VIEWINGS) {
      const screenshot = join(screens, `${engine}-${output}.png`)
      const playback = await broadcast.play(engine, output, SECONDS, { switches: true, seekBack: 20, screenshot })
      log(`${engine}, ${output}: ${playback.frames} frames, ${playback.dropped} dropped`)
      frames += playback.frames
    }
    return { viewings: VIEWINGS.length, 'frames played': frames }
  } finally {
    await broadcast.stop()
  }
}
