import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CLOCK, NOON } from '../../../test/origin/sample-channel.ts'
import { ticks } from '../../media/time.ts'
import type { OutputSegment, SlotObject, SourceStream } from '../../model/output-segment.ts'
import { cuesOf } from './text-segment.ts'

const STREAM: SourceStream = {
  index: 1,
  playlist: 's.m3u8',
  role: { kind: 'subtitles', groupId: 'text', name: 'English', isDefault: true, autoselect: true },
  tracks: [{ kind: 'text', pid: 0, codec: 'wvtt' }],
  container: 'webvtt',
}

/** An output segment of one slot that contains several files. */
function segmentOf(sizes: readonly number[]): OutputSegment {
  const [first, ...more] = sizes.map((size, i): SlotObject => ({ key: `${i}`, size, crc32: 0, sha256: `${i}` }))
  const timing = { era: 1, start: CLOCK.time, duration: ticks(180_000), startUtc: NOON, sealedAt: NOON }
  const slot = { ...timing, index: 0, objects: { 1: { ...first!, more } } }
  return { ...timing, number: 1, discontinuity: false, discontinuitySequence: 0, slots: [slot] }
}

describe('subtitles of a segment', () => {
  it('are read of the newest files, up to as much as one may have', async () => {
    const read: string[] = []
    const media = {
      read: async ({ key }: { readonly key: string }) => {
        read.push(key)
        return Buffer.from(`WEBVTT\n\n00:00:10.000 --> 00:00:11.000\ncue ${key}\n`)
      },
    }
    const { cues } = await cuesOf(STREAM, segmentOf(Array(16).fill(100 * 1024)), [], media)
    assert.deepEqual(read, ['14', '15'])
    assert.deepEqual(
      cues.map(({ text }) => text),
      ['cue 14', 'cue 15'],
    )
  })
})
