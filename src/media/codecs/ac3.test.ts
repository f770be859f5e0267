import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bits } from '../../../test/fixtures/bits.ts'
import { encodedBytes } from '../../../test/fixtures/encoded.ts'
import { run } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { bytesOfHex, hexOf, MalformedMedia } from '../bytes.ts'
import { Ac3AccessUnit } from './ac3.ts'
import { readDac3, readDec3, writeDec3 } from './ac3-configuration.ts'
import { Ac3Header } from './ac3-header.ts'
import { readEnhancedBsi } from './eac3-bsi.ts'

const { after, before, describe, it } = needing('ffmpeg')

const SOUND = ['-f', 'lavfi', '-i', 'sine=440:sample_rate=48000', '-t', '0.2']

function describeFirst(frame: Uint8Array) {
  const header = new Ac3Header()
  assert.equal(header.read(frame, 0), true)
  const unit = new Ac3AccessUnit()
  unit.add(header, frame.subarray(0, header.frameSize))
  return unit.describe()
}

/** Writes fields of a bsi(), each given as a number of bits and a value. */
function bsi(...fields: readonly (readonly [bits: number, value: number])[]): Buffer {
  const bits = new Bits().put(16, 0x0b77)
  for (const [size, value] of fields) bits.put(size, value)
  return Buffer.concat([bits.bytes(), Buffer.alloc(64)])
}

describe('AC-3 and E-AC-3', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-ac3-'))
  })
  after(() => rm(folder, { recursive: true }))

  const encodings: [string, number, number, string[]][] = [
    ['ac3', 6, 48_000, ['-b:a', '448k']],
    ['ac3', 2, 48_000, ['-b:a', '192k']],
    ['ac3', 1, 44_100, ['-b:a', '96k']],
    ['ac3', 4, 32_000, ['-b:a', '384k']],
    ['ac3', 3, 44_100, []],
    ['eac3', 6, 48_000, ['-b:a', '192k']],
    ['eac3', 2, 44_100, ['-b:a', '128k']],
    ['eac3', 1, 32_000, ['-b:a', '64k']],
    ['eac3', 2, 48_000, ['-b:a', '1500k']],
  ]
  for (const [codec, channels, sampleRate, more] of encodings) {
    it(`${codec}, ${channels} channels, ${sampleRate} Hz ${more.at(-1) ?? ''}: described as ffmpeg's MP4 does`, async () => {
      const args = [...SOUND, '-c:a', codec, '-ac', `${channels}`, '-ar', `${sampleRate}`, ...more]
      const raw = await encodedBytes('ffmpeg', ['-v', 'error', ...args, '-f', codec, 'pipe:1'])
      const file = join(folder, 'foreign.mp4')
      await run('ffmpeg', ['-v', 'error', '-y', '-f', codec, '-i', 'pipe:0', '-c', 'copy', file], raw)
      const mp4 = await readFile(file)
      const at = mp4.indexOf(codec === 'ac3' ? 'dac3' : 'dec3')
      const payload = mp4.subarray(at + 4, at - 4 + mp4.readUInt32BE(at - 4))
      assert.deepEqual(describeFirst(raw), {
        codec: codec === 'ac3' ? 'ac-3' : 'ec-3',
        configuration: payload.toString('hex'),
        sampleRate,
        channels,
        samplesPerFrame: 1536,
      })
    })
  }

  it('knows the size of frames that differ by a word at 44.1 kHz', async () => {
    const raw = await encodedBytes('ffmpeg', [
      '-v',
      'error',
      ...SOUND,
      '-c:a',
      'ac3',
      '-ar',
      '44100',
      '-f',
      'ac3',
      'pipe:1',
    ])
    const header = new Ac3Header()
    const sizes = new Set<number>()
    let at = 0
    for (; at < raw.length; at += header.frameSize) {
      assert.equal(header.read(raw, at), true, `frame at ${at}`)
      sizes.add(header.frameSize)
    }
    assert.equal(at, raw.length)
    assert.equal(sizes.size, 2)
  })

  it('takes no other bytes for a frame', () => {
    const header = new Ac3Header()
    const frame = Uint8Array.of(0x0b, 0x77, 0, 0, 0x1e, 0x40, 0xe1)
    assert.equal(header.read(frame, 0), true)
    assert.equal(header.frameSize, 1792)
    assert.equal(header.read(frame.with(1, 0x78), 0), false, 'no syncword')
    assert.equal(header.read(frame.with(4, 0xde), 0), false, 'no such rate')
    assert.equal(header.read(frame.with(4, 0x3f), 0), false, 'no such size')
    assert.equal(header.read(frame.with(5, 0xf8), 0), false, 'no such version')
    const enhanced = Uint8Array.of(0x0b, 0x77, 0, 0x40, 0x3f, 0x80, 0)
    assert.equal(header.read(enhanced, 0), true)
    assert.equal(header.read(enhanced.with(2, 0xc0), 0), false, 'reserved stream type')
    assert.equal(header.read(enhanced.with(3, 2), 0), false, 'frame shorter than its header')
    assert.equal(header.read(enhanced.with(4, 0xff), 0), false, 'no such half rate')
  })

  it('finds what lies behind every optional field of E-AC-3', () => {
    // strmtyp 0, substream 0, size, 48 kHz, one block, acmod 7, LFE, bsid 16, dialnorm, compr.
    const head = [
      [2, 0],
      [3, 0],
      [11, 200],
      [2, 0],
      [2, 0],
      [3, 7],
      [1, 1],
      [5, 16],
      [5, 31],
      [1, 1],
      [8, 255],
    ] as const
    const mixing = [
      [1, 1],
      [2, 3],
      [6, 63],
      [6, 63],
      [1, 1],
      [5, 31],
      [1, 1],
      [6, 63],
      [1, 1],
      [6, 63],
    ] as const
    const mixdata = [
      [2, 3],
      [5, 1],
      [8, 255],
      [8, 255],
      [8, 255],
      [1, 1],
      [5, 31],
    ] as const
    const information = [
      [1, 1],
      [3, 5],
      [2, 3],
      [2, 3],
      [1, 1],
      [8, 255],
      [1, 1],
    ] as const
    const additional = [
      [1, 1],
      [6, 1],
      [7, 0],
      [1, 1],
      [8, 16],
    ] as const
    const frame = bsi(...head, ...mixing, ...mixdata, ...information, [1, 1], ...additional)
    assert.deepEqual(readEnhancedBsi(frame), { bsmod: 5, converterSync: true, jointObjectCoding: 16 })
  })

  it('finds the same in two mono programs in one, and in a dependent substream', () => {
    // 1+1 channels, two blocks, 44.1 kHz; no mixing data but panning of both.
    const dual = bsi(
      ...([
        [2, 0],
        [3, 0],
        [11, 200],
        [2, 1],
        [2, 1],
        [3, 0],
        [1, 0],
        [5, 16],
        [5, 31],
        [1, 0],
        [5, 31],
        [1, 1],
      ] as const),
      ...([
        [8, 1],
        [1, 1],
        [1, 0],
        [1, 0],
        [1, 0],
        [2, 1],
        [5, 31],
        [1, 1],
        [14, 9],
        [1, 1],
        [14, 9],
        [1, 1],
      ] as const),
      ...([
        [1, 1],
        [5, 31],
        [1, 0],
        [1, 1],
        [3, 2],
        [2, 0],
        [1, 0],
        [1, 1],
        [8, 255],
        [1, 0],
        [1, 0],
        [1, 0],
      ] as const),
    )
    assert.deepEqual(readEnhancedBsi(dual), { bsmod: 2, converterSync: false })
    const dependent = bsi(
      ...([
        [2, 1],
        [3, 0],
        [11, 200],
        [2, 0],
        [2, 3],
        [3, 2],
        [1, 0],
        [5, 16],
        [5, 31],
        [1, 0],
        [1, 1],
      ] as const),
      ...([
        [16, 0x0200],
        [1, 0],
        [1, 0],
        [1, 1],
        [6, 0],
        [8, 1],
      ] as const),
    )
    // Extension type A is announced, and has no room for its index.
    assert.deepEqual(readEnhancedBsi(dependent), { bsmod: 0, channelMap: 0x0200 })
    assert.throws(() => readEnhancedBsi(dependent.subarray(0, 8)), MalformedMedia)
  })

  it('reads back the payloads of dac3 and dec3', () => {
    assert.deepEqual(readDac3(bytesOfHex('103de0')), {
      fscod: 0,
      bsid: 8,
      bsmod: 0,
      acmod: 7,
      lfeon: true,
      bitRateCode: 15,
    })
    const program = { fscod: 0, bsid: 16, bsmod: 0, acmod: 7, lfeon: true }
    const config = {
      dataRate: 768,
      programs: [
        { ...program, dependentSubstreams: 1, dependentLocations: 0x0202 },
        { ...program, acmod: 1, lfeon: false, bsmod: 2, dependentSubstreams: 0, dependentLocations: 0 },
      ],
      jointObjectCoding: 12,
    }
    assert.deepEqual(readDec3(writeDec3(config)), config)
    assert.equal(hexOf(writeDec3(config)), '1801200f0302202200010c')
    assert.throws(() => readDec3(writeDec3(config).subarray(0, 7)), MalformedMedia)
  })
})
