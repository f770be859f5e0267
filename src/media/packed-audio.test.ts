import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FixtureName, fixture } from '../../test/fixtures/catalogue.ts'
import { timestampTag, titleTag } from '../../test/fixtures/timed-metadata.ts'
import { run } from '../../test/fuzz/media-samples.ts'
import { needing } from '../../test/programs.ts'
import { MalformedMedia } from './bytes.ts'
import { demuxPackedAudio, framesEnd, framesOffset, PackedAudioProbe } from './packed-audio.ts'
import { allSteps } from './steps.ts'
import { PTS_MODULUS, rescale, ticks } from './time.ts'

const { after, before, describe, it } = needing('ffmpeg')

function probe(bytes: Uint8Array, chunkSize = bytes.length) {
  const probe = new PackedAudioProbe()
  for (let at = 0; at < bytes.length; at += chunkSize) probe.push(bytes.subarray(at, at + chunkSize))
  return probe.end()
}

async function segmentsOf(name: FixtureName) {
  const { streams, plain } = await fixture(name)
  const { segments, extension } = streams.find((stream) => stream.name === 'eng')!
  return { extension, bytes: segments.map((segment) => segment.bytes), plain: plain!['eng']! }
}

const AAC: FixtureName = 'packed-aac-rendition'
const kinds: [FixtureName, string][] = [
  [AAC, 'mp4a.40.2'],
  ['packed-ac3-rendition', 'ac-3'],
  ['packed-eac3-rendition', 'ec-3'],
]

describe('packed audio', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-packed-'))
  })
  after(() => rm(folder, { recursive: true }))

  /** PTS and sizes as read by ffmpeg's HLS reader, which supports the timestamps in ID3. */
  async function hlsPackets(segment: Buffer, extension: string): Promise<{ pts: number; size: number }[]> {
    // ffmpeg checks the file name against the codec, and does not know ec3.
    const file = `a.${extension === 'ec3' ? 'eac3' : extension}`
    await writeFile(join(folder, file), segment)
    const playlist = join(folder, 'a.m3u8')
    await writeFile(playlist, `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${file}\n#EXT-X-ENDLIST\n`)
    const args = ['-v', 'error', '-allowed_extensions', 'ALL', '-show_entries', 'packet=pts_time,size', '-of', 'json']
    const { packets } = JSON.parse(String(await run('ffprobe', [...args, playlist])))
    return packets.map((packet: { pts_time: string; size: string }) => {
      return { pts: Math.round(Number(packet.pts_time) * 90_000), size: Number(packet.size) }
    })
  }

  for (const [name, codec] of kinds) {
    it(`${name}: probe and samples have the times that ffprobe finds`, async () => {
      const { bytes, extension } = await segmentsOf(name)
      const [segment] = bytes
      const packets = await hlsPackets(segment!, extension)
      const { container, tracks, times, firstPts, lastPts, continuityErrors } = probe(segment!)
      assert.deepEqual([container, tracks.length, continuityErrors], ['packed-audio', 1, undefined])
      assert.partialDeepStrictEqual(tracks[0], { kind: 'audio', pid: 0, codec, sampleRate: 48_000 })
      assert.equal(firstPts, packets[0]!.pts)
      assert.ok(Math.abs(lastPts - packets.at(-1)!.pts) <= 1)
      assert.deepEqual(times, [
        { first: firstPts, last: lastPts, bytes: packets.reduce((sum, { size }) => sum + size, 0) },
      ])
      const { samples, timescale, pid, kind } = demuxPackedAudio(segment!)!
      assert.deepEqual([timescale, pid, kind], [48_000, 0, 'audio'])
      assert.equal(samples.count, packets.length)
      for (const [i, dts] of samples.dts.entries()) {
        assert.ok(Math.abs(rescale(dts, timescale, 90_000) - packets[i]!.pts) <= 1, `frame ${i}`)
      }
    })

    it(`${name}: has the frames of the transport stream it was made of`, async () => {
      const { bytes, plain } = await segmentsOf(name)
      for (const [i, segment] of bytes.entries()) {
        const { media } = demuxPackedAudio(segment)!
        const filter = codec.startsWith('mp4a') ? ['-bsf', 'aac_adtstoasc'] : []
        const args = ['-v', 'error', '-i', 'pipe:0', '-map', '0:a', '-c', 'copy', ...filter, '-f', 'data', 'pipe:1']
        assert.deepEqual(Buffer.from(media), await run('ffmpeg', args, plain[i]))
      }
    })
  }

  it('is the same however the chunks are cut', async () => {
    const { bytes } = await segmentsOf(AAC)
    const tagged = Buffer.concat([titleTag('first'), bytes[1]!])
    const whole = probe(tagged)
    for (const size of [1, 9, 10, 11, 100, 4096]) assert.deepEqual(probe(tagged, size), whole, `cut at ${size}`)
    assert.equal(whole.firstPts, probe(bytes[1]!).firstPts)
  })

  it('does not touch the segment, and copies nothing of frames that are used as they lie', async () => {
    for (const [name] of kinds) {
      const [segment] = (await segmentsOf(name)).bytes
      const before = Buffer.from(segment!)
      const { media } = demuxPackedAudio(segment!)!
      assert.deepEqual(segment, before)
      assert.equal(media.buffer === segment!.buffer, name !== AAC)
    }
  })

  it('lies in the turn of the clock that is nearest', async () => {
    const { bytes } = await segmentsOf(AAC)
    const [plain, placed] = [undefined, ticks(3 * PTS_MODULUS)].map((near) => demuxPackedAudio(bytes[0]!, near)!)
    assert.equal(placed!.samples.dts[0]! - plain!.samples.dts[0]!, rescale(3 * PTS_MODULUS, 90_000, 48_000))
  })

  it('steps over damage, and counts it', async () => {
    const { bytes } = await segmentsOf('packed-ac3-rendition')
    const damaged = Buffer.from(bytes[0]!)
    const whole = demuxPackedAudio(damaged)!
    damaged.fill(0, 3000, 3100)
    damaged.fill(0, 3 * 768 + framesOffset(damaged), 3 * 768 + framesOffset(damaged) + 2)
    const { lastPts, continuityErrors } = probe(damaged.subarray(0, -10))
    assert.equal(continuityErrors, 2)
    const found = demuxPackedAudio(damaged.subarray(0, -10))!
    // The frame without a header, the one before it, whose end it was, and the last.
    assert.equal(found.samples.count, whole.samples.count - 3)
    assert.ok(lastPts > 0)
  })

  it('knows where the frames begin, so that segments can be joined', async () => {
    const { bytes } = await segmentsOf(AAC)
    assert.equal(framesOffset(bytes[0]!), timestampTag(0).length)
    assert.equal(framesOffset(Buffer.concat([titleTag('a'), titleTag('b'), bytes[0]!])), 2 * titleTag('a').length + 73)
    assert.equal(framesOffset(bytes[0]!.subarray(73)), 0)
    const joined = Buffer.concat([bytes[0]!, ...bytes.slice(1).map((each) => each.subarray(framesOffset(each)))])
    const probed = probe(joined)
    assert.equal(probed.continuityErrors, undefined)
    assert.ok(Math.abs(probed.lastPts - probe(bytes.at(-1)!).lastPts) <= 2)
  })

  for (const [name] of kinds) {
    it(`${name}: is cut behind the last frame that begins before a time`, async () => {
      const { bytes, extension } = await segmentsOf(name)
      const segment = bytes[1]!
      const packets = await hlsPackets(segment, extension)
      const { pts } = packets[0]!
      const [before, at] = [packets[19]!.pts, packets[20]!.pts]
      for (const [time, count] of [
        [before + 90, 20],
        [at - 2, 20],
        [at + 2, 21],
        [pts - 2, 0],
        [pts + 1e6, packets.length],
      ] as const) {
        const end = allSteps(framesEnd(segment, { near: ticks(pts + PTS_MODULUS), time: time + PTS_MODULUS }))
        const kept = segment.subarray(0, end)
        if (count === 0) assert.equal(end, framesOffset(segment))
        else assert.deepEqual(await hlsPackets(kept, extension), packets.slice(0, count))
      }
    })
  }

  describe('is refused', () => {
    const refused = (bytes: Uint8Array, message: RegExp) => {
      for (const attempt of [() => probe(bytes, 100), () => demuxPackedAudio(bytes)]) {
        assert.throws(attempt, (error) => error instanceof MalformedMedia && message.test(error.message))
      }
    }
    it('without a timestamp', async () => {
      const { bytes } = await segmentsOf(AAC)
      refused(bytes[0]!.subarray(framesOffset(bytes[0]!)), /no timestamp/)
      refused(Buffer.concat([titleTag('nothing'), bytes[0]!.subarray(framesOffset(bytes[0]!))]), /no timestamp/)
      refused(new Uint8Array(0), /no timestamp/)
    })
    it('with other frames', () => refused(Buffer.concat([timestampTag(1), Buffer.alloc(500, 'RIFF')]), /no frame of/))
    it('with a flood of frames that hold nothing', () => {
      // ADTS, AAC-LC, 48 kHz, stereo: eight bytes in all.
      const frame = Buffer.from('fff14c80011ffc00', 'hex')
      refused(Buffer.concat([timestampTag(1), Buffer.alloc(2 ** 21 + 8, frame)]), /more than 262144 audio frames/)
    })
    it('with a flood of tags', () => {
      const tags = Buffer.alloc(8192 * 10, Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'))
      refused(Buffer.concat([tags, timestampTag(1)]), /more than 8192 ID3 tags/)
    })
    it('with a tag that is cut off', () => refused(timestampTag(1).subarray(0, -1), /cut off/))
    it('with less than a frame, by the probe', async () => {
      const { bytes } = await segmentsOf(AAC)
      assert.throws(() => probe(bytes[0]!.subarray(0, 100)), MalformedMedia)
      assert.equal(demuxPackedAudio(bytes[0]!.subarray(0, 100)), undefined)
    })
  })
})
