import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { acrossPackets, severalPictures, withoutDelimiters } from '../../../test/fixtures/edits.ts'
import { byteStream, isSlice, nalUnits } from '../../../test/fixtures/nal-units.ts'
import { type Multiplex, readMultiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { asMp4, demux, packetTimes, probeTs, sampleTimes, sampleUnits } from '../../../test/fuzz/demuxed.ts'
import { decodedFrames, encodeTs, ffprobePackets, packetHashes } from '../../../test/fuzz/media-samples.ts'

type Codec = 'h264' | 'hevc'

const h264 = (parameters: string, ...args: string[]) => encodeTs('video', ['-x264-params', parameters, ...args])

const hevc = (parameters: string, pixels = 'yuv420p') => {
  const x265 = `keyint=25:min-keyint=25:scenecut=0:repeat-headers=1:log-level=error:pools=2:frame-threads=1`
  const codec = ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', pixels, '-x265-params', `${x265}:${parameters}`]
  return encodeTs('video', codec)
}

const edited = (ts: Buffer, edit: (multiplex: Multiplex) => Multiplex) =>
  writeMultiplex(edit(readMultiplex(ts)), new Map())

/** Each slice in a PES packet of its own, the first of a picture with its times. */
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

/** The first bytes of each access unit, its start code being one to four of them, end the PES packet before. */
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
  const sources = new Map<string, { readonly codec: Codec; readonly ts: Buffer }>()
  before(async () => {
    const make = async (name: string, codec: Codec, ts: Promise<Buffer>) => sources.set(name, { codec, ts: await ts })
    await make('H.264', 'h264', h264('bframes=3:b-pyramid=normal:b-adapt=0'))
    await make('H.264 in eight slices', 'h264', h264('slices=8:bframes=2'))
    await make('H.264 with open GOPs', 'h264', h264(OPEN_GOP, '-flags', '-cgop'))
    await make('H.264 interlaced', 'h264', h264('tff=1:bframes=2'))
    await make('HEVC', 'hevc', hevc('bframes=3:b-adapt=0'))
    await make('HEVC in four slices', 'hevc', hevc('slices=4'))
    await make('HEVC with open GOPs', 'hevc', hevc('open-gop=1:bframes=4:b-adapt=0:keyint=10:min-keyint=10'))
    await make('HEVC Main 10 HDR10', 'hevc', hevc(HDR10, 'yuv420p10le'))
    await make(
      'HEVC Main 10 HLG',
      'hevc',
      hevc('colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc', 'yuv420p10le'),
    )
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
      for (const [name, { codec, ts }] of sources) {
        const changed = edited(ts, edit(codec))
        const { tracks, dropped, continuityErrors } = demux(changed)
        assert.equal(dropped + continuityErrors, 0, name)
        const [track] = tracks
        assert.deepEqual(sampleTimes(track!), packetTimes(await ffprobePackets(ts, 'v:0')), name)
        const kind = codec === 'h264' ? 'video' : 'hevc'
        const described = probeTs(changed).tracks
        assert.deepEqual(described, probeTs(ts).tracks, name)
        assert.deepEqual(
          await packetHashes(asMp4(track!, described), kind, '0:0'),
          await packetHashes(ts, kind, '0:v:0'),
          name,
        )
      }
    })
  }
})
