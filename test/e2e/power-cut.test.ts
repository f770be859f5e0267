import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { cutPower } from './power-cuts.ts'

const { it } = needing('strace', 'ffmpeg')

it('keeps what it has promised when the power fails', async (test) => {
  const figures = await cutPower({ seed: 20261126, seconds: 12, cuts: 3, log: (line) => test.diagnostic(line) })
  test.diagnostic(JSON.stringify(figures))
  assert.ok(figures.switches > 0, 'no input was followed by the other')
  assert.ok(figures.removals > 0, 'nothing was forgotten')
  assert.ok(figures.segmentsFound > 0 && figures.urlsFetched > 0)
})
