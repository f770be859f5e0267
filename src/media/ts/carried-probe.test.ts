import assert from 'node:assert/strict'
import { withDvbSubtitles } from '../../../test/fixtures/dvb-subtitles.ts'
import { withStream } from '../../../test/fixtures/edits.ts'
import { titleTag, withTags } from '../../../test/fixtures/timed-metadata.ts'
import { type Multiplex, readMultiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { probeTs } from '../../../test/fuzz/demuxed.ts'
import { encodeTs, ffprobePackets, run } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'

const { describe, it } = needing('ffmpeg')

const written = (multiplex: Multiplex) => writeMultiplex(multiplex, new Map())

describe('CarriedProbe', () => {
  it('tells DVB subtitles by their descriptor, and says their language', async () => {
    const plain = readMultiplex(await encodeTs('video', ['-t', '1']))
    const ts = written(withDvbSubtitles(plain, 'deu', [130_000, 140_000]))
    const { tracks, times } = probeTs(ts)
    assert.deepEqual(tracks[1], { kind: 'dvb-subtitles', pid: 0x1e0, streamType: 6, language: 'deu' })
    const entries = [
      '-select_streams',
      's',
      '-show_entries',
      'stream=codec_name,id:stream_tags=language',
      '-of',
      'csv=p=0',
    ]
    const said = String(await run('ffprobe', ['-v', 'error', ...entries, 'pipe:0'], ts)).trim()
    assert.match(said, /^dvb_subtitle,0x1e0,deu$/m)
    const pts = (await ffprobePackets(ts, 's')).map((packet) => packet.pts)
    assert.deepEqual([times[1]?.first, times[1]?.last], [Math.min(...pts), Math.max(...pts)])
  })

  it('tells ID3 by its stream type, whether there are tags or not', async () => {
    const plain = readMultiplex(await encodeTs('video', ['-t', '1']))
    const tags = [
      { pts: 130_000, tag: titleTag('one') },
      { pts: 150_000, tag: titleTag('two') },
    ]
    const found = probeTs(written(withTags(plain, tags)))
    assert.deepEqual(found.tracks[1], { kind: 'id3', pid: 0x1f0, streamType: 0x15 })
    assert.deepEqual(found.times[1], {
      first: 130_000,
      last: 150_000,
      bytes: tags[0]!.tag.length + tags[1]!.tag.length,
    })
    const none = probeTs(written(withTags(plain, [])))
    assert.deepEqual([none.tracks[1], none.times[1]], [found.tracks[1], null])
  })

  it('carries private data without a descriptor it knows as other', async () => {
    const plain = readMultiplex(await encodeTs('video', ['-t', '0.2']))
    const stream = { pid: 0x1e0, type: 6, descriptors: Buffer.from([0x0a, 4, 0x66, 0x72, 0x61, 0]) }
    const { tracks } = probeTs(written(withStream(plain, stream, [])))
    assert.deepEqual(tracks[1], { kind: 'other', pid: 0x1e0, streamType: 6, language: 'fra' })
  })

  it('takes times and key frames of other video from its multiplexer', async () => {
    const ts = await encodeTs('both', ['-c:v', 'mpeg2video', '-bf', '0', '-g', '10', '-t', '1'])
    const { tracks, firstPts, keyFrames, startsWithKeyFrame } = probeTs(ts)
    assert.deepEqual(tracks[0], { kind: 'other', pid: 0x100, streamType: 2 })
    const packets = await ffprobePackets(ts, 'v')
    assert.equal(firstPts, packets[0]!.pts)
    assert.equal(startsWithKeyFrame, true)
    assert.deepEqual(
      keyFrames.map(({ pts }) => pts),
      packets.filter(({ flags }) => flags.startsWith('K')).map(({ pts }) => pts),
    )
  })
})
