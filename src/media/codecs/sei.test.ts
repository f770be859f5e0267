import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readSei } from './sei.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** Green, blue, red, white point, highest and lowest luminance. */
const MASTERING = '33c2 86c4 1d4c 0bb8 84d0 3e80 3d13 4042 00989680 00000001'

describe('readSei', () => {
  it('finds an exact recovery point behind other messages', () => {
    assert.deepEqual(readSei(hex('06 05 02 aabb 06 01 c4 80'), 1), { recoveryPoint: true })
    assert.deepEqual(readSei(hex(`06 05 ff01 ${'11'.repeat(256)} 06 01 c4 80`), 1), { recoveryPoint: true })
  })
  it('does not take gradual refresh or other messages for one', () => {
    for (const nal of ['06 06 01 44 80', '06 05 02 0606 80', '06 05 ff', '06 06 00 80', '06']) {
      assert.deepEqual(readSei(hex(nal), 1), {}, nal)
    }
  })
  it('reads mastering display, light levels and preferred transfer', () => {
    assert.deepEqual(
      readSei(hex(`4e01 89 18 ${MASTERING.replace('0000 0001', '0000030001')} 90 04 03e8 0190 93 01 12 80`), 2),
      {
        masteringDisplay: MASTERING.replaceAll(' ', ''),
        contentLight: { maxContent: 1000, maxPictureAverage: 400 },
        transfer: 18,
      },
    )
  })
  it('takes nothing from messages that are cut short', () => {
    assert.deepEqual(readSei(hex('4e01 89 17 00'), 2), {})
    assert.deepEqual(readSei(hex(`4e01 89 17 ${'11'.repeat(23)} 80`), 2), {})
    assert.deepEqual(readSei(hex('4e01 90 02 03e8 80'), 2), {})
    assert.deepEqual(readSei(hex(`4e01 ${'ff'.repeat(1000)}`), 2), {})
  })
})
