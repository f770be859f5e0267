import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LineWriter } from './line-writer.ts'

const written = (...writes: readonly ((writer: LineWriter) => void)[]) => {
  const writer = new LineWriter()
  for (const write of writes) write(writer)
  return Buffer.from(writer.bytes).toString()
}

describe('a writer of lines', () => {
  it('writes strings as JSON has them, whatever they contain', () => {
    const texts = ['', 'plain', '"quoted"', 'C:\\', '\n\t\0\x7f', 'é€😀', '\ud800', `${'a'.repeat(5000)}"`]
    for (const text of texts) {
      assert.equal(
        written((writer) => writer.json(text)),
        JSON.stringify(text).slice(1, -1),
      )
    }
  })

  it('writes integers up to the largest, with the digits that are wanted', () => {
    const numbers = [0, 7, 9, 10, 999_999, 1_000_000, 4_294_967_296, Number.MAX_SAFE_INTEGER]
    for (const number of numbers) {
      assert.equal(
        written((writer) => writer.integer(number)),
        String(number),
      )
      assert.equal(
        written((writer) => writer.integer(number, 6)),
        String(number).padStart(6, '0'),
      )
    }
  })

  it('refuses numbers that are no integers it can write', () => {
    for (const number of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      assert.throws(() => written((writer) => writer.integer(number)), RangeError)
    }
  })

  it('writes more than it has room for, and forgets all of it when it is cleared', () => {
    const long = 'x€'.repeat(1_000_000)
    const writer = new LineWriter()
    for (const round of [1, 2]) {
      writer.clear()
      writer.ascii(`${round}:`)
      writer.text(long)
      writer.raw(Buffer.from('!'))
      assert.equal(Buffer.from(writer.bytes).toString(), `${round}:${long}!`)
    }
  })
})
