import assert from 'node:assert/strict'
import { writeCmafHeader, writeCmafSegment } from '../../src/media/mp4/cmaf.ts'
import type { Track } from '../../src/media/sample.ts'
import { PTS_MODULUS, rescale } from '../../src/media/time.ts'
import type { MediaProbe, TrackDescription } from '../../src/media/track.ts'
import { DemuxBuffer } from '../../src/media/ts/demux-buffer.ts'
import type { DemuxOptions } from '../../src/media/ts/demux-options.ts'
import { type DemuxedSegment, demuxTs } from '../../src/media/ts/demuxer.ts'
import { TsProbe } from '../../src/media/ts/probe.ts'
import type { ProbedPacket } from './media-samples.ts'

export function demux(ts: Uint8Array, options?: DemuxOptions): DemuxedSegment {
  const buffer = new DemuxBuffer()
  buffer.fill([ts])
  return demuxTs(buffer, options)
}

export function probeTs(ts: Uint8Array, chunkSize = ts.length): MediaProbe {
  const probe = new TsProbe()
  for (let at = 0; at < ts.length; at += chunkSize) probe.push(ts.subarray(at, at + chunkSize))
  return probe.end()
}

/** A file of one track, described as the probe did. */
export function asMp4(track: Track, tracks: readonly TrackDescription[]): Buffer {
  const entry = tracks.find(({ pid }) => pid === track.pid)
  assert.ok(entry?.kind === 'video' || entry?.kind === 'audio')
  return Buffer.concat([
    writeCmafHeader({ id: 1, timescale: track.timescale, entry }),
    ...writeCmafSegment({ sequenceNumber: 1, trackId: 1, samples: track.samples, media: [track.media] }),
  ])
}

/** ffprobe shows times before a wrap as negative. */
const mod33 = (time: number) => ((time % PTS_MODULUS) + PTS_MODULUS) % PTS_MODULUS

type SampleTimes = { readonly dts: number; readonly pts: number; readonly flags: string | undefined }

/** Times of each sample in ffprobe's terms: 33 bits. */
export function sampleTimes({ samples, timescale }: Track): SampleTimes[] {
  const wrapped = (time: number) => mod33(rescale(time, timescale, 90_000))
  return Array.from(samples.dts, (dts, i) => ({
    dts: wrapped(dts),
    pts: wrapped(dts + samples.compositionOffsets[i]!),
    flags: samples.sync[i] === 1 ? 'K' : '_',
  }))
}

export function packetTimes(packets: readonly ProbedPacket[]): SampleTimes[] {
  return packets.map(({ dts, pts, flags }) => ({ dts: mod33(dts), pts: mod33(pts), flags: flags[0] }))
}

/** The NAL units of each sample. */
export function sampleUnits({ samples, media }: Pick<Track, 'samples' | 'media'>): Buffer[][] {
  let at = 0
  return Array.from(samples.sizes, (size) => {
    const units: Buffer[] = []
    const end = at + size
    while (at < end) {
      const length = Buffer.from(media.buffer, media.byteOffset).readUInt32BE(at)
      units.push(Buffer.from(media.subarray(at + 4, at + 4 + length)))
      at += 4 + length
    }
    assert.equal(at, end)
    return units
  })
}
