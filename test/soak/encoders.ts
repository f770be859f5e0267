import { judgeWatched, longestOf, totalOf, type Viewing, watchEncodersInTurn } from '../e2e/encoders-in-turn.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'encoders'

const SECONDS = 180

const VIEWINGS: readonly Viewing[] = [
  { engine: 'hls.js', output: 'hls' },
  { engine: 'hls.js', output: 'cmaf' },
  { engine: 'shaka', output: 'cmaf' },
  { engine: 'shaka', output: 'dash-number' },
  { engine: 'dash.js', output: 'dash-number' },
  { engine: 'dash.js', output: 'dash-time' },
]

/** Three minutes of encoders that are killed in turn, with every player at once. */
export async function run({ seed, log }: SoakContext): Promise<Record<string, string | number>> {
  const { watched, ...counts } = await watchEncodersInTurn({ seed, seconds: SECONDS, viewings: VIEWINGS, log })
  const figures: Record<string, string | number> = { seconds: SECONDS, ...counts }
  for (const { engine, output, stalls, jumps, frames, dropped, errors } of watched) {
    const stood = `${stalls.length} stalls, the longest ${longestOf(stalls).toFixed(2)} s, ${totalOf(stalls).toFixed(2)} s in all`
    figures[`${engine}, ${output}`] = `${stood}; ${jumps.length} jumps; ${frames} frames, ${dropped} dropped`
    log(`${engine}, ${output}: ${figures[`${engine}, ${output}`]}`)
    for (const { at, seconds, ahead } of stalls)
      log(`  ${seconds.toFixed(2)} s at ${at.toFixed(2)}, ${ahead.toFixed(2)} s in hand`)
    for (const error of errors) log(`  ${error}`)
  }
  judgeWatched(watched, SECONDS)
  return figures
}
