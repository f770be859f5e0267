import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lineOf } from '../../test/judges/access-lines.ts'
import { utcMs } from '../media/time.ts'
import { LineBatch } from './line-batch.ts'
import type { LineWriter } from './line-writer.ts'

/** The parts of a batch, as lines with their times, read by where they end. */
const read = (batch: LineBatch, mostBytes: number) =>
  [...batch.parts(mostBytes)].map(({ bytes, times, ends }) =>
    times.map((time, at) => `${time} ${Buffer.from(bytes.subarray(ends[at - 1] ?? 0, ends[at])).toString()}`),
  )

describe('a batch of lines', () => {
  it('has all of them in their order, in parts of whole lines', () => {
    const batch = new LineBatch(assert.ifError)
    for (const round of [100, 200]) {
      const texts = Array.from({ length: 50 }, (_, at) => `${'é'.repeat(at % 7)}${round + at}\n`)
      for (const [at, text] of texts.entries()) batch.add(lineOf(text, utcMs(at)))
      const all = texts.map((text, at) => `${at} ${text}`)
      assert.deepEqual(read(batch, Infinity), [all])
      for (const most of [1, 20, 100, 1000]) {
        const parts = read(batch, most)
        assert.deepEqual(parts.flat(), all)
        const sizes = [...batch.parts(most)].map(({ bytes, ends }) => ({ bytes: bytes.length, lines: ends.length }))
        assert.ok(sizes.every(({ bytes, lines }) => bytes <= most || lines === 1))
        assert.equal(
          most >= 20,
          sizes.some(({ lines }) => lines > 1),
        )
      }
      batch.clear()
      assert.deepEqual([read(batch, Infinity), batch.size], [[], 0])
    }
  })

  it('leaves out a line that cannot be written, and tells why', () => {
    const errors: unknown[] = []
    const batch = new LineBatch((error) => errors.push(error))
    const broken = {
      ...lineOf('never\n'),
      writeTo(writer: LineWriter) {
        writer.text('half of ')
        writer.integer(Number.NaN)
      },
    }
    // More than are written at a time: the next ones are not held up.
    for (let count = 0; count < 40; count++) batch.add(count % 3 === 0 ? broken : lineOf(`${count}\n`, utcMs(count)))
    const whole = Array.from({ length: 40 }, (_, count) => count).filter((count) => count % 3 !== 0)
    assert.deepEqual(read(batch, Infinity), [whole.map((count) => `${count} ${count}\n`)])
    assert.equal(errors.length, 14)
    assert.match(String(errors[0]), /NaN is not a number/)
  })
})
