import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readHevcPps, readHevcSps, readVps } from './hevc.ts'
import { LEAST_PICTURE_ID, MOST_PICTURE_ID, withHevcIds } from './hevc-ids.ts'
import { unescapeNal } from './nal.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

/** As x265 wrote them. */
const VPS = hex('40010c01ffff02200000030090000003000003007b959409')
const SPS = hex(
  '42010102200000030090000003000003007ba003c0801107cad965654a4c2f046a122012080000030008000003019300a4c370000989680004c4b640',
)
const PPS = hex('4401c073c109')

describe('withHevcIds', () => {
  for (const pictureId of [LEAST_PICTURE_ID, 22, MOST_PICTURE_ID]) {
    const ids = { sequenceId: 1 + (pictureId % 15), pictureId }
    const { sequenceId } = ids

    it(`gives parameter sets other ids, and changes nothing else: ${pictureId}`, () => {
      assert.deepEqual(readVps(withHevcIds(VPS, ids)!), { ...readVps(VPS), id: sequenceId })
      const sps = withHevcIds(SPS, ids)!
      assert.deepEqual(readHevcSps(sps), { ...readHevcSps(SPS), id: sequenceId, vpsId: sequenceId })
      assert.deepEqual(readHevcPps(withHevcIds(PPS, ids)!), { ...readHevcPps(PPS), id: pictureId, spsId: sequenceId })
    })

    it(`moves what follows in a slice by a byte: ${pictureId}`, () => {
      const bitsOf = (nal: Uint8Array) =>
        [...unescapeNal(nal, 2)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
      const code = (pictureId + 1).toString(2).padStart(9, '0')
      // A slice of a picture that refers to others, and one of an IDR picture, which has a flag more.
      for (const [nal, flags] of [
        [hex('0201d0000003012345'), 1],
        [hex('2801af0d000003000001'), 2],
      ] as const) {
        const [before, after] = [bitsOf(nal), bitsOf(withHevcIds(nal, ids)!)]
        assert.equal(after, before.slice(0, flags) + code + before.slice(flags + 1))
      }
    })
  }

  it('refuses slices that refer to another set than 0', () => {
    assert.equal(withHevcIds(hex('0201a000'), { sequenceId: 1, pictureId: 15 }), undefined)
  })
})
