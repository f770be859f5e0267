import assert from 'node:assert/strict'
import { fixture } from '../../../test/fixtures/catalogue.ts'
import { titleTag, withTags } from '../../../test/fixtures/timed-metadata.ts'
import { type Multiplex, readMultiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { demux, probeTs } from '../../../test/fuzz/demuxed.ts'
import { encodeTs, run } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { PTS_MODULUS, ticks } from '../time.ts'
import { DemuxBuffer } from './demux-buffer.ts'
import { demuxTs } from './demuxer.ts'

const { before, describe, it } = needing('ffmpeg')

/**
 * Bytes that ffprobe removes from every payload of this stream type: the header of a metadata access unit, which ID3
 * lacks.
 */
const TAKEN = 5

/** Time and payload of every packet, as ffprobe reads them. */
async function ffprobeTags(ts: Buffer): Promise<{ pts: number; tag: string }[]> {
  const args = ['-v', 'error', '-select_streams', 'd', '-show_packets', '-show_data', '-of', 'json', 'pipe:0']
  const { packets } = JSON.parse(String(await run('ffprobe', args, ts)))
  return packets.map(({ pts, data }: { pts: number; data: string }) => {
    const rows = data.trim().split('\n')
    return { pts: Number(pts), tag: rows.map((row) => row.slice(10, 50).replaceAll(' ', '')).join('') }
  })
}

describe('timed ID3', () => {
  let audio: Multiplex
  before(async () => {
    audio = readMultiplex(await encodeTs('audio', ['-ac', '2', '-t', '0.5']))
  })

  const events = (multiplex: Multiplex) => {
    const { events, dropped } = demux(writeMultiplex(multiplex, new Map()))
    return { dropped, events: events.map(({ pts, tag }) => [pts, Buffer.from(tag).toString('hex')]) }
  }
  /** PES packets of timed ID3 with other payloads and times. */
  const cut = (...pieces: readonly (readonly [pts: number | undefined, payload: Buffer])[]): Multiplex => {
    const tagged = withTags(
      audio,
      pieces.map(([, tag]) => ({ pts: 0, tag })),
    )
    const pids = new Set(audio.streams.map(({ pid }) => pid))
    let next = 0
    const packets = tagged.packets.map((pes) => {
      if (pids.has(pes.pid)) return pes
      const { pts: _, ...rest } = pes
      const [pts, payload] = pieces[next++]!
      return { ...rest, payload, ...(pts !== undefined && { pts }) }
    })
    return { ...tagged, packets }
  }
  const hex = (title: string) => titleTag(title).toString('hex')

  it('has the tags and times that ffprobe finds, apart from media', async () => {
    const { streams } = await fixture('id3-in-ts')
    let found = 0
    for (const { bytes } of streams[0]!.segments) {
      const { events, tracks, dropped } = demux(bytes)
      assert.deepEqual(
        events.map(({ pts, tag }) => ({ pts, tag: Buffer.from(tag).toString('hex', TAKEN) })),
        await ffprobeTags(bytes),
      )
      assert.equal(tracks.length, 2)
      assert.equal(dropped, 0)
      for (const { tag } of events) assert.match(String.fromCharCode(...tag), /^ID3.*TIT2/)
      found += events.length
    }
    assert.ok(found > 0)
  })

  it('has several tags in a PES packet, and tags that go on in the next', () => {
    const long = 'l'.repeat(500)
    const several = Buffer.concat([titleTag('a'), titleTag('b')])
    const multiplex = cut(
      [9000, several],
      [18_000, titleTag(long).subarray(0, 100)],
      [undefined, titleTag(long).subarray(100)],
      [27_000, titleTag('c')],
    )
    assert.deepEqual(events(multiplex), {
      dropped: 0,
      events: [
        [9000, hex('a')],
        [9000, hex('b')],
        [18_000, hex(long)],
        [27_000, hex('c')],
      ],
    })
  })

  it('leaves out what is cut off, no tag, or without a time, and counts it', () => {
    const multiplex = cut(
      [undefined, titleTag('untimed')],
      [9000, titleTag('a'.repeat(50)).subarray(0, 40)],
      [18_000, Buffer.from('no tag at all')],
      [27_000, titleTag('b')],
      [36_000, titleTag('c').subarray(0, -1)],
    )
    assert.deepEqual(events(multiplex), { dropped: 4, events: [[27_000, hex('b')]] })
  })

  it('has as many tags as a segment may have: the probe refuses more, and the demuxer leaves them out', () => {
    const empty = Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1')
    const most = writeMultiplex(cut([9000, Buffer.alloc(8192 * 10, empty)]), new Map())
    assert.equal(demux(most).events.length, 8192)
    assert.equal(probeTs(most, 1000).tracks.length, 2)
    const more = writeMultiplex(cut([9000, Buffer.alloc(8192 * 10, empty)], [18_000, empty]), new Map())
    const { events, dropped } = demux(more)
    assert.deepEqual([events.length, dropped], [8192, 1])
    assert.throws(() => probeTs(more, 1000), /more than 8192 ID3 tags/)
    // What is no tag, or has no time, is none to the probe either.
    const others = cut([9000, Buffer.alloc(8192 * 10, empty)], [undefined, Buffer.from('no tag')], [undefined, empty])
    assert.equal(probeTs(writeMultiplex(others, new Map()), 1000).tracks.length, 2)
  })

  it('keeps tags when the buffer is used again, on the timeline that is nearest', () => {
    const ts = writeMultiplex(cut([9000, titleTag('a')]), new Map())
    const buffer = new DemuxBuffer()
    buffer.fill([ts])
    const [event] = demuxTs(buffer, { near: ticks(PTS_MODULUS) }).events
    buffer.fill([Buffer.alloc(ts.length, 'x')])
    assert.deepEqual(Buffer.from(event!.tag), titleTag('a'))
    assert.equal(event!.pts, PTS_MODULUS + 9000)
  })
})
