import assert from 'node:assert/strict'
import { quantile } from '../bench/measure.ts'
import { mixHostile } from '../hostile/mix.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'hostile-mix'

const MOST_MEMORY_MIB = 1500

/** An hour, unless WINDROW_TEST_SECONDS says otherwise: half of it alone, half of it beside hostile clients. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const seconds = Number(process.env['WINDROW_TEST_SECONDS'] ?? 3600) / 2
  const { alone, beside, refused, peakMemory, filesCompared } = await mixHostile({
    channels: Number(process.env['WINDROW_TEST_CHANNELS'] ?? 40),
    seconds,
    connections: 1000,
    log,
  })
  assert.deepEqual(refused.slice(0, 20), [])
  assert.ok(peakMemory < MOST_MEMORY_MIB, `${peakMemory} MiB`)
  for (const kind of ['puts', 'playlists'] as const) {
    const [before, after] = [quantile(alone[kind], 0.99), quantile(beside[kind], 0.99)]
    assert.ok(after <= 2 * before, `${kind}: p99 of ${after} ms beside hostile clients, ${before} ms alone`)
  }
  return {
    'p99 of PUTs alone, ms': quantile(alone.puts, 0.99),
    'p99 of PUTs beside, ms': quantile(beside.puts, 0.99),
    'p99 of live playlists alone, ms': quantile(alone.playlists, 0.99),
    'p99 of live playlists beside, ms': quantile(beside.playlists, 0.99),
    'peak memory, MiB': peakMemory,
    'files of assets compared': filesCompared,
  }
}
