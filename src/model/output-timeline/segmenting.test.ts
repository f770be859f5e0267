import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ticks, utcMs } from '../../media/time.ts'
import type { OutputSegment, Slot, SourceStream } from '../output-segment.ts'
import { addSlot, closeRun } from './segmenting.ts'
import { openOutputTimelineState } from './state.ts'

const SECOND = 90_000

/** Two variants with video, sound and timed metadata, and subtitles. */
const STREAMS: readonly SourceStream[] = [
  ...[1, 2].map(
    (index): SourceStream => ({
      index,
      playlist: `v${index}.m3u8`,
      role: { kind: 'variant', bandwidth: index },
      tracks: [
        { kind: 'video', pid: 256, codec: 'avc1.64001f', configuration: '', width: 640, height: 360 },
        {
          kind: 'audio',
          pid: 257,
          codec: 'mp4a.40.2',
          configuration: '',
          sampleRate: 48_000,
          channels: 2,
          samplesPerFrame: 1024,
        },
        { kind: 'id3', pid: 258, streamType: 0x15 },
      ],
    }),
  ),
  {
    index: 3,
    playlist: 's.m3u8',
    role: { kind: 'subtitles', groupId: 'subs', name: 'English', isDefault: false, autoselect: true },
    tracks: [{ kind: 'text', pid: 0, codec: 'wvtt' }],
    container: 'webvtt',
  },
]

type Sketch = { readonly era?: number; readonly index: number; readonly missing?: readonly string[] }

/** A slot of one second in which all tracks have media but those that are missing, named as stream and position. */
function slot({ era = 1, index, missing = [] }: Sketch): Slot {
  const start = ticks(index * SECOND)
  const shown = { first: start, last: start + SECOND - 3600, bytes: 1 }
  const objects = STREAMS.filter(({ index: n }) => !missing.includes(`${n}`)).map(({ index: n, tracks }) => {
    const times = tracks.map((_, i) => (missing.includes(`${n}.${i}`) ? null : shown))
    return [n, { key: `${n}-${index}`, size: 1, crc32: 0, sha256: '', ...(n !== 3 && { times }) }]
  })
  const startUtc = utcMs(index * 1000)
  return {
    era,
    index,
    start,
    duration: ticks(SECOND),
    startUtc,
    sealedAt: startUtc,
    objects: Object.fromEntries(objects) as Slot['objects'],
  }
}

/** Number of each output segment, and number and second of the first of its period. */
function periods(segmentSeconds: number, ...sketches: readonly Sketch[]): readonly (readonly unknown[])[] {
  const outputTimeline = openOutputTimelineState(ticks(segmentSeconds * SECOND), 10)
  const done: OutputSegment[] = [
    ...sketches.flatMap((sketch) => addSlot(outputTimeline, slot(sketch), STREAMS)),
    ...closeRun(outputTimeline),
  ].map(({ segment }) => segment)
  return done.map(({ number, period }) => [number, period?.number, (period?.start ?? 0) / SECOND])
}

describe('the period of an output segment', () => {
  it('begins where the era does, and goes on while the same sound and pictures are there', () => {
    assert.deepEqual(periods(2, { index: 0 }, { index: 1 }, { index: 2 }, { index: 3 }, { index: 4 }), [
      [10, 10, 0],
      [11, 10, 0],
      [12, 10, 0],
    ])
  })

  it('ends at a gap in a stream or in a track of one, which is a period of its own', () => {
    assert.deepEqual(
      periods(1, { index: 0 }, { index: 1, missing: ['2'] }, { index: 2, missing: ['2'] }, { index: 3 }),
      [
        [10, 10, 0],
        [11, 11, 1],
        [12, 11, 1],
        [13, 13, 3],
      ],
    )
    assert.deepEqual(periods(1, { index: 0 }, { index: 1, missing: ['2.1'] }, { index: 2 }), [
      [10, 10, 0],
      [11, 11, 1],
      [12, 12, 2],
    ])
  })

  it('does not end for want of subtitles or timed metadata', () => {
    const silent = { missing: ['3', '1.2', '2.2'] }
    assert.deepEqual(periods(1, { index: 0 }, { index: 1, ...silent }, { index: 2 }), [
      [10, 10, 0],
      [11, 10, 0],
      [12, 10, 0],
    ])
  })

  it('ends at a hole and with its era', () => {
    assert.deepEqual(periods(1, { index: 0 }, { index: 2 }, { index: 3 }, { era: 2, index: 0 }), [
      [10, 10, 0],
      [11, 11, 2],
      [12, 11, 2],
      [13, 13, 0],
    ])
  })

  it('goes on after the output timeline was saved and read back', () => {
    const outputTimeline = openOutputTimelineState(ticks(SECOND), 10)
    addSlot(outputTimeline, slot({ index: 0 }), STREAMS)
    const again = JSON.parse(JSON.stringify(outputTimeline)) as typeof outputTimeline
    const [second] = addSlot(again, slot({ index: 1 }), STREAMS)
    assert.deepEqual(second?.segment.period, { number: 10, start: 0 })
  })
})
