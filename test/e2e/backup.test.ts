import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { runBackups } from './backups.ts'

const { it } = needing('ffmpeg')

it('restores from a backup of a running server all that was acknowledged, under the same URLs', async (test) => {
  const figures = await runBackups({
    seed: 1,
    seconds: 0,
    leastKilled: 0,
    kills: 0,
    log: (line) => test.diagnostic(line),
  })
  assert.equal(figures.backups, 1)
  assert.ok(figures.objectsCompared > 0)
  assert.ok(figures.segmentsPlayed > 0)
})
