import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type DrawnPiece,
  gridOf,
  itemsOf,
  marksOf,
  rowOf,
} from '../../../console/src/timeline/content/drawn-content.ts'
import { TimelineContent } from '../../../console/src/timeline/content/timeline-content.ts'
import { extentOf, readTimeline } from '../../../console/src/timeline/content/timeline-part.ts'
import { rowLayout, stacked } from '../../../console/src/timeline/drawing/row-layout.ts'
import { shownAt, shownIn } from '../../../console/src/timeline/drawing/shown-at.ts'
import { filmCells } from '../../../console/src/timeline/film/film-cells.ts'
import { common, type Span } from '../../../console/src/timeline/model/span.ts'
import { firstState } from '../../../console/src/timeline/model/state.ts'
import { tilesOver } from '../../../console/src/timeline/model/tiles.ts'
import { xAt } from '../../../console/src/timeline/model/view.ts'
import { TimelineStore } from '../../../console/src/timeline/store.ts'
import type { TimelineReport } from '../../../src/control/timeline-operations.ts'
import { ARCHIVE, anyView } from './arbitraries.ts'

const at = (seconds: number) => new Date(ARCHIVE.start + seconds * 1000).toISOString()
const ms = (seconds: number) => ARCHIVE.start + seconds * 1000
const span = (start: number, end: number) => ({ startTime: at(start), endTime: at(end) })

const DESCRIBED: TimelineReport = {
  channelId: 'news',
  ...span(0, 90),
  resolutionSeconds: 0.25,
  date: at(90),
  isTruncated: false,
  inputs: [
    {
      ingestEndpointId: 'aa',
      oldestTime: at(0),
      newestTime: at(90),
      content: [span(0, 90)],
      gaps: [],
      eras: [{ id: 2, startTime: at(30), reason: 'TRACKS', count: 1 }],
    },
    { ingestEndpointId: 'bb', content: [], gaps: [], eras: [] },
  ],
  outputs: [
    {
      segmentDurationSeconds: 6,
      originEndpointIds: ['hls'],
      oldestTime: at(6),
      newestTime: at(84),
      content: [span(6, 36), span(42, 84)],
      gaps: [{ ...span(36, 42), count: 1 }],
      discontinuities: [{ time: at(42), count: 1 }],
      inputSwitches: [{ time: at(60), ingestEndpointId: 'bb', count: 1 }],
    },
  ],
  adBreaks: [{ startTime: at(20), kind: 'BREAK', id: 7, count: 1 }],
  programmes: [{ ...span(0, 60), kind: 'PROGRAM', id: 1, upid: 'NEWS', count: 1 }],
  clips: [{ id: 'goal', ...span(10, 15) }],
  harvestJobs: [{ id: 'job', originEndpointId: 'hls', ...span(12, 50), status: 'FAILED' }],
  keyFrames: [{ time: at(8) }, { time: at(6) }],
  pictures: [{ ...span(6, 84), count: 2337, frameRate: { numerator: 30000, denominator: 1001 } }],
}

const PART = readTimeline(DESCRIBED, ms(90))

/** The part in two pieces, as if it had come in two tiles. */
const piecesAt = (seconds: number): readonly DrawnPiece[] => {
  const [tile] = tilesOver({ start: ms(0), end: ms(1) }, 4)
  return [
    { tile: tile!, start: ms(0), end: ms(seconds), part: PART },
    { tile: tile!, start: ms(seconds), end: ms(90), part: PART },
  ]
}

describe('an answer of DescribeTimeline', () => {
  it('is read with all that it tells', () => {
    assert.deepEqual(extentOf(PART), { start: ms(0), end: ms(90) })
    assert.deepEqual(PART.inputs[0]?.events, [{ time: ms(30), label: 'The source began anew, with other tracks' }])
    assert.deepEqual(
      PART.outputs[0]?.events.map(({ label }) => label),
      ['Discontinuity', 'Switch to input 2'],
    )
    assert.deepEqual(PART.adBreaks, [
      { start: ms(20), end: ms(90), id: `BREAK/7/${at(20)}`, label: 'BREAK 7', isOpen: true },
    ])
    assert.equal(PART.programmes[0]?.label, 'NEWS')
    assert.equal(PART.jobs[0]?.status, 'FAILED')
    assert.deepEqual(PART.keyFrames, [ms(6), ms(8)])
  })

  it('is drawn as one, wherever one tile ends and the next begins', () => {
    const whole = rowOf(piecesAt(5), 'outputs', '6 s segments')
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 89 }), (seam) => {
        const pieces = piecesAt(seam)
        const row = rowOf(pieces, 'outputs', '6 s segments')
        assert.deepEqual(row.content, whole.content)
        assert.equal(
          row.gaps.reduce((sum, { start, end }) => sum + end - start, 0),
          6000,
        )
        assert.deepEqual(row.events, whole.events)
        for (const kind of ['adBreaks', 'programmes', 'clips', 'jobs'] as const)
          assert.deepEqual(itemsOf(pieces, kind), PART[kind])
      }),
    )
  })

  it('has its edges as marks, and none where a tile ends', () => {
    const times = new Set(marksOf(piecesAt(50)).map(({ kind, time }) => `${kind} ${(time - ms(0)) / 1000}`))
    for (const mark of ['content 6', 'content 36', 'gap 42', 'content 84', 'programme 60', 'input switch 60']) {
      assert.ok(times.has(mark), mark)
    }
    assert.ok(!times.has('content 50'))
    assert.ok(!times.has('ad break 90'), 'nothing is known of its end')
  })

  it('gives the grid of frames, by its own rate, else by that of the input', () => {
    assert.deepEqual(gridOf(piecesAt(50), 25), {
      rate: { numerator: 30000, denominator: 1001 },
      keyFrames: [ms(6), ms(8)],
    })
    const { frameRate: _, ...unsteady } = PART
    const pieces = piecesAt(50).map((piece) => ({ ...piece, part: unsteady }))
    assert.deepEqual(gridOf(pieces, 25)?.rate, { numerator: 25, denominator: 1 })
    assert.equal(gridOf(pieces, undefined), undefined)
  })
})

describe('the rows of the timeline', () => {
  it('are below one another, one for each input and output', () => {
    const rows = rowLayout(PART)
    assert.deepEqual(
      rows.map(({ label }) => label),
      ['Output', 'Input 1', 'Input 2', 'Ad breaks', 'Programmes', 'Clips', 'Harvest jobs'],
    )
    for (const [n, row] of rows.slice(1).entries()) assert.ok(row.y >= rows[n]!.y + rows[n]!.height)
  })

  it('have items side by side where there is room for them', () => {
    const anyItem = fc
      .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 50 }))
      .map(([start, length]) => {
        return { start, end: start + length, id: `${start}`, label: '', isOpen: false }
      })
    fc.assert(
      fc.property(fc.array(anyItem, { maxLength: 20 }), (items) => {
        const placed = stacked(
          items.toSorted((a, b) => a.start - b.start),
          100,
        )
        for (const [n, { item, line }] of placed.entries()) {
          for (const other of placed.slice(0, n))
            if (other.line === line) assert.equal(common(item, other.item), undefined)
        }
      }),
    )
  })
})

describe('what is shown at a place', () => {
  const rows = rowLayout(PART)
  const view = { start: ms(0), end: ms(90), width: 900 }
  const at = (seconds: number, row: number) =>
    shownAt(piecesAt(5), rows, view, { x: seconds * 10, y: rows[row]!.y + 2 })?.label

  it('is the shortest of what the row has there', () => {
    assert.equal(at(39, 0), 'Gap')
    assert.equal(at(42.2, 0), 'Discontinuity')
    assert.equal(at(20, 0), 'Content')
    assert.equal(at(25, 3), 'BREAK 7, goes on')
    assert.equal(at(30, 6), 'job (FAILED)')
    assert.equal(at(80, 4), undefined)
    assert.equal(shownAt([], rows, view, { x: 1, y: 1 }), undefined)
  })

  it('is all in the list of what is in view', () => {
    const labels = rows.flatMap((row) => shownIn(piecesAt(5), row).map(({ label }) => label))
    for (const label of ['Content', 'Gap', 'Switch to input 2', 'NEWS', 'goal', 'job (FAILED)'])
      assert.ok(labels.includes(label), label)
  })
})

describe('the cells of the filmstrip', () => {
  it('are wide enough for a picture, few, and where there is content', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const half: Span = { start: view.start, end: Math.ceil((view.start + view.end) / 2) }
        const cells = filmCells(view, 104, [half])
        assert.ok(cells.length <= view.width / 104 + 2)
        for (const cell of cells) {
          assert.ok(xAt(view, cell.end) - xAt(view, cell.start) >= 103.9)
          assert.ok(common(cell, half))
          assert.ok(cell.moment >= half.start && cell.moment >= cell.start && cell.moment < cell.end)
          assert.equal(cell.start % (cell.end - cell.start), 0)
        }
      }),
    )
  })
})

describe('the content of a timeline', () => {
  it('asks for what is looked at, and shows it with its edges and frames', async () => {
    const asked: { startTime: string; endTime: string; resolutionSeconds: number }[] = []
    const archive = { start: ms(0), end: ms(90) }
    const store = new TimelineStore(firstState(archive, { selection: {}, ranges: [] }))
    let changes = 0
    const content = new TimelineContent(store, PART, {
      ask: async (query) => {
        asked.push(query)
        return DESCRIBED
      },
      now: () => ms(90),
      framesPerSecond: () => 25,
      isSeen: () => true,
      onChange: () => changes++,
    })
    try {
      await new Promise((resolve) => setImmediate(resolve))
      const steps = asked.map(({ startTime, endTime, resolutionSeconds }) => {
        return (Date.parse(endTime) - Date.parse(startTime)) / 1000 / resolutionSeconds
      })
      // The server takes no more than 4000 steps of at most 14 days.
      assert.ok(steps.length > 0 && steps.every((count) => count === 1024))
      assert.ok(store.state.marks.some(({ kind }) => kind === 'programme'))
      assert.equal(store.state.grid?.keyFrames.length, 2)
      assert.ok(changes > 0)
      const before = asked.length
      store.dispatch({ type: 'zoom', factor: 0.5, x: 500 })
      assert.deepEqual(content.pieces[0]?.start, store.state.view.start)
      content.invalidate()
      assert.ok(asked.length > before)
    } finally {
      content.close()
    }
  })
})
