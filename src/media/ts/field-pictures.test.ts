import assert from 'node:assert/strict'
import { severalPictures, withoutDelimiters } from '../../../test/fixtures/edits.ts'
import { fieldMultiplex, fieldPictures } from '../../../test/fixtures/field-pictures.ts'
import { type Multiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { asMp4, demux, probeTs, sampleUnits } from '../../../test/fuzz/demuxed.ts'
import { decodedFrames, run } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'

const { describe, it } = needing('ffmpeg')

const FRAMES = 12

describe('field pictures', () => {
  const streams: [string, Multiplex][] = [
    ['both fields in a PES packet', fieldMultiplex(FRAMES, 'together')],
    ['each field in a PES packet of its own', fieldMultiplex(FRAMES, 'apart')],
    ['without delimiters', withoutDelimiters('h264', fieldMultiplex(FRAMES, 'together'))],
    ['apart, without delimiters', withoutDelimiters('h264', fieldMultiplex(FRAMES, 'apart'))],
    ['three frames in a PES packet', severalPictures(fieldMultiplex(FRAMES, 'together'), 3)],
  ]
  for (const [name, multiplex] of streams) {
    it(`make one sample a frame, that decodes as the frames do: ${name}`, async () => {
      const bare = Buffer.concat(fieldPictures(FRAMES).flat())
      const decode = ['-v', 'error', '-xerror', '-f', 'h264', '-i', 'pipe:0', '-f', 'framemd5', 'pipe:1']
      const expected = String(await run('ffmpeg', decode, bare)).match(/[0-9a-f]{32}$/gm)
      assert.equal(expected?.length, FRAMES)
      assert.equal(new Set(expected).size, FRAMES)

      const ts = writeMultiplex(multiplex, new Map())
      const { tracks, dropped } = demux(ts)
      const { samples } = tracks[0]!
      assert.equal(dropped, 0)
      assert.deepEqual(
        sampleUnits(tracks[0]!).map((units) => units.map((unit) => unit[0])),
        Array.from({ length: FRAMES }, (_, i) => [i === 0 ? 0x65 : 0x41, 0x41]),
      )
      assert.deepEqual(
        [...samples.dts],
        Array.from({ length: FRAMES }, (_, i) => 90_000 + 3600 * i),
      )
      assert.ok(samples.compositionOffsets.every((offset) => offset === 0))
      assert.deepEqual([...samples.sync], [1, ...Array(FRAMES - 1).fill(0)])
      assert.deepEqual(await decodedFrames(asMp4(tracks[0]!, probeTs(ts).tracks), 'v:0'), expected)
    })
  }

  it('are key frames as a whole', () => {
    const ts = writeMultiplex(fieldMultiplex(FRAMES, 'apart'), new Map())
    const { keyFrames, tracks, times } = probeTs(ts)
    const starts = []
    for (let at = 0; at < ts.length; at += 188) if (ts.readUInt16BE(at + 1) === 0x4100) starts.push(at)
    assert.equal(starts.length, 2 * FRAMES)
    assert.deepEqual(keyFrames, [{ pts: 90_000, offset: starts[0], size: starts[2]! - starts[0]! }])
    assert.partialDeepStrictEqual(tracks[0], { width: 64, height: 64, frameRate: { numerator: 25, denominator: 1 } })
    assert.equal(times[0]?.first, 90_000)
  })
})
