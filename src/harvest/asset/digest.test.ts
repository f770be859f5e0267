import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { piecesOf } from '../../stores/object-body.ts'
import { digesting } from './digest.ts'

it('a body that is hashed as it is read has its SHA-256 with the last piece, each time it is read', async () => {
  const pieces = ['one', 'two', 'three']
  const sha256 = createHash('sha256').update(pieces.join('')).digest('hex')
  const open = async function* () {
    for (const piece of pieces) yield Buffer.from(piece)
  }
  const body = digesting({ kind: 'stream', contentType: 'text/plain', size: 11, open })
  assert.equal(body.sha256, undefined)
  for (const _ of [1, 2]) {
    const known: (string | undefined)[] = []
    let text = ''
    for await (const piece of piecesOf(body)) {
      text += Buffer.from(piece).toString()
      known.push(body.sha256)
    }
    assert.equal(text, 'onetwothree')
    assert.deepEqual(known, [undefined, undefined, sha256])
  }
  pieces.pop()
  const reading = async () => {
    for await (const _ of piecesOf(body));
  }
  await assert.rejects(reading, /read 6 bytes of an object that has 11/)
  assert.equal(body.sha256, undefined, 'what broke off has none')
})
