import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encoderScript } from '../encoders/encoder-script.ts'
import { findingsOfLife } from '../self-check/watched-channel.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'self-check'

const LIVES = 200

/** Channels of random encoders, at which the server looks: it finds nothing wrong. */
export async function run({ seed, log }: SoakContext): Promise<Record<string, string | number>> {
  const lives = Number(process.env['WINDROW_TEST_RUNS'] ?? LIVES)
  for (const [n, script] of fc.sample(encoderScript, { seed, numRuns: lives }).entries()) {
    assert.deepEqual(await findingsOfLife(script), [], JSON.stringify(script))
    if (n % 20 === 19) log(`${n + 1} lives`)
  }
  return { lives }
}
