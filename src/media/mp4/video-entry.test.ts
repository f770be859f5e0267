import assert from 'node:assert/strict'
import { createFile, MP4BoxBuffer } from 'mp4box'
import { asMp4, demux, probeTs } from '../../../test/fuzz/demuxed.ts'
import { encodeTs } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { ByteReader, ByteWriter, hexOf, MalformedMedia } from '../bytes.ts'
import type { VideoDescription } from '../track.ts'
import { readBoxes } from './box.ts'
import { readVideoEntry, writeVideoEntry } from './video-entry.ts'

const { describe, it } = needing('ffmpeg')

const MASTERING = 'G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)'

const hdr10 = () => {
  const x265 = `log-level=error:pools=2:hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:sar=4:range=full`
  const light = `max-cll=1000,400:master-display=${MASTERING}`
  const codec = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', `repeat-headers=1:${x265}:${light}`]
  return encodeTs('video', ['-t', '0.2', '-pix_fmt', 'yuv420p10le', ...codec])
}

/** The sample entry as mp4box reads it, in plain values. */
function mp4boxEntry(mp4: Buffer) {
  const file = createFile()
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(mp4).buffer, 0), true)
  file.flush()
  const entry = file.moov!.traks[0]!.mdia.minf.stbl.stsd.entries[0]!
  return { ...JSON.parse(JSON.stringify(entry)), type: entry.type }
}

const entryBytes = (entry: VideoDescription) => {
  const writer = new ByteWriter()
  writeVideoEntry(writer, entry)
  return Uint8Array.from(writer.result())
}

describe('a video sample entry', () => {
  it('says in mp4box what the bitstream says: HEVC, HDR10, 16:11', async () => {
    const ts = await hdr10()
    const { tracks } = probeTs(ts)
    const entry = mp4boxEntry(asMp4(demux(ts).tracks[0]!, tracks))
    assert.partialDeepStrictEqual(entry, {
      type: 'hvc1',
      width: 320,
      height: 180,
      hvcC: { general_profile_idc: 2, general_level_idc: 60, lengthSizeMinusOne: 3, bit_depth_luma_minus8: 2 },
      colr: {
        colour_type: 'nclx',
        colour_primaries: 9,
        transfer_characteristics: 16,
        matrix_coefficients: 9,
        full_range_flag: 1,
      },
      pasp: { hSpacing: 16, vSpacing: 11 },
      clli: { max_content_light_level: 1000, max_pic_average_light_level: 400 },
      mdcv: {
        display_primaries: [
          { x: 13_250, y: 34_500 },
          { x: 7500, y: 3000 },
          { x: 34_000, y: 16_000 },
        ],
        white_point: { x: 15_635, y: 16_450 },
        max_display_mastering_luminance: 10_000_000,
        min_display_mastering_luminance: 1,
      },
    })
  })

  it('is read back as it was written, but for the rate', async () => {
    for (const ts of [await hdr10(), await encodeTs('video', ['-t', '0.2'])]) {
      const { pid, frameRate, ...entry } = probeTs(ts).tracks[0] as VideoDescription
      const [box] = readBoxes(new ByteReader(entryBytes({ pid, ...entry })))
      assert.deepEqual(readVideoEntry(box!), entry)
    }
  })

  it('has no boxes for what is not known', async () => {
    const description = probeTs(await encodeTs('video', ['-t', '0.2'])).tracks[0] as VideoDescription
    const bytes = entryBytes(description)
    assert.equal(bytes.length, 86 + 8 + description.configuration.length / 2)
    assert.ok(hexOf(bytes).endsWith(description.configuration))
  })

  it('is refused without a decoder configuration', async () => {
    const description = probeTs(await encodeTs('video', ['-t', '0.2'])).tracks[0] as VideoDescription
    const [box] = readBoxes(new ByteReader(entryBytes({ ...description, codec: 'hvc1.1' })))
    assert.throws(() => readVideoEntry({ ...box!, type: 'avc1' }), MalformedMedia)
  })
})
