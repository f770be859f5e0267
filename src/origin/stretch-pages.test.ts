import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outputSegments } from '../../test/origin/sample-channel.ts'
import type { NumberRange } from '../stores/segment-index.ts'
import { StretchPages } from './stretch-pages.ts'

const ALL = outputSegments(
  1,
  Array.from({ length: 400 }, () => ({})),
)

describe('pages of output segments', () => {
  const asked: NumberRange[] = []
  const readPage = async (range: NumberRange) => {
    asked.push(range)
    return JSON.stringify(ALL.filter(({ number }) => number > range.after && number <= range.last))
  }
  const read = async (pages: StretchPages, after: number, last: number, numbering = 1) => {
    asked.length = 0
    const segments = await pages.read(numbering, { after, last }, readPage)
    assert.deepEqual(
      segments.map(({ number }) => number),
      Array.from({ length: last - after }, (_, i) => after + i + 1),
    )
    return asked.map((range) => range.last)
  }

  it('are read once when they are full, again while they are not, and for each numbering', async () => {
    const pages = new StretchPages()
    assert.deepEqual(await read(pages, 100, 300), [128, 256, 384])
    assert.deepEqual(await read(pages, 50, 300), [384])
    assert.deepEqual(await read(pages, 0, 128), [])
    assert.deepEqual(await read(pages, 255, 257), [384])
    assert.deepEqual(await read(pages, 290, 384), [384])
    assert.deepEqual(await read(pages, 290, 385), [512])
    assert.deepEqual(await read(pages, 100, 300, 2), [128, 256, 384])
  })

  it('fail when one cannot be read, and try it again', async () => {
    const pages = new StretchPages()
    const failing = (range: NumberRange) => (range.last === 256 ? Promise.reject(new Error('away')) : readPage(range))
    await assert.rejects(pages.read(1, { after: 0, last: 300 }, failing), /away/)
    assert.deepEqual(await read(pages, 0, 300), [256, 384])
  })
})
