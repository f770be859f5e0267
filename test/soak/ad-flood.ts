import assert from 'node:assert/strict'
import { quantile } from '../bench/measure.ts'
import { floodWithAds } from '../hostile/ad-flood.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'ad-flood'

const MOST_MEMORY_MIB = 800
const MOST_STATE_BYTES = 1 << 20
const MOST_SLOT_BYTES = 512 * 1024

/** Five minutes, or WINDROW_TEST_SECONDS, of 1000 SCTE-35 messages a second in each of ten variants. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const flooded = Number(process.env['WINDROW_TEST_SECONDS'] ?? 300)
  const figures = await floodWithAds({
    unmeasured: 2,
    quiet: 30,
    flooded,
    afterwards: 30,
    messages: 1000,
    renditions: 10,
    log,
  })
  await figures.stop()
  const { quiet, flooded: beside, longest, peakMemory } = figures
  const late = (waits: readonly number[]) => quantile(waits, 0.99)
  for (const [what, before, after] of [
    ['PUTs of the other encoder', quiet.puts, beside.puts],
    ['playlists of the other channel', quiet.listed.well, beside.listed.well],
    ['playlists of the flood', quiet.listed.flooding, beside.listed.flooding],
  ] as const) {
    assert.ok(late(after) <= 2 * late(before) + 200, `${what}: p99 of ${late(after)} ms, ${late(before)} ms before`)
  }
  assert.ok(peakMemory < MOST_MEMORY_MIB, `${peakMemory} MiB`)
  assert.ok(longest.state < MOST_STATE_BYTES, `${longest.state} bytes of state`)
  assert.ok(longest.slot < MOST_SLOT_BYTES, `${longest.slot} bytes of a slot`)
  return {
    'p99 of PUTs of the other encoder before, ms': late(quiet.puts),
    'p99 of PUTs of the other encoder in the flood, ms': late(beside.puts),
    'p99 of live playlists of the other channel before, ms': late(quiet.listed.well),
    'p99 of live playlists of the other channel in the flood, ms': late(beside.listed.well),
    'p99 of live playlists of the flood, ms': late(beside.listed.flooding),
    'longest hold before, ms': quiet.hold,
    'longest hold in the flood, ms': beside.hold,
    'peak memory, MiB': peakMemory,
    'state, bytes': longest.state,
    'slot, bytes': longest.slot,
  }
}
