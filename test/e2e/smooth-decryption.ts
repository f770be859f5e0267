import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'

/** The `uuid` box with the IVs and subsamples of samples, Protected Interoperable File Format 1.1 §5.3.2.1. */
const SAMPLE_ENCRYPTION = 'a2394f525a9b4f14a2446c427c648df4'

type Box = { readonly type: string; readonly body: Buffer }

function boxes(bytes: Buffer): Box[] {
  const found: Box[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at)
    assert.ok(size >= 8 && at + size <= bytes.length, 'a whole box')
    found.push({ type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, at + size) })
    at += size
  }
  return found
}

function only(bytes: Buffer, ...path: readonly string[]): Buffer {
  return path.reduce((within, type) => {
    const [box, another] = boxes(within).filter((each) => each.type === type)
    assert.ok(box && !another, `one ${type}`)
    return box.body
  }, bytes)
}

/** The media of a fragment, sample after sample. */
export function mediaOf(fragment: Buffer): Buffer {
  return only(fragment, 'mdat')
}

/** The same of an encrypted fragment, decrypted by AES-128 in counter mode; and how many bytes of it were encrypted. */
export function decryptedMedia(fragment: Buffer, key: Buffer): { readonly media: Buffer; readonly encrypted: number } {
  const track = only(fragment, 'moof', 'traf')
  const box = boxes(track).find(
    ({ type, body }) => type === 'uuid' && body.toString('hex', 0, 16) === SAMPLE_ENCRYPTION,
  )
  assert.ok(box, 'a fragment with IVs')
  const hasSubsamples = (box.body.readUInt32BE(16) & 2) !== 0
  const sizes = sampleSizes(only(track, 'trun'))
  assert.equal(box.body.readUInt32BE(20), sizes.length)
  const media = Buffer.from(mediaOf(fragment))
  let [at, next, encrypted] = [24, 0, 0]
  for (const size of sizes) {
    const iv = Buffer.concat([box.body.subarray(at, at + 8), Buffer.alloc(8)])
    at += 8
    const decipher = createDecipheriv('aes-128-ctr', key, iv)
    const decrypt = (length: number) => {
      decipher.update(media.subarray(next, next + length)).copy(media, next)
      next += length
      encrypted += length
    }
    const end = next + size
    if (hasSubsamples) {
      let count = box.body.readUInt16BE(at)
      for (at += 2; count > 0; count--, at += 6) {
        next += box.body.readUInt16BE(at)
        decrypt(box.body.readUInt32BE(at + 2))
      }
    } else decrypt(size)
    assert.equal(next, end, 'subsamples as long as their sample')
  }
  assert.equal(next, media.length)
  return { media, encrypted }
}

/** ISO/IEC 14496-12 §8.8.8. */
function sampleSizes(trun: Buffer): number[] {
  const flags = trun.readUInt32BE(0) & 0xffffff
  assert.ok(flags & 0x200, 'sizes of samples')
  const before = flags & 0x100 ? 4 : 0
  const each = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4
  const first = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0)
  return Array.from({ length: trun.readUInt32BE(4) }, (_, i) => trun.readUInt32BE(first + i * each + before))
}
