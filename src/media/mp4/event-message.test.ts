import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFile, MP4BoxBuffer } from 'mp4box'
import { titleTag } from '../../../test/fixtures/timed-metadata.ts'
import { ByteReader, MalformedMedia } from '../bytes.ts'
import { readBoxes } from './box.ts'
import { eventMessageBox, readEventMessage } from './event-message.ts'

const PTS = 2 ** 40 + 12_345
const tag = titleTag('now playing')

function boxOf(bytes: Uint8Array) {
  return readBoxes(new ByteReader(bytes))[0]!
}

describe('an event message', () => {
  it('is what mp4box reads', () => {
    const bytes = eventMessageBox({ pts: PTS, tag })
    const file = createFile()
    const buffer = new ArrayBuffer(bytes.length)
    new Uint8Array(buffer).set(bytes)
    file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buffer, 0))
    const [box] = file.boxes as unknown as Record<string, unknown>[]
    assert.partialDeepStrictEqual(box, {
      box_name: 'EventMessageBox',
      version: 1,
      timescale: 90_000,
      event_duration: 0xffffffff,
      id: 12_345,
      scheme_id_uri: 'https://aomedia.org/emsg/ID3',
      value: '0',
    })
    assert.equal(Number(box!['presentation_time']), PTS)
    assert.deepEqual(Buffer.from(box!['message_data'] as Uint8Array), tag)
  })

  it('is read back', () => {
    const { pts, tag: read } = readEventMessage(boxOf(eventMessageBox({ pts: PTS, tag })))
    assert.equal(pts, PTS)
    assert.deepEqual(Buffer.from(read), tag)
  })

  it('is refused when it is another', () => {
    for (const [at, value] of [
      [8, 0],
      [13, 2],
      [40, 0x7a],
    ] as const) {
      const bytes = eventMessageBox({ pts: PTS, tag })
      bytes[at] = value
      assert.throws(() => readEventMessage(boxOf(bytes)), MalformedMedia)
    }
  })
})
