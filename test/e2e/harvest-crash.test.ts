import assert from 'node:assert/strict'
import { it } from 'node:test'
import { runHarvestCrashes } from './harvest-crashes.ts'

it('makes the same asset when it is killed on the way, and writes nothing twice', async (test) => {
  const log = (line: string) => test.diagnostic(line)
  const figures = await runHarvestCrashes({ seed: 20261125, kills: 4, segments: 200, log })
  test.diagnostic(JSON.stringify(figures))
  assert.ok(figures.killsInside >= 2, 'the kills fell into the harvest')
  assert.ok(figures.objectsKept > 0)
})
