import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { type Broadcast, startBroadcast, VIEWINGS } from './live-players.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

describe('a channel on air', { concurrency: 3 }, () => {
  let broadcast: Broadcast
  before(async () => {
    broadcast = await startBroadcast(240)
  })
  after(() => broadcast?.stop())

  // Each engine and nearly each output; `npm run soak -- --only players` has all.
  const left = ['shaka hls-groups', 'shaka cmaf', 'dash.js dash-number']
  const chosen = VIEWINGS.filter(({ engine, output }) => !left.includes(`${engine} ${output}`))
  for (const { engine, output } of chosen) {
    it(`plays in ${engine} as ${output}, there and a few seconds back`, async () => {
      const { frames, height } = await broadcast.play(engine, output, 3, { seekBack: 4 })
      assert.ok(frames > 0)
      assert.equal(height, 360)
    })
  }
})
