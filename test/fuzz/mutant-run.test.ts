import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALL_TEXT_READERS, readMutants, SHARES } from './mutant-run.ts'

/** Of the readers that are fast; a soak sets more. Those of media are in the tests of the corpus. */
const RUNS = Number(process.env['WINDROW_FUZZ_RUNS'] ?? 200)
const SEED = Number(process.env['WINDROW_FUZZ_SEED'] ?? 1)

describe(`mutants of requests and documents (${RUNS} of the fastest, seed ${SEED})`, () => {
  for (const reader of ALL_TEXT_READERS) {
    it(`${reader}: they are refused by name or understood, in bounded time and size`, async () => {
      const runs = Math.ceil((RUNS * SHARES.get(reader)!) / 1000)
      const { mutants, findings } = await readMutants(reader, { runs, seed: SEED, note: () => {} })
      assert.deepEqual(findings, [])
      assert.equal(mutants, runs)
    })
  }
})
