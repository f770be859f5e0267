import assert from 'node:assert/strict'
import { fixture } from '../../../test/fixtures/catalogue.ts'
import { needing } from '../../../test/programs.ts'
import { ByteReader } from '../bytes.ts'
import { TsProbe } from '../ts/probe.ts'
import { captionsIn } from './captions.ts'

const { describe, it } = needing('ffmpeg')

/** A message of constructs: each its first byte, which has cc_valid and cc_type, and two of data. */
function message(constructs: string, flags = 0x40): string {
  const bytes = Buffer.from(constructs.replaceAll(' ', ''), 'hex')
  const count = Buffer.from([flags | (bytes.length / 3), 0xff])
  return Buffer.concat([Buffer.from('b5003147413934' + '03', 'hex'), count, bytes, Buffer.from([0xff])]).toString('hex')
}
const found = (hex: string) => captionsIn(new ByteReader(Buffer.from(hex, 'hex')))

describe('captions in pictures', () => {
  for (const [what, constructs, names] of [
    ['padding alone', 'fc8080 fd8080 fa0000', []],
    ['a control code in the first field', 'fc9420 fd8080', ['CC1']],
    ['the second channel of the first field', 'fc1c20', ['CC2']],
    ['both channels of the second field', 'fd1520 fd9d20', ['CC3', 'CC4']],
    ['characters without a control code', 'fcc1c2', []],
    ['other data of the second field', 'fd0103 fd0f5d', []],
    ['a code that is no caption', 'fc9400', []],
    ['constructs that are not valid', 'f89420 fb0222', []],
    ['packets of services', 'ff0222 fe4142 ff4263 fe4100', ['SERVICE1', 'SERVICE3']],
    ['a service block of no bytes, and an extended service', 'ff0220 ff02e2', []],
  ] as const) {
    it(`are told by ${what}`, () => assert.deepEqual(found(message(constructs)), names))
  }

  it('are none in other messages, and in what is cut off', () => {
    const whole = message('fc9420 fd1520')
    assert.deepEqual(found(whole.replace('4741', '4441')), [])
    assert.deepEqual(found(message('fc9420', 0)), [])
    for (let size = 0; size < whole.length; size += 2) {
      const names = found(whole.slice(0, size))
      assert.deepEqual(names, ['CC1', 'CC3'].slice(0, Math.max(0, Math.floor((size / 2 - 10) / 3))))
    }
  })

  for (const name of ['captions-608', 'captions-608-hevc'] as const) {
    it(`are found by the probe of a segment: ${name}`, async () => {
      const { streams } = await fixture(name)
      const probe = new TsProbe()
      probe.push(streams[0]!.segments[0]!.bytes)
      assert.deepEqual(probe.end().captions, ['CC1'])
    })
  }

  it('are none where pictures have none', async () => {
    const { streams } = await fixture('two-languages-separate')
    const probe = new TsProbe()
    probe.push(streams[0]!.segments[0]!.bytes)
    assert.equal(probe.end().captions, undefined)
  })
})
