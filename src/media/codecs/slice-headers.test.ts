import assert from 'node:assert/strict'
import { encodedBytes } from '../../../test/fixtures/encoded.ts'
import { fieldPictures } from '../../../test/fixtures/field-pictures.ts'
import { nalUnits, type VideoCodec } from '../../../test/fixtures/nal-units.ts'
import { randomAvcSlices } from '../../../test/fixtures/random-avc-slices.ts'
import { randomHevcSlices } from '../../../test/fixtures/random-hevc-slices.ts'
import { type Random, seeded } from '../../../test/fuzz/mutants.ts'
import { tracedSliceHeaders } from '../../../test/judges/slice-headers.ts'
import { needing } from '../../../test/programs.ts'
import { MalformedMedia } from '../bytes.ts'
import { AvcSliceHeaders, HevcSliceHeaders, type SliceHeaders } from './slice-headers.ts'

const { describe, it } = needing('ffmpeg')

const NEW_HEADERS: Readonly<Record<VideoCodec, () => SliceHeaders>> = {
  h264: () => new AvcSliceHeaders(),
  hevc: () => new HevcSliceHeaders(),
}

/** Pictures that fade, move and change at once, so that encoders use what they can. */
const SOURCE = 'testsrc2=size=176x144:rate=25:duration=1,fade=in:0:12,fade=out:16:8'

function encoded(codec: VideoCodec, params: string, more: readonly string[] = []): Promise<Buffer> {
  const lib = codec === 'h264' ? 'libx264' : 'libx265'
  const quiet = codec === 'h264' ? 'threads=1' : 'log-level=none:pools=1:frame-threads=1'
  const encoder = ['-c:v', lib, '-preset', 'medium', `-${lib.slice(3)}-params`, `${quiet}:${params}`]
  const input = ['-v', 'error', '-f', 'lavfi', '-i', SOURCE, '-pix_fmt', 'yuv420p']
  return encodedBytes('ffmpeg', [...input, ...encoder, ...more, '-f', codec, 'pipe:1'])
}

type Stream = { readonly codec: VideoCodec; readonly params: string; readonly more?: string[]; readonly has: string[] }

/** By name, with elements that ffmpeg must have found, so that no stream is easier than it says. */
const STREAMS: Readonly<Record<string, Stream>> = {
  'B-frames, weights and several references': {
    codec: 'h264',
    params: 'bframes=3:b-pyramid=normal:ref=4:weightp=2:keyint=12',
    has: [
      'direct_spatial_mv_pred_flag',
      'luma_weight_l0_flag',
      'luma_offset_l0',
      'memory_management_control_operation',
    ],
  },
  'modified lists and slices': {
    codec: 'h264',
    params: 'slices=3:ref=4:weightp=1:intra-refresh=1',
    has: ['modification_of_pic_nums_idc', 'first_mb_in_slice', 'num_ref_idx_active_override_flag'],
  },
  'interlaced frames': {
    codec: 'h264',
    params: 'interlaced=1:tff=1:slices=2',
    has: ['field_pic_flag', 'delta_pic_order_cnt_bottom'],
  },
  'monochrome, weighted': { codec: 'h264', params: 'weightp=2', more: ['-pix_fmt', 'gray'], has: ['luma_offset_l0'] },
  '4:4:4': { codec: 'h264', params: 'weightp=2', more: ['-pix_fmt', 'yuv444p'], has: ['chroma_weight_l0_flag'] },
  'wavefronts, slices and weights': {
    codec: 'hevc',
    params: 'wpp=1:ctu=16:slices=3:weightb=1:bframes=4:ref=4',
    has: ['entry_point_offset_minus1', 'slice_segment_address', 'delta_chroma_log2_weight_denom', 'collocated_ref_idx'],
  },
  'open groups, temporal layers and no wavefronts': {
    codec: 'hevc',
    params:
      'wpp=0:open-gop=1:keyint=12:min-keyint=4:no-sao=1:deblock=1,1:repeat-headers=1:temporal-layers=1:opt-ref-list-length-pps=1:multi-pass-opt-rps=1',
    has: ['slice_temporal_mvp_enabled_flag'],
  },
  'intra refresh and 4:4:4': {
    codec: 'hevc',
    params: 'intra-refresh=1:weightp=1:cbqpoffs=2:no-deblock=1',
    more: ['-pix_fmt', 'yuv444p'],
    has: ['slice_sao_chroma_flag'],
  },
  'CAVLC without deblocking': { codec: 'h264', params: 'cabac=0:no-deblock=1:bframes=0', has: ['slice_qp_delta'] },
}

/** Random streams by seed: all fields that the standards have, which no encoder writes all. */
const RANDOM: Readonly<Record<VideoCodec, (random: Random, slices: number) => Buffer>> = {
  h264: randomAvcSlices,
  hevc: randomHevcSlices,
}

const SEED = Number(process.env['WINDROW_FUZZ_SEED'] ?? 1)
/** Mutants of each random stream; a soak sets more. */
const RUNS = Number(process.env['WINDROW_FUZZ_RUNS'] ?? 300)
const SLICES = 200

describe('the sizes of slice headers are those that ffmpeg traces', () => {
  for (const [name, { codec, params, more, has }] of Object.entries(STREAMS)) {
    it(`${codec}: ${name}`, async () => {
      const stream = await encoded(codec, params, more)
      const traced = await tracedSliceHeaders(codec, stream)
      const elements = new Set(traced.flatMap((header) => [...header.elements]))
      assert.deepEqual(
        has.filter((element) => !elements.has(element)),
        [],
      )
      judge(codec, stream, traced)
    })
  }

  for (const [codec, make] of Object.entries(RANDOM) as [VideoCodec, (typeof RANDOM)[VideoCodec]][]) {
    it(`${codec}: random fields, seed ${SEED}`, async () => {
      const stream = make(seeded(SEED), SLICES)
      const traced = await tracedSliceHeaders(codec, stream)
      assert.equal(traced.length, SLICES)
      judge(codec, stream, traced)
    })
  }

  it('h264: field pictures', async () => {
    const stream = Buffer.concat(fieldPictures(3).flat())
    judge('h264', stream, await tracedSliceHeaders('h264', stream))
  })
})

/** Compares bits with ffmpeg's, and bytes with bits: as many bytes of the NAL unit unescaped, and not one more. */
function judge(codec: VideoCodec, stream: Buffer, traced: readonly { readonly bits: number }[]): void {
  const headers = NEW_HEADERS[codec]()
  const sizes = nalUnits(stream).flatMap((unit) => {
    const size = headers.next(unit, 0, unit.length)
    if (size === undefined) return []
    assert.equal(unescapedSize(unit.subarray(0, size.bytes)), Math.ceil(size.bits / 8))
    assert.equal(unescapedSize(unit.subarray(0, size.bytes - 1)), Math.ceil(size.bits / 8) - 1)
    return [size.bits]
  })
  assert.deepEqual(
    sizes,
    traced.map(({ bits }) => bits),
  )
}

function unescapedSize(bytes: Buffer): number {
  return bytes.length - (bytes.toString('latin1').split('\0\0\x03').length - 1)
}

describe('slice headers that are broken', () => {
  for (const [codec, make] of Object.entries(RANDOM) as [VideoCodec, (typeof RANDOM)[VideoCodec]][]) {
    it(`end within their NAL units, or are refused with a named error: ${codec}, ${RUNS} mutants of seed ${SEED}`, () => {
      const random = seeded(SEED)
      const outcomes = { read: 0, refused: 0 }
      for (let run = 0; run < RUNS; run++) {
        const headers = NEW_HEADERS[codec]()
        for (const unit of nalUnits(make(random, 6))) {
          for (let flips = random(3); flips > 0; flips--) unit[random(Math.min(unit.length, 40))]! ^= 1 << random(8)
          const cut = random(8) === 0 ? unit.subarray(0, random(unit.length)) : unit
          try {
            const size = headers.next(cut, 0, cut.length)
            if (size) assert.ok(size.bytes <= cut.length && size.bits <= 8 * size.bytes)
            outcomes.read++
          } catch (error) {
            if (!(error instanceof MalformedMedia)) throw error
            outcomes.refused++
          }
        }
      }
      assert.ok(outcomes.read > RUNS && outcomes.refused > RUNS, JSON.stringify(outcomes))
    })
  }

  const refused = (codec: VideoCodec, unit: readonly number[], message: RegExp) => {
    const bytes = Buffer.from(unit)
    assert.throws(() => NEW_HEADERS[codec]().next(bytes, 0, bytes.length), message)
  }

  it('are refused by name: unknown parameter sets, partitions, ends', () => {
    refused('h264', [0x41, 0b11100000], /MalformedMedia: slice of unknown pic_parameter_set_id 0 at byte 0/)
    refused('hevc', [0x02, 1, 0b11000000], /slice of unknown slice_pic_parameter_set_id 0 at byte 0/)
    refused('h264', [0x42, 0], /partitioned slice/)
    refused('h264', [0x41], /slice header longer than its NAL unit at byte 1/)
  })
})
