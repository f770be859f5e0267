import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { timestampTag, titleTag } from '../../test/fixtures/timed-metadata.ts'
import { id3TagSize, privateFrame, titleIn } from './id3.ts'

const OWNER = 'com.apple.streaming.transportStreamTimestamp'

function tag(version: number, flags: number, body: Buffer): Buffer {
  const size = [21, 14, 7, 0].map((shift) => (body.length >> shift) & 0x7f)
  return Buffer.concat([Buffer.from('ID3'), Buffer.from([version, 0, flags, ...size]), body])
}

function frame(id: string, size: readonly number[], flags: readonly number[], content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(id), Buffer.from([...size, ...flags]), content])
}

const owned = (...content: number[]) => Buffer.concat([Buffer.from('me\0'), Buffer.from(content)])
const privateOf = (bytes: Uint8Array) => [...(privateFrame(bytes, 'me') ?? [])]

describe('id3TagSize', () => {
  it('counts header, frames and footer', () => {
    const title = titleTag('x'.repeat(300))
    assert.equal(id3TagSize(title, 0, title.length), title.length)
    assert.equal(id3TagSize(Buffer.concat([Buffer.alloc(7), title]), 7, 400), title.length)
    const footed = Buffer.from(title)
    footed[5] = 0x10
    assert.equal(id3TagSize(footed, 0, footed.length), title.length + 10)
  })
  it('is 0 of anything else', () => {
    const title = titleTag('x')
    assert.equal(id3TagSize(title, 0, 9), 0, 'too short')
    for (const [at, value] of [
      [0, 0x48],
      [3, 0xff],
      [4, 0xff],
      [6, 0x80],
      [9, 0xff],
    ] as const) {
      const other = Buffer.from(title)
      other[at] = value
      assert.equal(id3TagSize(other, 0, other.length), 0, `byte ${at}`)
    }
  })
})

describe('privateFrame', () => {
  it('finds the frame of its owner behind others', () => {
    assert.deepEqual([...privateFrame(timestampTag(0x1_2345_6789), OWNER)!], [0, 0, 0, 1, 0x23, 0x45, 0x67, 0x89])
    assert.equal(privateFrame(titleTag('x'), OWNER), undefined)
    assert.equal(privateFrame(timestampTag(1), `${OWNER}s`), undefined)
    const other = frame('PRIV', [0, 0, 0, 7], [0, 0], Buffer.from('you\0abc'))
    const mine = frame('PRIV', [0, 0, 0, 6], [0, 0], owned(1, 2, 3))
    assert.deepEqual(privateOf(tag(4, 0, Buffer.concat([other, mine, Buffer.alloc(20)]))), [1, 2, 3])
  })
  it('reads the sizes of both versions', () => {
    const content = owned(...Buffer.alloc(200, 9))
    assert.equal(privateOf(tag(3, 0, frame('PRIV', [0, 0, 0, 203], [0, 0], content))).length, 200)
    assert.equal(privateOf(tag(4, 0, frame('PRIV', [0, 0, 1, 75], [0, 0], content))).length, 200)
  })
  it('takes unsynchronisation back', () => {
    const content = owned(0xff, 0, 0, 1, 0xff, 0, 0xe0)
    assert.deepEqual(privateOf(tag(3, 0x80, frame('PRIV', [0, 0, 0, 8], [0, 0], content))), [0xff, 0, 1, 0xff, 0xe0])
    const bytes = frame('PRIV', [0, 0, 0, 10], [0, 2], content)
    assert.deepEqual(privateOf(tag(4, 0x80, bytes)), [0xff, 0, 1, 0xff, 0xe0])
  })
  it('steps over an extended header, a group and a length', () => {
    const plain = frame('PRIV', [0, 0, 0, 4], [0, 0], owned(5))
    assert.deepEqual(privateOf(tag(3, 0x40, Buffer.concat([Buffer.from([0, 0, 0, 6, 0, 0, 0, 0, 0, 0]), plain]))), [5])
    assert.deepEqual(privateOf(tag(4, 0x40, Buffer.concat([Buffer.from([0, 0, 0, 6, 1, 0]), plain]))), [5])
    const grouped = frame('PRIV', [0, 0, 0, 9], [0, 0x41], Buffer.concat([Buffer.from([7, 0, 0, 0, 4]), owned(5)]))
    assert.deepEqual(privateOf(tag(4, 0, grouped)), [5])
  })
  it('takes nothing from frames that are sealed, cut off or of another version', () => {
    const plain = frame('PRIV', [0, 0, 0, 4], [0, 0], owned(5))
    assert.deepEqual(privateOf(tag(4, 0, frame('PRIV', [0, 0, 0, 4], [0, 8], owned(5)))), [])
    assert.deepEqual(privateOf(tag(4, 0, frame('PRIV', [0, 0, 0, 99], [0, 0], owned(5)))), [])
    assert.deepEqual(privateOf(tag(4, 0, plain).subarray(0, -1)), [])
    assert.deepEqual(privateOf(tag(2, 0, plain)), [])
    assert.deepEqual(privateOf(tag(4, 0x40, Buffer.from([0, 0, 0x7f, 0x7f]))), [])
  })
})

describe('titleIn', () => {
  const titled = (encoding: number, text: Buffer, version = 4) => {
    const content = Buffer.concat([Buffer.from([encoding]), text])
    return tag(version, 0, frame('TIT2', [0, 0, 0, content.length], [0, 0], content))
  }
  it('reads every encoding of a text', () => {
    const big = Buffer.from('Grüße 東', 'utf16le').swap16()
    for (const [encoding, text] of [
      [1, Buffer.from('\ufeffGrüße 東', 'utf16le')],
      [1, Buffer.concat([Buffer.from([0xfe, 0xff]), big])],
      [2, big],
      [3, Buffer.from('Grüße 東')],
    ] as const) {
      assert.equal(titleIn(titled(encoding, text)), 'Grüße 東', `encoding ${encoding}`)
    }
    assert.equal(titleIn(titled(0, Buffer.from('Grüße', 'latin1'), 3)), 'Grüße')
  })
  it('takes the first of several, in one line', () => {
    assert.equal(titleIn(titled(3, Buffer.from(' one\r\n line\0another\0'))), 'one line')
  })
  it('has none of other frames, of blank ones and of those that are cut off', () => {
    for (const other of [titled(3, Buffer.from(' \0')), timestampTag(1), tag(4, 0, Buffer.alloc(0))]) {
      assert.equal(titleIn(other), undefined)
    }
    const text = frame('TXXX', [0, 0, 0, 9], [0, 0], Buffer.from('\x03title\0ad'))
    assert.equal(titleIn(tag(4, 0, text)), undefined)
    assert.equal(titleIn(titleTag('title').subarray(0, -3)), undefined)
    assert.equal(titleIn(tag(4, 0, frame('TIT2', [0, 0, 0, 0], [0, 0], Buffer.alloc(0)))), undefined)
  })
})
