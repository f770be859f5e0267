import assert from 'node:assert/strict'
import { faultsOf, inWords, longestOf, totalOf, type Viewing, watchEncodersInTurn } from '../e2e/encoders-in-turn.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'encoders'

const SECONDS = 150

/** Encoders that are missed for so long that every endpoint goes over, and such that are back before that. */
const ABSENCES = {
  missed: { shortest: 8000, longest: 9000 },
  'soon back': { shortest: 1000, longest: 3000 },
} as const

const VIEWINGS: readonly Viewing[] = [
  { engine: 'hls.js', output: 'hls', segmentSeconds: 2 },
  { engine: 'hls.js', output: 'cmaf', segmentSeconds: 2 },
  { engine: 'shaka', output: 'cmaf', segmentSeconds: 2 },
  { engine: 'shaka', output: 'dash-number', segmentSeconds: 4 },
  { engine: 'dash.js', output: 'dash-number', segmentSeconds: 4 },
  { engine: 'dash.js', output: 'dash-time', segmentSeconds: 2 },
]

/** Minutes of encoders that are killed in turn, with every player at once. */
export async function run({ seed, log }: SoakContext): Promise<Record<string, string | number>> {
  const figures: Record<string, string | number> = { 'seconds each': SECONDS }
  const faults: string[] = []
  for (const [kind, absence] of Object.entries(ABSENCES)) {
    const plan = { seed, seconds: SECONDS, absence, viewings: VIEWINGS }
    const { watched, ...counts } = await watchEncodersInTurn({ ...plan, log: (line) => log(`${kind}: ${line}`) })
    for (const line of [JSON.stringify(counts), ...inWords(watched)]) log(`${kind}: ${line}`)
    figures[kind] = JSON.stringify(counts)
    for (const { engine, output, stalls } of watched) {
      const [longest, all] = [longestOf(stalls), totalOf(stalls)].map((seconds) => `${seconds.toFixed(2)} s`)
      figures[`${kind}: ${engine}, ${output}`] = `longest stall ${longest}, ${all} in all`
    }
    faults.push(...faultsOf(watched).map((fault) => `${kind}: ${fault}`))
  }
  assert.deepEqual(faults, [])
  return figures
}
