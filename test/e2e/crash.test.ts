import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { runCrashes } from './crashes.ts'

const { it } = needing('ffmpeg')

it('loses nothing it has acknowledged, and finishes its harvests, when it is killed', async (test) => {
  const figures = await runCrashes({ seed: 20261123, kills: 2, log: (line) => test.diagnostic(line) })
  assert.ok(figures.harvestJobs > 0)
  assert.ok(figures.segmentsPublished > 0)
})
