import assert from 'node:assert/strict'
import { probeTs } from '../../../test/fuzz/demuxed.ts'
import { decodedFrames, encodeTs, ffprobePackets } from '../../../test/fuzz/media-samples.ts'
import { decryptedTracks, LEFT_ENCRYPTED } from '../../../test/judges/encrypted-hls.ts'
import { tracksOfSegments } from '../../../test/judges/packets.ts'
import { needing } from '../../../test/programs.ts'
import { cbcEncryption, encryptSegment } from '../../packaging/segments/segment-cipher.ts'
import { MalformedMedia } from '../bytes.ts'
import { allSteps } from '../steps.ts'
import { keyFrameSegment } from './key-frame-segment.ts'
import { PACKET_SIZE } from './packet.ts'
import { findProgram } from './program.ts'
import { encryptSamples } from './sample-aes.ts'

const { before, describe, it } = needing('ffmpeg')

const KEY = { key: Buffer.alloc(16, 0x11), iv: Buffer.alloc(16, 0x22) }

describe('keyFrameSegment', () => {
  let segment: Buffer
  let made: Uint8Array[]
  before(async () => {
    segment = await encodeTs('both', ['-t', '1', '-g', '5', '-keyint_min', '5'])
    made = probeTs(segment).keyFrames.map((keyFrame) => keyFrameSegment(segment, keyFrame))
  })

  it('has the key frame alone, as it is in the segment, with its time', async () => {
    const keys = (await ffprobePackets(segment, 'v')).filter(({ flags }) => flags.startsWith('K'))
    assert.equal(made.length, keys.length)
    for (const [index, ts] of made.entries()) {
      const packets = await ffprobePackets(ts, 'v')
      assert.deepEqual(
        packets.map(({ pts, dts, data_hash }) => ({ pts, dts, data_hash })),
        [keys[index]!].map(({ pts, dts, data_hash }) => ({ pts, dts, data_hash })),
      )
    }
    assert.equal((await decodedFrames(made[1]!, 'v:0')).length, 1)
  })

  it('lists the stream of the picture only', () => {
    for (const ts of made) {
      assert.deepEqual(
        findProgram(ts).map.streams.map(({ streamType }) => streamType),
        [0x1b],
      )
      assert.ok(ts.length < segment.length / 3)
    }
  })

  it('is given back by ffmpeg when it is encrypted, whole or by samples', async () => {
    const expected = await tracksOfSegments(made)
    const whole = made.map((ts) => Buffer.concat(allSteps(encryptSegment([ts], KEY))))
    assert.deepEqual(await decryptedTracks(whole, 'AES-128', KEY), expected)
    const cipher = { encrypt: cbcEncryption(KEY.key), iv: KEY.iv }
    const bySamples = made.map((ts) => Buffer.concat(encryptSamples([ts], cipher)))
    const [track] = await decryptedTracks(bySamples, 'SAMPLE-AES', KEY)
    const judged = (packets: readonly unknown[]) => packets.slice(0, -LEFT_ENCRYPTED)
    assert.equal(judged(expected[0]!.packets).length, 3)
    assert.deepEqual(judged(track!.packets), judged(expected[0]!.packets))
  })

  it('refuses a place without a stream', () => {
    assert.throws(() => keyFrameSegment(segment, { offset: 0, size: PACKET_SIZE }), MalformedMedia)
    assert.throws(() => keyFrameSegment(segment, { offset: segment.length, size: PACKET_SIZE }), MalformedMedia)
  })
})
