import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { archiveOf, at } from '../../../test/harvest/sample-harvest.ts'
import { hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { emptySamples, type Track } from '../../media/sample.ts'
import { FileSpool } from '../../stores/file-spool.ts'
import { movieTracks } from '../deliverables/movie-files.ts'
import { readWindow } from '../paged-window.ts'
import type { DemuxedObject, PlacedObject } from '../segments/demux-object.ts'
import type { LentMedia } from '../segments/lent-media.ts'
import type { FileRange, OpenSpool } from '../spool.ts'
import { progressiveFile } from './progressive-file.ts'

const SECONDS = 24
const openSpool: OpenSpool = () => new FileSpool('/nowhere')

/** Of pictures and sound of each object, a sample a second, of bytes that only it has. */
function demuxed({ object, stream, start }: PlacedObject): DemuxedObject {
  const tracks = stream.tracks.map(({ pid, kind }) => {
    const media = Buffer.from(Array.from({ length: 6 }, (_, n) => `${object.key} ${kind} ${n};`).join(''))
    const samples = emptySamples(6)
    for (let n = 0; n < 6; n++) {
      samples.sizes[n] = media.length / 6
      samples.dts[n] = start + n * 90_000
      samples.durations[n] = 90_000
      samples.sync[n] = n === 0 || kind === 'audio' ? 1 : 0
    }
    return { pid, timescale: 90_000, samples, media } as unknown as Track
  })
  return { tracks, events: [] }
}

/** The file, what was read to make it, and the bytes of it that are asked for. */
async function fileOf({ keptBytes, open = openSpool }: { keptBytes?: number; open?: OpenSpool }) {
  const archive = archiveOf(SECONDS / 6)
  const endpoint = hlsEndpoint()
  const window = (await readWindow(archive, endpoint, { start: at(0), end: at(SECONDS) }))!
  let segmentsRead = 0
  const lend = () => {
    segmentsRead++
    return { demuxed: async (placed: PlacedObject) => demuxed(placed), async end() {} } as unknown as LentMedia
  }
  const tracks = movieTracks({ endpoint, window: window.summary })
  const deps = { media: { lend }, openSpool: open, ...(keptBytes !== undefined && { keptBytes }) }
  const body = (await progressiveFile(tracks, (after) => window.batches(after), deps))!
  const bytes = async (range?: FileRange) => {
    const pieces: Buffer[] = []
    for await (const piece of body.open(range)) pieces.push(Buffer.from(piece))
    return Buffer.concat(pieces)
  }
  return { body, bytes, read: () => segmentsRead }
}

describe('a window as one file', () => {
  it('has the same bytes, in every part, however much of its media is kept', async () => {
    const again = await fileOf({})
    const whole = await again.bytes()
    assert.equal(whole.length, again.body.size)
    const segments = SECONDS / 6
    assert.equal(again.read(), 2 * segments)
    const media = whole.length - whole.indexOf('mdat') - 4
    for (const keptBytes of [0, 1, Math.floor(media / 2), media - 1, media]) {
      const kept = await fileOf({ keptBytes })
      assert.ok((await kept.bytes()).equals(whole), `${keptBytes} bytes`)
      if (keptBytes === media) assert.equal(kept.read(), segments)
      for (let start = 0; start < whole.length; start += Math.floor(whole.length / 7)) {
        const range = { start, end: Math.min(whole.length, start + Math.floor(whole.length / 3)) }
        assert.ok((await kept.bytes(range)).equals(whole.subarray(range.start, range.end)), `${start} of ${keptBytes}`)
      }
      await kept.body.close()
    }
  })

  it('is read twice where the disk has no room for its media', async () => {
    let tables = 0
    const counted: OpenSpool = () => {
      tables++
      return openSpool()
    }
    const whole = await (await fileOf({ open: counted })).bytes()
    let room = 300
    let spools = 0
    const open: OpenSpool = () => {
      const spool = openSpool()
      if (++spools <= tables) return spool
      return {
        async append(bytes) {
          room -= bytes.length
          if (room < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
          await spool.append(bytes)
        },
        read: (range) => spool.read(range),
        close: () => spool.close(),
      }
    }
    const file = await fileOf({ keptBytes: 2 ** 31, open })
    assert.ok(room < 0)
    assert.ok((await file.bytes()).equals(whole))
  })
})
