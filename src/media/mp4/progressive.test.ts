import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFile, MP4BoxBuffer } from 'mp4box'
import { emptySamples } from '../sample.ts'
import type { AudioDescription } from '../track.ts'
import type { SampleChunk } from './chunk-tables.ts'
import { type HeadPart, progressiveHead, sizeOfHead } from './progressive.ts'
import { SampleTableWriter, type TableEntries } from './sample-tables.ts'

const AAC: AudioDescription = {
  kind: 'audio',
  pid: 257,
  codec: 'mp4a.40.2',
  configuration: '1190',
  sampleRate: 48_000,
  channels: 2,
  samplesPerFrame: 1024,
}

/** Frames of a second each, one in each chunk, of these sizes. */
function headOf(sizes: readonly number[], edits = [{ duration: sizes.length * 48_000, mediaTime: 0 }]) {
  const tables = new SampleTableWriter()
  for (const [i, size] of sizes.entries()) {
    const one = emptySamples(1)
    one.sizes[0] = size
    one.dts[0] = i * 48_000
    one.durations[0] = 48_000
    one.sync[0] = 1
    tables.add(one)
  }
  const facts = tables.finish()
  const entries = copied(tables.drain())
  const chunks = sizes.map((bytes): SampleChunk => ({ track: 0, samples: 1, bytes, description: 0 }))
  const head = progressiveHead([{ entries: [AAC], timescale: 48_000, edits, tables: facts }], chunks)
  return { head, entries }
}

const copied = (entries: TableEntries): TableEntries =>
  Object.fromEntries(Object.entries(entries).map(([name, bytes]) => [name, bytes.slice()])) as TableEntries

/** Offsets and sizes of the samples, as mp4box reads them. */
function samplesOf(head: readonly HeadPart[], entries: TableEntries) {
  const bytes = Buffer.concat(head.map((part) => (part instanceof Uint8Array ? part : entries[part.table])))
  assert.equal(bytes.length, sizeOfHead(head))
  const file = createFile()
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buffer, 0), false)
  const info = file.getInfo()
  const [track] = info.tracks
  const samples = file.getTrackSamplesInfo(track!.id)
  return { bytes, track: track!, samples: samples.map(({ offset, size }) => ({ offset, size })) }
}

describe('a movie whose tables come first', () => {
  it('tells where its samples are', () => {
    const { head, entries } = headOf([100, 200, 300])
    const { bytes, samples } = samplesOf(head, entries)
    assert.deepEqual(samples, [
      { offset: bytes.length, size: 100 },
      { offset: bytes.length + 100, size: 200 },
      { offset: bytes.length + 300, size: 300 },
    ])
    assert.ok(bytes.includes('stco') && !bytes.includes('co64'))
  })

  it('tells it beyond four gigabytes too', () => {
    const large = 3_000_000_000
    const { head, entries } = headOf([large, large, large])
    const { bytes, samples } = samplesOf(head, entries)
    assert.deepEqual(
      samples.map(({ offset }) => offset - bytes.length),
      [0, large, 2 * large],
    )
    assert.ok(bytes.includes('co64') && !bytes.includes('stco'))
    assert.equal(bytes.readBigUInt64BE(bytes.length - 8), BigInt(3 * large + 16), 'the size of mdat')
  })

  it('uses 64 bits where the head alone carries an offset beyond four gigabytes', () => {
    const most = 2 ** 32 - 200
    const { head, entries } = headOf([most, 1])
    const { bytes, samples } = samplesOf(head, entries)
    assert.deepEqual(samples[1], { offset: bytes.length + most, size: 1 })
  })

  it('lasts longer than 32 bits tell', () => {
    const day = 48_000 * 86_400
    const { head, entries } = headOf([1], [{ duration: 2 * day, mediaTime: 3 * day }])
    const { track } = samplesOf(head, entries)
    assert.equal(track.movie_duration, 2 * day)
    assert.deepEqual(
      track.edits?.map(({ segment_duration, media_time }) => [segment_duration, media_time]),
      [[2 * day, 3 * day]],
    )
  })
})
