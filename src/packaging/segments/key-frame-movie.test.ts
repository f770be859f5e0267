import assert from 'node:assert/strict'
import { severalPictures } from '../../../test/fixtures/edits.ts'
import { fieldMultiplex } from '../../../test/fixtures/field-pictures.ts'
import { writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { probeTs } from '../../../test/fuzz/demuxed.ts'
import { decodedFrames, encodeTs, ffprobePackets } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { readCmafHeader } from '../../media/mp4/cmaf.ts'
import { allSteps } from '../../media/steps.ts'
import { ticks } from '../../media/time.ts'
import { DemuxBuffer } from '../../media/ts/demux-buffer.ts'
import { keyFrameMovie } from './key-frame-movie.ts'

const { describe, it } = needing('ffmpeg')

const GROUP = ['-t', '1', '-g', '5', '-keyint_min', '5']
const X265 = 'log-level=error:pools=2:frame-threads=1:keyint=5:min-keyint=5:open-gop=0'
const HEVC = ['-t', '1', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', X265]

/** A movie of each key frame of a segment, made of no other bytes of it than the index names. */
function moviesOf(segment: Uint8Array): readonly Uint8Array[] {
  const { tracks, keyFrames } = probeTs(segment)
  const description = tracks.find((track) => track.kind === 'video')
  assert.ok(description)
  const buffer = new DemuxBuffer()
  return keyFrames.map(({ pts, offset, size }) => {
    buffer.fill([segment.subarray(offset, offset + size)])
    const movie = allSteps(keyFrameMovie(buffer, { description, pts, near: ticks(pts) }))
    assert.ok(movie)
    return movie
  })
}

describe('a key frame as a movie', () => {
  const sources: readonly [string, () => Promise<Uint8Array>, number][] = [
    ['H.264', () => encodeTs('both', GROUP), 5],
    ['HEVC', () => encodeTs('both', HEVC), 5],
    ['H.264 in fields', async () => writeMultiplex(fieldMultiplex(12, 'apart'), new Map()), 12],
    [
      'three pictures in a PES packet',
      async () => writeMultiplex(severalPictures(fieldMultiplex(12, 'together'), 3), new Map()),
      12,
    ],
  ]
  for (const [name, make, distance] of sources) {
    it(`is one picture, which decodes as in the segment: ${name}`, async () => {
      const segment = await make()
      const movies = moviesOf(segment)
      const expected = (await decodedFrames(segment, 'v:0')).filter((_, i) => i % distance === 0)
      assert.ok(expected.length > 0)
      assert.deepEqual((await Promise.all(movies.map((movie) => decodedFrames(movie, 'v:0')))).flat(), expected)
      const [packet, ...others] = await ffprobePackets(movies[0]!, 'v')
      assert.deepEqual([packet?.pts, packet?.flags.slice(0, 1), others], [0, 'K', []])
      assert.equal(readCmafHeader(movies[0]!).entry.kind, 'video')
      assert.ok(movies[0]!.length < segment.length)
    })
  }

  it('is none where the packets have none', () => {
    const segment = writeMultiplex(fieldMultiplex(12, 'apart'), new Map())
    const { tracks, keyFrames } = probeTs(segment)
    const [description] = tracks
    assert.equal(description?.kind, 'video')
    const { offset, size, pts } = keyFrames[0]!
    const buffer = new DemuxBuffer()
    for (const packets of [
      segment.subarray(offset + size, offset + 2 * size),
      new Uint8Array(),
      new Uint8Array(1880),
      Buffer.alloc(1000, 'noise'),
    ]) {
      buffer.fill([packets])
      assert.equal(allSteps(keyFrameMovie(buffer, { description, pts, near: ticks(pts) })), undefined)
    }
  })
})
