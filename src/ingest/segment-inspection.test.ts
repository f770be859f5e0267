import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SegmentInspection } from './segment-inspection.ts'

type Told = { container: string } | { problem: string }

/** The result of inspecting a segment that arrives in pieces of `size` bytes. */
function told(bytes: Uint8Array, size = bytes.length, name = 'x'): Told {
  const inspection = new SegmentInspection({ name, maxTracks: 10 })
  for (let at = 0; at < bytes.length; at += size) inspection.push(bytes.subarray(at, at + size))
  const found = inspection.end(bytes.length)
  return 'probe' in found ? { container: found.probe.container } : found
}

const text = (content: string) => new TextEncoder().encode(content)
const CUES = 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n'

/** A PRIV frame with the time of the first audio frame, RFC 8216 §3.4, in an ID3 tag. */
function timestampTag(pts: number): Uint8Array {
  const owner = text('com.apple.streaming.transportStreamTimestamp\0')
  const frame = new Uint8Array(10 + owner.length + 8)
  frame.set(text('PRIV'))
  frame[7] = owner.length + 8
  frame.set(owner, 10)
  new DataView(frame.buffer).setBigUint64(10 + owner.length, BigInt(pts))
  return Uint8Array.from([...text('ID3'), 4, 0, 0, 0, 0, 0, frame.length, ...frame])
}

/** Silence in AAC-LC, 48 kHz, two channels, with seven bytes of header and a few of payload. */
function adtsFrames(count: number): Uint8Array {
  const payload = [0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c]
  const size = 7 + payload.length
  const header = [0xff, 0xf1, 0x4c, 0x80 | (size >> 11), (size >> 3) & 0xff, ((size & 7) << 5) | 0x1f, 0xfc]
  return Uint8Array.from(Array.from({ length: count }, () => [...header, ...payload]).flat())
}

it('tells images by their content, under any name', () => {
  const image = Uint8Array.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 17, 0])
  assert.deepEqual(told(image, 1), { container: 'jpeg' })
  assert.deepEqual(told(image.subarray(0, 9), 9, 'a.ts'), { problem: 'JPEG without a frame header at byte 9' })
  assert.deepEqual(told(text('<html></html>'), 13, 'a.jpg'), { problem: 'JPEG lacks a marker at byte 0' })
})

it('brings what in a segment is corrected, with its name', () => {
  const inspection = new SegmentInspection({ name: 'a.vtt', maxTracks: 10 })
  inspection.push(text('WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:-5,LOCAL:00:00:00.000\n\n'))
  inspection.end(50)
  assert.deepEqual(inspection.habits, [
    { habit: 'timestamp-map-odd', example: 'a.vtt: X-TIMESTAMP-MAP=MPEGTS:-5,LOCAL:00:00:00.000' },
  ])
})

describe('packets that precede the tables', () => {
  const packets = (count: number) =>
    Uint8Array.from({ length: count * 188 }, (_, i) => [0x47, 0x01, 0x00, 0x10][i % 188] ?? 0)
  const ROOM = 2 * 512 * 188

  it('take no more memory than all segments share, and give it back', () => {
    const room = { free: ROOM }
    const [first, second] = ['a.ts', 'b.ts'].map((name) => new SegmentInspection({ name, maxTracks: 10, room }))
    first!.push(packets(600))
    assert.equal(room.free, 0)
    second!.push(packets(1))
    assert.deepEqual(second!.end(188), {
      problem: 'no program map table yet, and no memory left to wait for it at byte 0',
    })
    first!.close()
    assert.equal(room.free, ROOM)
    first!.close()
    assert.equal(room.free, ROOM)
  })

  it('are let go at once when the segment cannot be used', () => {
    const room = { free: ROOM }
    const inspection = new SegmentInspection({ name: 'a.ts', maxTracks: 10, room })
    inspection.push(packets(600))
    inspection.push(new Uint8Array(3 * 188))
    assert.equal(room.free, ROOM)
  })
})

describe('a segment', () => {
  const packed = Uint8Array.from([...timestampTag(900_000), ...adtsFrames(94)])
  for (const size of [1, 3, 9, 10, 11, 4096]) {
    it(`is known by its first bytes, however it arrives: in pieces of ${size}`, () => {
      assert.deepEqual(told(text(CUES), size), { container: 'webvtt' })
      assert.deepEqual(told(text(`\ufeff${CUES}`), size), { container: 'webvtt' })
      assert.deepEqual(told(packed, size), { container: 'packed-audio' })
      assert.deepEqual(told(packed, size, 'a.ts'), { container: 'packed-audio' })
      assert.deepEqual(told(text('\0\0\0\u0018styp....'), size, 'a.ts'), {
        problem: 'fragmented MP4 is not accepted',
      })
      assert.deepEqual(told(text('a web page'), size), { problem: 'not MPEG-TS, packed audio, WebVTT or JPEG' })
      assert.match(
        JSON.stringify(told(new Uint8Array(188).fill(0x47, 0, 1), size, 'x')),
        /no program association table/,
      )
    })
  }

  it('of a few bytes is judged as well', () => {
    assert.deepEqual(told(text('WEBVTT')), { container: 'webvtt' })
    assert.deepEqual(told(text('')), { problem: 'empty' })
    assert.match(JSON.stringify(told(text('G'))), /less than one transport stream packet/)
    assert.match(JSON.stringify(told(Uint8Array.of(0xff, 0xf1))), /problem/)
    assert.match(JSON.stringify(told(Uint8Array.of(0x0b, 0x77))), /problem/)
  })

  it('of packed audio says when it is heard', () => {
    const inspection = new SegmentInspection({ name: 'a.aac', maxTracks: 10 })
    inspection.push(packed)
    const found = inspection.end(packed.length)
    assert.ok('probe' in found && found.probe.container === 'packed-audio')
    assert.equal(found.probe.firstPts, 900_000)
    assert.deepEqual(found.probe.keyFrames, [])
    assert.equal(found.probe.tracks[0]?.kind, 'audio')
  })

  it('is judged by its name where its bytes say nothing', () => {
    const noise = text('noise '.repeat(100))
    assert.match(JSON.stringify(told(noise, 100, 'A.TS')), /no sync byte/)
    assert.match(JSON.stringify(told(noise, 100, 'a.vtt')), /no WEBVTT signature/)
    assert.match(JSON.stringify(told(noise, 100, 'a.aac')), /problem/)
  })
})
