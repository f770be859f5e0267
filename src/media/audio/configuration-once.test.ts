import assert from 'node:assert/strict'
import { timestampTag } from '../../../test/fixtures/timed-metadata.ts'
import { type Multiplex, readMultiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { asMp4, demux, probeTs } from '../../../test/fuzz/demuxed.ts'
import { decodedFrames, encodeTs, ffprobePackets } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { demuxPackedAudio, PackedAudioProbe } from '../packed-audio.ts'
import type { AudioDescription } from '../track.ts'

const { describe, it } = needing('ffmpeg')

const AUDIO = 0x100
const known = { describedAudio: new Set([AUDIO]) }

/** Two seconds as two segments, the second of which has no program_config_element. */
async function halves(args: readonly string[]) {
  const ts = await encodeTs('audio', ['-aac_pce', '1', ...args])
  const multiplex = readMultiplex(ts)
  const at = multiplex.packets.length >> 1
  const part = (packets: Multiplex['packets']) => writeMultiplex({ ...multiplex, packets }, new Map())
  return { ts, first: part(multiplex.packets.slice(0, at)), second: part(multiplex.packets.slice(at)) }
}

const payloadOf = (ts: Buffer) => Buffer.concat(readMultiplex(ts).packets.map(({ payload }) => payload))

function probePacked(bytes: Uint8Array) {
  const probe = new PackedAudioProbe()
  probe.push(bytes)
  return probe.end()
}

describe('AAC that tells its channels in the first frame only', () => {
  for (const [name, args] of [
    ['stereo', ['-ac', '2']],
    ['mono at 44.1 kHz', ['-ac', '1', '-ar', '44100']],
    ['six channels', ['-ac', '6', '-b:a', '320k']],
  ] as const) {
    it(`${name}: has every frame in the segments after the first`, async () => {
      const { ts, first, second } = await halves(args)
      const [description] = probeTs(first).tracks as [AudioDescription]
      assert.equal(description.kind, 'audio')
      assert.deepEqual(probeTs(second).tracks, [{ kind: 'other', pid: AUDIO, streamType: 15 }])
      const [one, two] = [demux(first).tracks[0]!, demux(second, known).tracks[0]!]
      const packets = await ffprobePackets(ts, 'a:0')
      assert.equal(one.samples.count + two.samples.count, packets.length)
      assert.equal(two.samples.dts[0], one.samples.dts.at(-1)! + 1024)
      const times = probeTs(second).times[0]!
      assert.ok(Math.abs((times.first * two.timescale) / 90_000 - two.samples.dts[0]!) <= 0.5)
      // A decoder that has the header understands what follows it.
      assert.equal((await decodedFrames(asMp4(two, [description]), 'a:0')).length, two.samples.count)
    })
  }

  it('has them in packed audio', async () => {
    const { first, second } = await halves(['-ac', '2'])
    const [one, two] = [first, second].map((ts, i) =>
      Buffer.concat([timestampTag(900_000 + i * 90_000), payloadOf(ts)]),
    )
    assert.equal(probePacked(one!).tracks[0]!.kind, 'audio')
    const { tracks, times } = probePacked(two!)
    assert.deepEqual(tracks, [{ kind: 'other', pid: 0, streamType: 0 }])
    const track = demuxPackedAudio(two!, undefined, true)!
    assert.equal(track.samples.count, demux(second, known).tracks[0]!.samples.count)
    assert.equal(times[0]!.first, 990_000)
  })

  it('has no samples, and is listed nowhere, where nobody knows the channels', async () => {
    const { second } = await halves(['-ac', '2'])
    assert.deepEqual(demux(second).tracks, [])
    assert.equal(demuxPackedAudio(Buffer.concat([timestampTag(0), payloadOf(second)])), undefined)
  })
})
