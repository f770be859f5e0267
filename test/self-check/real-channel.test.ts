import assert from 'node:assert/strict'
import type { Put } from '../encoders/encoder-life.ts'
import type { EncoderScript } from '../encoders/encoder-script.ts'
import { needing } from '../programs.ts'
import { watchChannel } from './watched-channel.ts'

const { describe, it } = needing('ffmpeg')

const PLAIN: EncoderScript = {
  video: { variants: 2, rate: '25', rhythm: 'steady' },
  sound: { place: 'muxed', renditions: 1, container: 'mpeg-ts', rate: 48_000, offset: 0, framesInPes: 3 },
  cuts: [[200]],
  told: 'exactly',
  names: 'plain',
  dialect: 'plain',
  tables: 'first',
  isDated: true,
  listsFirst: false,
  listed: 5,
  lateMs: [150],
  base: 126_000,
  segmentSeconds: 4,
  isWatched: true,
  parts: [{ seconds: 70, restart: { pauseMs: 0, names: 'go on', timestamps: 'from zero', isMarked: false } }],
}

describe('a channel that is looked at by itself', () => {
  it('has nothing wrong while its inputs pause, begin anew, lack segments and take turns', async () => {
    const restart = { pauseMs: 15_000, names: 'other', timestamps: 'from zero', isMarked: false } as const
    const first = {
      ...PLAIN,
      parts: [
        { ...PLAIN.parts[0]!, seconds: 30 },
        { seconds: 40, restart },
      ],
    }
    const second = { ...PLAIN, base: 8_589_484_592 }
    const isLost = ({ atMs, path }: Put) => path.endsWith('.ts') && Math.floor(atMs / 2000) % 17 === 16
    const { findings, looks, segments } = await watchChannel(first, second, isLost)
    assert.deepEqual(findings, [])
    assert.ok(looks >= 12 && segments > 100, `${looks} looks, ${segments} segments`)
  })
})
