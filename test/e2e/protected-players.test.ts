import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { PROTECTED_VIEWINGS, type ProtectedBroadcast, startProtectedBroadcast } from './protected-players.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

describe('an encrypted channel on air, whose keys change every ten seconds', { concurrency: 3 }, () => {
  let broadcast: ProtectedBroadcast
  before(async () => {
    broadcast = await startProtectedBroadcast(10)
  })
  after(() => broadcast?.stop())

  for (const viewing of PROTECTED_VIEWINGS) {
    it(`plays in ${viewing.engine} as ${viewing.output}, there and some seconds back`, async () => {
      const { frames, height } = await broadcast.play(viewing, 3, 6)
      assert.ok(frames > 0)
      assert.equal(height, 90)
    })
  }
})
