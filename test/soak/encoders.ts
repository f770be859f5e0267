import {
  inWords,
  judgeWatched,
  longestOf,
  totalOf,
  type Viewing,
  watchEncodersInTurn,
} from '../e2e/encoders-in-turn.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'encoders'

const SECONDS = 180

const VIEWINGS: readonly Viewing[] = [
  { engine: 'hls.js', output: 'hls', segmentSeconds: 2 },
  { engine: 'hls.js', output: 'cmaf', segmentSeconds: 2 },
  { engine: 'shaka', output: 'cmaf', segmentSeconds: 2 },
  { engine: 'shaka', output: 'dash-number', segmentSeconds: 4 },
  { engine: 'dash.js', output: 'dash-number', segmentSeconds: 4 },
  { engine: 'dash.js', output: 'dash-time', segmentSeconds: 2 },
]

/** Three minutes of encoders that are killed in turn, with every player at once. */
export async function run({ seed, log }: SoakContext): Promise<Record<string, string | number>> {
  const { watched, ...counts } = await watchEncodersInTurn({ seed, seconds: SECONDS, viewings: VIEWINGS, log })
  for (const line of inWords(watched)) log(line)
  judgeWatched(watched, SECONDS)
  const figures: Record<string, string | number> = { seconds: SECONDS, ...counts }
  for (const { engine, output, stalls } of watched) {
    figures[`longest stall, ${engine}, ${output}`] = `${longestOf(stalls).toFixed(2)} s`
    figures[`stood still, ${engine}, ${output}`] = `${totalOf(stalls).toFixed(2)} s`
  }
  return figures
}
