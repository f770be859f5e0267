import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Spool } from '../spool.ts'
import { spooledText } from './spooled-text.ts'

/** A spool in memory that tells whether it has been closed. */
function memorySpool() {
  const pieces: Uint8Array[] = []
  const state = { isClosed: false }
  const spool: Spool = {
    append: async (bytes) => void pieces.push(Uint8Array.from(bytes)),
    async *read() {
      yield* pieces
    },
    close: async () => {
      state.isClosed = true
    },
  }
  return { spool, state }
}

describe('a file of text that is spooled', () => {
  it('has what is known last at its beginning, and its size in bytes', async () => {
    const { spool, state } = memorySpool()
    let count = 0
    const pieces = async function* () {
      for (const piece of ['ä', '', 'b']) {
        count++
        yield piece
      }
    }
    const made = await spooledText(() => spool, {
      contentType: 'text/plain',
      pieces: pieces(),
      head: () => `${count} `,
    })
    for (let times = 0; times < 2; times++) {
      const read: Uint8Array[] = []
      for await (const piece of made.open()) read.push(piece)
      const bytes = Buffer.concat(read)
      assert.deepEqual([bytes.toString(), bytes.length], ['3 äb', made.size])
    }
    assert.ok(!state.isClosed)
    await made.close()
    assert.ok(state.isClosed)
  })

  it('is not kept where it cannot be finished', async () => {
    const { spool, state } = memorySpool()
    const pieces = async function* () {
      yield 'a piece'
      throw new Error('lost')
    }
    await assert.rejects(
      spooledText(() => spool, { contentType: 'text/plain', pieces: pieces() }),
      { message: 'lost' },
    )
    assert.ok(state.isClosed)
  })
})
