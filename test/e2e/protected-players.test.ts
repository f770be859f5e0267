import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { IS_WHOLE } from '../whole.ts'
import { PROTECTED_VIEWINGS, type ProtectedBroadcast, startProtectedBroadcast } from './protected-players.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

/** Each player once, and each way to encrypt samples; all in `npm run soak -- --only whole-cases`. */
const IN_GATE = ['hls.js sample-aes', 'shaka cbcs', 'dash.js dash']
const VIEWINGS = PROTECTED_VIEWINGS.filter(({ engine, output }) => IS_WHOLE || IN_GATE.includes(`${engine} ${output}`))

for (const rotation of IS_WHOLE ? [10, 0] : [10]) {
  const keys = rotation === 0 ? 'key never changes' : `keys change every ${rotation} seconds`
  describe(`an encrypted channel on air, whose ${keys}`, { concurrency: 3 }, () => {
    let broadcast: ProtectedBroadcast
    before(async () => {
      broadcast = await startProtectedBroadcast(rotation, VIEWINGS)
    })
    after(() => broadcast?.stop())

    for (const viewing of VIEWINGS) {
      it(`plays in ${viewing.engine} as ${viewing.output}, there and some seconds back`, async () => {
        const { frames, height } = await broadcast.play(viewing, 3, 6)
        assert.ok(frames > 0)
        assert.equal(height, 90)
      })
    }
  })
}
