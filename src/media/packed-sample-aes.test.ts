import assert from 'node:assert/strict'
import { packedAudio } from '../../test/fixtures/packed-audio.ts'
import { readMultiplex } from '../../test/fixtures/transport-stream.ts'
import { encodeTs } from '../../test/fuzz/media-samples.ts'
import { mutant, seeded } from '../../test/fuzz/mutants.ts'
import { decryptedTracks } from '../../test/judges/encrypted-hls.ts'
import { needing } from '../../test/programs.ts'
import { cbcEncryption } from '../packaging/segments/segment-cipher.ts'
import { hexOf, MalformedMedia } from './bytes.ts'
import { privateFrame } from './id3.ts'
import { framesOffset } from './packed-audio.ts'
import { encryptPackedAudioInSteps, SETUP_OWNER } from './packed-sample-aes.ts'
import { allSteps } from './steps.ts'
import { encryptSamples } from './ts/sample-aes.ts'

const { describe, it } = needing('ffmpeg')

const KEY = { key: Buffer.from('00112233445566778899aabbccddeeff', 'hex'), iv: Buffer.alloc(16, 0x5a) }
const cipher = { encrypt: cbcEncryption(KEY.key), iv: KEY.iv }

/** Two segments of one second, as transport streams and as packed audio. */
async function segmentsOf(codec: readonly string[]) {
  const args = ['-t', '1', '-c:a', ...codec]
  const ts = [await encodeTs('audio', args), await encodeTs('audio', [...args, '-output_ts_offset', '1'])]
  const packed = packedAudio(ts.map((bytes) => ({ bytes, duration: 1 })))
  return { ts, clear: packed.map(({ bytes }) => bytes as Buffer) }
}

const encrypted = (parts: readonly Uint8Array[], codec?: string) =>
  Buffer.concat(allSteps(encryptPackedAudioInSteps(parts, codec, cipher)))

/** The type and the data of the setup information in a segment. */
function setupIn(segment: Buffer): string {
  const from = framesOffset(segment)
  const at = segment.subarray(0, from).lastIndexOf('ID3')
  const setup = privateFrame(segment.subarray(at, from), SETUP_OWNER)!
  assert.deepEqual([...setup.subarray(4, 8)], [0, 0, 1, setup.length - 8])
  return `${Buffer.from(setup.subarray(0, 4)).toString('latin1')} ${hexOf(setup.subarray(8))}`
}

const framesIn = (segment: Buffer) => segment.subarray(framesOffset(segment))

const SETUPS = { aac: /^zaac 1188/, ac3: /^zac3 0b77[0-9a-f]{16}$/, eac3: /^zec3 [0-9a-f]{10}$/ }

describe('encryptPackedAudioInSteps', () => {
  for (const [codec, setup] of Object.entries(SETUPS)) {
    it(`encrypts the frames of ${codec} as those of a transport stream, and tells how they are set up`, async () => {
      const { ts, clear } = await segmentsOf([codec])
      for (const [index, segment] of clear.entries()) {
        const output = encrypted([segment])
        assert.match(setupIn(output), setup)
        const { packets } = readMultiplex(Buffer.concat(encryptSamples([ts[index]!], cipher)))
        assert.ok(framesIn(output).equals(Buffer.concat(packets.map(({ payload }) => payload))))
        assert.ok(!framesIn(output).equals(framesIn(segment)))
      }
    })
  }

  // ffmpeg 5.1 decrypts no packed audio but AAC: it cuts others into pieces that are no frames.
  it('gives ffmpeg every frame of AAC back', async () => {
    const { clear } = await segmentsOf(['aac'])
    const output = clear.map((segment) => encrypted([segment]))
    const hashes = async (segments: readonly Buffer[], method: 'SAMPLE-AES' | 'NONE') => {
      const [track] = await decryptedTracks(segments, method, KEY, 'aac')
      return track!.packets.map(({ size, hash }) => `${size} ${hash}`)
    }
    const expected = await hashes(clear, 'NONE')
    assert.ok(expected.length > 90)
    assert.deepEqual(await hashes(output, 'SAMPLE-AES'), expected)
  })

  it('has one output of a segment in several pieces, and leaves them as they are', async () => {
    const {
      clear: [clear],
    } = await segmentsOf(['aac'])
    const before = Buffer.from(clear!)
    const parts = [clear!.subarray(0, 5), clear!.subarray(5, 1000), clear!.subarray(1000)]
    assert.ok(encrypted(parts).equals(encrypted([clear!])))
    assert.ok(before.equals(clear!))
  })

  it('tells of band replication and parametric stereo', async () => {
    const {
      clear: [clear],
    } = await segmentsOf(['aac', '-ar', '24000'])
    assert.match(setupIn(encrypted([clear!], 'mp4a.40.5')), /^zach 2b0988/)
    assert.match(setupIn(encrypted([clear!], 'mp4a.40.29')), /^zacp eb0988/)
  })

  it('leaves no part of a frame that is cut off in the clear', async () => {
    const {
      clear: [clear],
    } = await segmentsOf(['aac'])
    const output = encrypted([clear!.subarray(0, clear!.length - 50)])
    const whole = framesIn(encrypted([clear!]))
    let end = 0
    while (framesIn(output)[end] === whole[end]) end++
    const left = framesIn(output).subarray(end)
    assert.ok(left.length > 100 && left.every((byte) => byte === 0), `${left.length} bytes`)
  })

  it('refuses what has no frame, and whatever else is malformed', async () => {
    const {
      clear: [clear],
    } = await segmentsOf(['aac'])
    assert.throws(() => encrypted([clear!.subarray(0, framesOffset(clear!))]), MalformedMedia)
    const random = seeded(3)
    for (let run = 0; run < 200; run++) {
      try {
        encrypted([mutant(clear!, random)])
      } catch (error) {
        if (!(error instanceof MalformedMedia)) throw error
      }
    }
  })
})
