import assert from 'node:assert/strict'
import { encodedBytes } from '../../test/fixtures/encoded.ts'
import { needing } from '../../test/programs.ts'
import { MalformedMedia } from './bytes.ts'
import { JpegProbe, startsAsJpeg } from './jpeg.ts'

/** The probe of an image that arrives in pieces. */
function probed(bytes: Uint8Array, size = 1000) {
  const probe = new JpegProbe()
  for (let at = 0; at < bytes.length; at += size) probe.push(bytes.subarray(at, at + size))
  return probe.end()
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const SOI = 'ffd8'
/** A frame of 16 by 8. */
const frame = (marker: string) => `ff${marker} 000b 08 0008 0010 01 011100`

const { describe, it } = needing('ffmpeg')

describe('JPEG images', () => {
  const jpeg = (size: string, ...args: string[]) => {
    const picture = ['-v', 'error', '-f', 'lavfi', '-i', `testsrc=size=${size}:rate=1`, '-frames:v', '1']
    return encodedBytes('ffmpeg', [...picture, ...args, '-bitexact', '-f', 'mjpeg', 'pipe:1'])
  }

  it('tell their size, however they arrive', async () => {
    for (const [width, height] of [
      [320, 180],
      [66, 1030],
    ]) {
      const bytes = await jpeg(`${width}x${height}`)
      assert.equal(startsAsJpeg(bytes), true)
      for (const size of [1, 7, bytes.length]) {
        const track = { kind: 'image', pid: 0, codec: 'jpeg', width, height }
        assert.deepEqual(probed(bytes, size), { container: 'jpeg', tracks: [track] })
      }
    }
  })

  it('are refused when they end before they tell it', async () => {
    const bytes = await jpeg('320x180')
    const frameAt = bytes.indexOf(hex('ffc0'))
    assert.ok(frameAt > 0)
    assert.throws(() => probed(bytes.subarray(0, frameAt + 8)), MalformedMedia)
  })

  it('have a frame of any kind, behind tables, fill bytes and markers that stand alone', () => {
    const around = 'fffe 0004 ffc0 ffff ffc4 0003 00 ffd0'
    for (const marker of ['c0', 'c1', 'c2', 'c9', 'cf']) {
      const [track] = probed(hex(`${SOI} ${around} ${frame(marker)}`), 1).tracks
      assert.deepEqual([track.width, track.height], [16, 8])
    }
  })

  for (const [what, bytes] of [
    ['tables only', `${SOI} ffc4 0003 00`],
    ['a scan before its frame', `${SOI} ffda 0003 00 ${frame('c0')}`],
    ['an end before its frame', `${SOI} ffd9 ${frame('c0')}`],
    ['bytes between segments', `${SOI} fffe 0003 00 00 ${frame('c0')}`],
    ['a segment shorter than its length', `${SOI} fffe 0001 ${frame('c0')}`],
    ['no height', `${SOI} ffc0 000b 08 0000 0010 01 011100`],
  ] as const) {
    it(`with ${what} are refused`, () => assert.throws(() => probed(hex(bytes)), MalformedMedia))
  }

  it('of more than 20 MB are refused', () => {
    const probe = new JpegProbe()
    probe.push(hex(`${SOI} ${frame('c0')}`))
    const rest = new Uint8Array(10_000_000)
    probe.push(rest)
    assert.throws(() => probe.push(rest), /^MalformedMedia: JPEG is too large at byte 20000000$/)
  })
})
