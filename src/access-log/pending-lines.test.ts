import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lineOf } from '../../test/judges/access-lines.ts'
import { utcMs } from '../media/time.ts'
import { DroppedLines } from './dropped-lines.ts'
import { PendingLines } from './pending-lines.ts'

const SIZE = 201
const line = (text: string) => lineOf(`${text.padEnd(SIZE - 1)}\n`)

/** Pending lines whose batches are written when the test says so. */
function pendingUnderTest(batchSize: number, mostPending: number) {
  const batches: string[] = []
  const written: (() => void)[] = []
  let dropped = 0
  const pending = new PendingLines({
    delayMs: 3_600_000,
    batchSize,
    mostBatchSize: batchSize,
    mostPending,
    dropped: new DroppedLines('file', {
      counter: {
        add(count = 1) {
          dropped += count
        },
      },
      clock: () => utcMs(0),
      log: { info() {}, warn() {}, error() {} },
    }),
    write(group, { bytes }) {
      batches.push(`${group}: ${Buffer.from(bytes).toString().replace(/\s+/g, ' ').trim()}`)
      return new Promise((resolve) => written.push(resolve))
    },
  })
  return { pending, batches, written, dropped: () => dropped }
}

const turn = () => new Promise(setImmediate)

describe('lines that wait to be written', () => {
  it('are written when a batch is full, and meanwhile others wait', async () => {
    const { pending, batches, written } = pendingUnderTest(3 * SIZE, 100_000)
    for (const text of 'abc') pending.add('g', line(text))
    assert.deepEqual(batches, ['g: a b c'])
    for (const text of 'defghijk') pending.add('g', line(text))
    pending.add('h', line('l'))
    const flushed = pending.flush()
    await turn()
    assert.equal(batches.length, 1)
    for (let next = 0; next < 5; next++) {
      written[next]!()
      await turn()
    }
    await flushed
    assert.deepEqual(batches, ['g: a b c', 'g: d e f', 'g: g h i', 'g: j k', 'h: l'])
  })

  it('are dropped beyond the bound, and counted, until there is room again', async () => {
    const { pending, batches, written, dropped } = pendingUnderTest(SIZE, 2 * SIZE)
    for (const text of 'abcd') pending.add('g', line(text))
    assert.equal(dropped(), 2)
    written[0]!()
    await turn()
    pending.add('g', line('e'))
    pending.add('g', line('f'))
    assert.equal(dropped(), 3)
    const flushed = pending.flush()
    for (let next = 1; next < 3; next++) {
      await turn()
      written[next]?.()
    }
    await flushed
    assert.deepEqual(batches, ['g: a', 'g: b', 'g: e'])
  })
})
