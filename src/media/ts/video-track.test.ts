import assert from 'node:assert/strict'
import {
  acrossPackets,
  severalPictures,
  withoutDelimiters,
  withoutFirstPictures,
} from '../../../test/fixtures/edits.ts'
import { byteStream, isParameterSet, isSlice, nalUnits } from '../../../test/fixtures/nal-units.ts'
import { type Multiplex, readMultiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { asMp4, demux, packetTimes, probeTs, sampleTimes, sampleUnits } from '../../../test/fuzz/demuxed.ts'
import { decodedFrames, encodeTs, ffprobePackets, packetHashes } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { someOf } from '../../../test/whole.ts'

const { before, describe, it } = needing('ffmpeg')

type Codec = 'h264' | 'hevc'

const kindOf = (codec: Codec) => (codec === 'h264' ? 'video' : 'hevc')

const h264 = (parameters: string, ...args: string[]) => encodeTs('video', ['-x264-params', parameters, ...args])

const hevc = (parameters: string, pixels = 'yuv420p') => {
  const x265 = `keyint=25:min-keyint=25:scenecut=0:repeat-headers=1:log-level=error:pools=2:frame-threads=1`
  const codec = ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', pixels, '-x265-params', `${x265}:${parameters}`]
  return encodeTs('video', codec)
}

const edited = (ts: Buffer, edit: (multiplex: Multiplex) => Multiplex) =>
  writeMultiplex(edit(readMultiplex(ts)), new Map())

/** Puts each slice into a PES packet of its own, the first of a picture with its times. */
const slicesApart = (codec: Codec) => (multiplex: Multiplex) => ({
  ...multiplex,
  packets: multiplex.packets.flatMap((pes) => {
    const units = nalUnits(pes.payload)
    const first = units.findIndex((unit) => isSlice(codec, unit))
    const { pid, streamId } = pes
    const later = units
      .slice(first + 1)
      .map((unit) => ({ pid, streamId, payload: byteStream([unit]), randomAccess: false }))
    return [{ ...pes, payload: byteStream(units.slice(0, first + 1)) }, ...later]
  }),
})

/** Moves the first one to four bytes of each access unit, part of its start code, to the PES packet before. */
const startCodesCut = (multiplex: Multiplex): Multiplex => {
  const packets = multiplex.packets.map((pes, i) => {
    const given = i === 0 ? 0 : 1 + (i % 4)
    const taken = 1 + ((i + 1) % 4)
    const next = multiplex.packets[i + 1]?.payload.subarray(0, taken) ?? Buffer.alloc(0)
    return { ...pes, payload: Buffer.concat([pes.payload.subarray(given), next]) }
  })
  return { ...multiplex, packets }
}

const OPEN_GOP = 'open-gop=1:bframes=3:b-adapt=0:keyint=10:min-keyint=10:b-pyramid=normal'
const MASTERING = 'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)'
const HDR10 = `hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll=1000,400:${MASTERING}`

describe('videoTrack', () => {
  type Source = {
    readonly codec: Codec
    readonly ts: Buffer
    readonly times: unknown
    readonly hashes: readonly string[]
  }
  const sources = new Map<string, Source>()
  before(async () => {
    const make = async (name: string, codec: Codec, encoded: Promise<Buffer>) => {
      const ts = await encoded
      const times = packetTimes(await ffprobePackets(ts, 'v:0'))
      sources.set(name, { codec, ts, times, hashes: await packetHashes(ts, kindOf(codec), '0:v:0') })
    }
    const made: readonly [name: string, codec: Codec, encode: () => Promise<Buffer>][] = [
      ['H.264', 'h264', () => h264('bframes=3:b-pyramid=normal:b-adapt=0')],
      ['H.264 in eight slices', 'h264', () => h264('slices=8:bframes=2')],
      ['H.264 with open GOPs', 'h264', () => h264(OPEN_GOP, '-flags', '-cgop')],
      ['H.264 interlaced', 'h264', () => h264('tff=1:bframes=2')],
      ['HEVC', 'hevc', () => hevc('bframes=3:b-adapt=0')],
      ['HEVC Main 10 HDR10', 'hevc', () => hevc(HDR10, 'yuv420p10le')],
      ['HEVC in four slices', 'hevc', () => hevc('slices=4')],
      ['HEVC with open GOPs', 'hevc', () => hevc('open-gop=1:bframes=4:b-adapt=0:keyint=10:min-keyint=10')],
      [
        'HEVC Main 10 HLG',
        'hevc',
        () => hevc('colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc', 'yuv420p10le'),
      ],
    ]
    for (const [name, codec, encode] of someOf(made, 2)) await make(name, codec, encode())
  })

  const edits: [string, (codec: Codec) => (multiplex: Multiplex) => Multiplex][] = [
    ['as ffmpeg multiplexes it', () => (multiplex) => multiplex],
    ['without delimiters', (codec) => (multiplex) => withoutDelimiters(codec, multiplex)],
    ['cut within pictures', () => acrossPackets],
    ['cut within start codes', () => startCodesCut],
    ['each slice in a PES packet', slicesApart],
    ['five pictures in a PES packet', () => (multiplex) => severalPictures(multiplex, 5)],
    ['all in one PES packet', () => (multiplex) => severalPictures(multiplex, 1000)],
    [
      'seven pictures in a PES packet, without delimiters',
      (codec) => (multiplex) => severalPictures(withoutDelimiters(codec, multiplex), 7),
    ],
  ]
  for (const [title, edit] of edits) {
    it(`${title}: times, key frames and bytes are those ffmpeg finds`, async () => {
      for (const [name, { codec, ts, times, hashes }] of sources) {
        const changed = edited(ts, edit(codec))
        const { tracks, dropped, continuityErrors } = demux(changed)
        assert.equal(dropped + continuityErrors, 0, name)
        const [track] = tracks
        assert.deepEqual(sampleTimes(track!), times, name)
        const described = probeTs(changed).tracks
        assert.deepEqual(described, probeTs(ts).tracks, name)
        assert.deepEqual(await packetHashes(asMp4(track!, described), kindOf(codec), '0:0'), hashes, name)
      }
    })
  }

  it('decodes in ffmpeg to the pictures of the source, without an error', async () => {
    for (const [name, { ts }] of sources) {
      const mp4 = asMp4(demux(ts).tracks[0]!, probeTs(ts).tracks)
      assert.deepEqual(await decodedFrames(mp4, 'v:0'), await decodedFrames(ts, 'v:0'), name)
    }
  })

  describe('parameter sets', () => {
    const sets = (ts: Buffer) =>
      nalUnits(readMultiplex(ts).packets[0]!.payload).filter((unit) => isParameterSet('h264', unit))
    const types = (units: readonly Buffer[]) => units.map((unit) => unit[0]! & 0x1f)
    let ts: Buffer
    let other: Buffer
    before(async () => {
      ts = sources.get('H.264')!.ts
      other = await h264('bframes=2', '-s', '160x90', '-output_ts_offset', '3')
    })

    it('of the header are left out, others stay in front of the picture that needs them', async () => {
      const again = await h264('bframes=3:b-pyramid=normal:b-adapt=0', '-output_ts_offset', '6')
      const joined = Buffer.concat([ts, other, again])
      const { tracks } = demux(joined, { configurations: new Map([[0x100, sets(ts)]]) })
      const units = sampleUnits(tracks[0]!)
      assert.equal(units.length, 150)
      assert.deepEqual(
        units.flatMap((sample, i) => (sample.some((unit) => isParameterSet('h264', unit)) ? [[i, types(sample)]] : [])),
        // The decoder has the header's sets no more once it has been given others.
        [
          [50, [7, 8, 6, 5]],
          [100, [7, 8, 6, 5]],
        ],
      )
      assert.deepEqual(units[50]!.slice(0, 2), sets(other))
      const decoded = await decodedFrames(asMp4(tracks[0]!, probeTs(ts).tracks), 'v:0')
      assert.equal(decoded.length, 150)
      const [before, after] = [await decodedFrames(ts, 'v:0'), await decodedFrames(again, 'v:0')]
      assert.deepEqual(decoded.slice(0, 50), before)
      assert.deepEqual(decoded.slice(100), after)
    })
    it('all stay when the header has others', () => {
      const configurations = new Map([[0x100, sets(other)]])
      const [first, ...rest] = sampleUnits(demux(ts, { configurations }).tracks[0]!).map(types)
      assert.deepEqual(first, [7, 8, 6, 5])
      assert.ok(rest.flat().every((type) => type === 1 || type === 5 || type === 6))
    })
    it('in front of the first picture are the header’s where that is not known', () => {
      const units = sampleUnits(demux(Buffer.concat([ts, other])).tracks[0]!).map(types)
      assert.deepEqual(
        [units[0], units[50]],
        [
          [6, 5],
          [7, 8, 6, 5],
        ],
      )
    })
  })

  describe('a stream that begins between key frames', () => {
    for (const codec of ['h264', 'hevc'] as const) {
      it(`loses its leading pictures when it is the first segment: ${codec}`, () => {
        const { ts } = sources.get(codec === 'h264' ? 'H.264' : 'HEVC')!
        const whole = demux(ts).tracks[0]!
        const later = edited(ts, (multiplex) => withoutFirstPictures(codec, multiplex, 10))
        const kept = demux(later).tracks[0]!
        assert.equal(kept.samples.count, 40)
        assert.equal(kept.samples.sync[0], 0)
        const { tracks, dropped } = demux(later, { fromKeyFrame: true })
        assert.equal(dropped, 0)
        assert.deepEqual(tracks[0]!.samples.dts, whole.samples.dts.slice(25))
        assert.deepEqual(sampleUnits(tracks[0]!), sampleUnits(whole).slice(25))
        assert.deepEqual(demux(ts, { fromKeyFrame: true }).tracks[0], whole)
      })
    }
    it('is no track when no key frame comes', () => {
      const later = edited(sources.get('H.264')!.ts, (multiplex) => withoutFirstPictures('h264', multiplex, 30))
      assert.deepEqual(demux(later, { fromKeyFrame: true }).tracks, [])
      assert.equal(demux(later).tracks.length, 1)
    })
  })

  it('is refused when it is a flood of units that hold nothing', () => {
    const flooded = edited(sources.get('H.264')!.ts, (multiplex) => {
      const [first, ...others] = multiplex.packets
      const payload = Buffer.concat([first!.payload, Buffer.alloc(4 * 2 ** 18, Buffer.from('00000109', 'hex'))])
      return { ...multiplex, packets: [{ ...first!, payload }, ...others] }
    })
    assert.throws(() => demux(flooded), /more than 262144 NAL units/)
  })

  it('drops a picture whose times are hours away, and goes on', () => {
    const { ts } = sources.get('H.264')!
    const hours = 8 * 3600 * 90_000
    const { packets, ...program } = readMultiplex(ts)
    const odd = packets.map((pes, i) => (i === 20 ? { ...pes, pts: pes.pts! + hours, dts: pes.dts! + hours } : pes))
    const { tracks, dropped } = demux(writeMultiplex({ ...program, packets: odd }, new Map()))
    assert.equal(dropped, 1)
    assert.equal(tracks[0]!.samples.count, 49)
  })

  it('has no times for pictures in front of the first that is stated, and drops them', () => {
    const { packets, ...program } = readMultiplex(sources.get('HEVC')!.ts)
    const untimed = packets.map(({ pts, dts, ...pes }, i) => (i < 3 ? pes : { ...pes, pts: pts!, dts: dts ?? pts! }))
    const { tracks, dropped } = demux(writeMultiplex({ ...program, packets: untimed }, new Map()))
    assert.equal(dropped, 3)
    assert.equal(tracks[0]!.samples.count, 47)
  })
})
