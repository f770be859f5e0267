import assert from 'node:assert/strict'
import { median, quantile } from '../bench/measure.ts'
import { mixHostile } from '../hostile/mix.ts'
import { Operation } from '../hostile/operation.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'mixed-load'

const CHANNELS = Number(process.env['WINDROW_TEST_CHANNELS'] ?? 40)
const STARTOVER_SECONDS = 300
/** From the first third of the time beside hostile clients to the last: of an hour, ten minutes each. */
const MOST_GROWTH = 1.05

/**
 * An hour, unless WINDROW_TEST_SECONDS says otherwise, half of it beside hostile clients: channels with viewers at the
 * edge and in the past, harvests and retention, while operators scrape, and replace the certificate, the secret of CDN
 * authorization and the files of access logs.
 */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const seconds = Number(process.env['WINDROW_TEST_SECONDS'] ?? 3600) / 2
  const operation = await Operation.prepare(Math.min(60, seconds / 6))
  let besideFrom = 0
  const figures = await mixHostile({
    channels: CHANNELS,
    seconds,
    connections: 1000,
    log: (line) => {
      if (line.startsWith('alone')) besideFrom = operation.memory.length
      log(line)
    },
    startoverSeconds: STARTOVER_SECONDS,
    environment: {
      ...operation.environment,
      WINDROW_LIVE_RETENTION: '1m',
      WINDROW_RETENTION_GRACE: '1m',
      // The default takes most of the hour to fill: what else grows could not be told from it.
      WINDROW_MEMORY_CACHE: '64MiB',
    },
    async operate(windrow, client) {
      const channels = Array.from({ length: CHANNELS }, (_, i) => `tv-${i}`)
      await operation.begin(windrow, client, channels, 'tv-0-hls')
      return { stop: () => operation.stop(windrow) }
    },
  })
  const { alone, beside, refused } = figures
  const memory = operation.memory.slice(besideFrom)
  const part = Math.ceil(memory.length / 3)
  const [first, last] = [median(memory.slice(0, part)), median(memory.slice(-part))]
  for (const [what, count] of Object.entries(operation.counts)) log(`${what}: ${count}`)
  log(`resident memory, MiB: ${memory.map(Math.round).join(' ')}`)
  assert.deepEqual([...refused, ...operation.faults].slice(0, 20), [])
  const result = {
    'p99 of PUTs alone, ms': quantile(alone.puts, 0.99),
    'p99 of PUTs beside, ms': quantile(beside.puts, 0.99),
    'p99 of live playlists alone, ms': quantile(alone.playlists, 0.99),
    'p99 of live playlists beside, ms': quantile(beside.playlists, 0.99),
    'resident memory at first, MiB': first,
    'resident memory at last, MiB': last,
    'files of assets compared': figures.filesCompared,
    ...operation.counts,
  }
  log(JSON.stringify(result))
  assert.ok(last <= first * MOST_GROWTH, `resident memory grew from ${first} to ${last} MiB`)
  return result
}
