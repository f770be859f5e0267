import assert from 'node:assert/strict'
import { createFile, MP4BoxBuffer } from 'mp4box'
import { run } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { ByteReader, ByteWriter, MalformedMedia } from '../bytes.ts'
import { readBoxes } from './box.ts'
import { readCmafHeader, writeCmafHeader, writeCmafSegment } from './cmaf.ts'
import { readTextEntry, writeTextEntry } from './text-entry.ts'

const { describe, it } = needing('ffmpeg')

const ENTRY = { kind: 'text', namespace: 'http://www.w3.org/ns/ttml' } as const
const HEADER = writeCmafHeader({ id: 1, timescale: 90_000, language: 'deu', entry: ENTRY })

describe('an stpp sample entry', () => {
  it('is read by mp4box', () => {
    const file = createFile()
    const bytes = HEADER.buffer.slice(HEADER.byteOffset, HEADER.byteOffset + HEADER.length) as ArrayBuffer
    file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes, 0), true)
    const [track] = file.getInfo().tracks
    assert.partialDeepStrictEqual(track, { codec: 'stpp', timescale: 90_000, language: 'deu', type: 'subtitles' })
    const entry = file.moov.traks[0]!.mdia.minf.stbl.stsd.entries[0]
    assert.partialDeepStrictEqual(entry, { namespace: ENTRY.namespace, schema_location: '', auxiliary_mime_types: '' })
  })

  it('has its documents as samples in ffprobe', async () => {
    const document = Buffer.from('<tt xmlns="http://www.w3.org/ns/ttml"/>')
    const samples = {
      count: 1,
      sizes: Uint32Array.of(document.length),
      dts: Float64Array.of(2 ** 34),
      compositionOffsets: Int32Array.of(0),
      durations: Uint32Array.of(180_000),
      sync: Uint8Array.of(1),
    }
    const file = Buffer.concat([
      HEADER,
      ...writeCmafSegment({ sequenceNumber: 1, trackId: 1, samples, media: [document] }),
    ])
    const entries = 'stream=codec_tag_string:packet=pts,size'
    const found = JSON.parse(
      String(await run('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', 'pipe:0'], file)),
    )
    assert.partialDeepStrictEqual(found.streams[0], { codec_tag_string: 'stpp' })
    assert.partialDeepStrictEqual(found.packets[0], { pts: 2 ** 34, size: String(document.length) })
  })

  it('reads back what it wrote, and refuses a name without an end', () => {
    assert.deepEqual(readCmafHeader(HEADER).entry, ENTRY)
    const writer = new ByteWriter()
    writeTextEntry(writer, ENTRY)
    const cut = writer.result().slice(0, 20)
    cut.set([0, 0, 0, 20])
    assert.throws(() => readTextEntry(readBoxes(new ByteReader(cut))[0]!), MalformedMedia)
  })
})
