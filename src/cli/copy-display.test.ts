import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CopyReport } from '../archive-copy/copy.ts'
import { CopyDisplay, progressText, reportText } from './copy-display.ts'

const REPORT: CopyReport = { objects: 3, bytes: 4_500_000, rows: 77, lost: 0, lostKeys: [] }

function display(isTerminal: boolean) {
  const written: string[] = []
  const clock = { now: 0 }
  const terminal = {
    isTerminal,
    columns: 120,
    write: (text: string) => written.push(text),
    now: () => clock.now,
    sleep: async () => {},
  }
  return { shown: new CopyDisplay(terminal), written, clock }
}

describe('the display of a copy', () => {
  it('is one line on a terminal, which changes ten times a second', () => {
    const { shown, written, clock } = display(true)
    for (let done = 0; done <= 100; done++) {
      shown.progress({ phase: 'media', done, total: 200, bytes: done * 1_000_000 })
      clock.now += 50
    }
    assert.equal(written.length, 51)
    assert.equal(
      written.at(-1),
      '\r\u001b[Kmedia  [############------------] 50 %  100/200 objects  100 MB  20.0 MB/s  0:05 left',
    )
    shown.finished(REPORT, undefined)
    assert.ok(written.at(-1)!.startsWith('\r\u001b[KCopied in 0:05.\n  media    3 objects, 4.50 MB'))
  })

  it('is lines of JSON elsewhere: one for each phase, and one every five seconds', () => {
    const { shown, written, clock } = display(false)
    const progress = { done: 1, total: 2, bytes: 3 }
    for (const phase of ['media', 'media', 'rows'] as const) shown.progress({ phase, ...progress })
    clock.now = 4999
    shown.progress({ phase: 'rows', ...progress })
    clock.now = 5000
    shown.progress({ phase: 'rows', ...progress })
    shown.finished(REPORT, 'media')
    assert.deepEqual(
      written.map((line) => JSON.parse(line)),
      [
        { phase: 'media', ...progress },
        { phase: 'rows', ...progress },
        { phase: 'rows', ...progress },
        { outcome: 'MEDIA_COPIED', ...REPORT, seconds: 5 },
      ],
    )
  })

  it('leaves a terminal clear for the reason of a failure', () => {
    const [before, during, elsewhere] = [display(true), display(true), display(false)]
    for (const { shown } of [during, elsewhere]) shown.progress({ phase: 'rows', done: 1, total: 2, bytes: 3 })
    for (const { shown } of [before, during, elsewhere]) shown.failed()
    assert.deepEqual(
      [before, during, elsewhere].map(({ written }) => written.slice(1)),
      [[], ['\r\u001b[K'], []],
    )
  })

  it('fits a narrow terminal, and shows nothing left where nothing was to be done', () => {
    const text = progressText({ phase: 'rows', done: 7, total: 700_000, bytes: 0 }, 1, 40)
    assert.equal(text, 'rows  [------------------------] 0 %  7')
    const nothing = progressText({ phase: 'verification', done: 0, total: 0, bytes: 0 }, 1, 120)
    assert.equal(nothing, 'verification  [------------------------] 0 %  0/0 rows')
  })

  it('tells what is lost, and what is to be done next', () => {
    assert.equal(
      reportText({ ...REPORT, lost: 2, lostKeys: ['a/1', 'b/2'] }, 61, undefined),
      `Copied in 1:01.
  media    3 objects, 4.50 MB, not counting what earlier runs copied
  rows     77, read again and the same
  lost     2 objects, which the source does not have whole:
           a/1
           b/2
  next     start Windrow on the copy with the same access-key-id and secret-access-key
`,
    )
    assert.match(reportText(REPORT, 1, 'media'), /next {5}stop the server, and run this again without --only media/)
  })
})
