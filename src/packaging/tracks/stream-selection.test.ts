import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audio, variant, video } from '../../../test/origin/sample-channel.ts'
import type { StreamSelection } from '../../model/packaging.ts'
import { selectVariants } from './stream-selection.ts'

const STREAMS = [
  variant(1, 3_000_000, [video(540), audio(257)]),
  variant(2, 64_000, [audio(257)]),
  variant(3, 1_000_000, [video(180), audio(257)]),
  variant(4, 2_000_000, [video(360), audio(257)]),
]

function selected(selection: Partial<StreamSelection>): readonly number[] {
  const all = { minVideoBitsPerSecond: 0, maxVideoBitsPerSecond: 2 ** 31 - 1, streamOrder: 'ORIGINAL' as const }
  return selectVariants(STREAMS, { ...all, ...selection }).map(({ index }) => index)
}

describe('stream selection', () => {
  it('keeps everything in the order of the source by default', () => assert.deepEqual(selected({}), [1, 2, 3, 4]))

  it('keeps bitrates from the minimum to the maximum, both included, and audio whatever it has', () => {
    assert.deepEqual(selected({ minVideoBitsPerSecond: 1_000_000, maxVideoBitsPerSecond: 2_000_000 }), [2, 3, 4])
    assert.deepEqual(selected({ minVideoBitsPerSecond: 1_000_001, maxVideoBitsPerSecond: 1_999_999 }), [2])
  })

  it('orders by bitrate, audio last', () => {
    assert.deepEqual(selected({ streamOrder: 'VIDEO_BITRATE_ASCENDING' }), [3, 4, 1, 2])
    assert.deepEqual(selected({ streamOrder: 'VIDEO_BITRATE_DESCENDING' }), [1, 4, 3, 2])
  })
})
