import assert from 'node:assert/strict'
import { runAnyNode } from '../nodes/run.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'any-node'

/**
 * Three nodes on one PostgreSQL and one S3 server, for minutes, or for WINDROW_TEST_SECONDS: each is killed and frozen,
 * and so are their stores, while encoders, players and harvests go on.
 */
export async function run({ seed, log }: SoakContext): Promise<Readonly<Record<string, string | number>>> {
  const seconds = Number(process.env['WINDROW_TEST_SECONDS'] ?? 240)
  const { faults, figures } = await runAnyNode({ seed, seconds, withPlayers: true, log })
  for (const line of Object.entries(figures)) log(line.join(': '))
  assert.deepEqual(faults, [])
  return figures
}
