import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { msFromTicks, ticks, utcMs } from '../../src/media/time.ts'
import type { MediaProbe } from '../../src/media/track.ts'
import { TsProbe } from '../../src/media/ts/probe.ts'
import type {
  ArchiveWindow,
  Era,
  OutputSegment,
  Slot,
  SlotObject,
  SourceStream,
} from '../../src/model/output-segment.ts'
import { encodedFiles } from '../fixtures/encoded.ts'
import { NOON, ORIGIN, subtitles, variant, windowOf } from '../origin/sample-channel.ts'
import { HarvestArchive } from './sample-harvest.ts'

const TEXT = 3
/** Streams that have nothing in some segments, from one up to another, by stream. */
const GAPS: Readonly<Record<number, readonly (readonly [from: number, to: number])[]>> = {
  1: [[185, 188]],
  // Over the borders of pages, and longer than what a batch tells of its neighbours.
  2: [
    [60, 70],
    [120, 165],
    [180, 184],
  ],
  [TEXT]: [[210, 219]],
}
/** Where another era begins. */
const BREAKS = [90, 171, 172, 200]
/** Segments that are not there at all. */
const LOST = new Set([20, 129])

type Media = { readonly bytes: Buffer; readonly probe: MediaProbe }

/** So many seconds of a small encoder, cut every second. */
export async function encodedSeconds(count: number): Promise<readonly Media[]> {
  const pictures = ['-f', 'lavfi', '-i', 'testsrc=size=64x36:rate=5']
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1', '-g', '5', '-pix_fmt', 'yuv420p']
  const muxer = ['-c:a', 'aac', '-b:a', '32k', '-t', `${count}`, '-f', 'hls', '-hls_time', '1', '-hls_list_size', '0']
  const args = ['-v', 'error', ...pictures, ...sound, ...codecs, ...muxer, 's.m3u8']
  const folder = await encodedFiles({ program: 'ffmpeg', args })
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const bytes = await readFile(join(folder, `s${n}.ts`))
      const probe = new TsProbe()
      probe.push(bytes)
      return { bytes, probe: probe.end() as MediaProbe }
    }),
  )
}

/** What a stream lacks: that of the second `n`. */
export type Lack = { readonly stream: number; readonly n: number }

export const keyOf = ({ stream, n }: Lack): string => `s${stream}-${n}`

/**
 * Two renditions and their subtitles, a segment to each second, with gaps in each, some that lack altogether, and eras.
 * A cue in every second, shown for one to twelve. It lacks `more` as well.
 */
export function longChannel(media: readonly Media[], more: readonly Lack[] = []): HarvestArchive {
  const misses = (stream: number, n: number) =>
    GAPS[stream]?.some(([from, to]) => n >= from && n < to) ||
    more.some((lack) => lack.stream === stream && lack.n === n)
  const bodies = new Map<string, Uint8Array>()
  const [{ probe: first }] = media as [Media]
  const streamsOf = (): readonly SourceStream[] => [
    variant(1, 900_000, first.tracks),
    variant(2, 500_000, first.tracks),
    subtitles(TEXT),
  ]
  const eras: Era[] = []
  let period = { number: 0, start: ticks(0), media: '' }
  let discontinuitySequence = 0
  const segments = media.flatMap(({ bytes, probe }, n): readonly OutputSegment[] => {
    const { firstPts, lastPts, times, keyFrames } = probe
    const start = ticks(firstPts)
    const startUtc = utcMs(NOON + msFromTicks(ticks(firstPts - first.firstPts)))
    const isBreak = n === 0 || BREAKS.includes(n)
    if (isBreak) {
      eras.push({ id: eras.length + 1, origin: ORIGIN, clock: { time: start, utc: startUtc }, streams: streamsOf() })
      if (n > 0) discontinuitySequence++
    }
    const era = eras.at(-1)!.id
    const duration = ticks((media[n + 1]?.probe.firstPts ?? lastPts + 18_000) - firstPts)
    const sealedAt = utcMs(startUtc + msFromTicks(duration))
    const common = { era, start, duration, startUtc, sealedAt }
    const object = (stream: number, body: Uint8Array): SlotObject => {
      const key = keyOf({ stream, n })
      bodies.set(key, body)
      return { key, size: body.length, crc32: crc32(body), sha256: key }
    }
    const cue = `00:00:00.500 --> 00:00:${String(1 + (n % 12)).padStart(2, '0')}.900\ncue ${n}\n`
    const text = Buffer.from(`WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${firstPts},LOCAL:00:00:00.000\n\n${cue}`)
    const objects: Record<number, SlotObject> = {}
    for (const stream of [1, 2])
      if (!misses(stream, n)) objects[stream] = { ...object(stream, bytes), times, keyFrames }
    // Cut like the pictures, and then otherwise: every third has what is said in three.
    const isCutAlike = n < 30
    if (!misses(TEXT, n) && (isCutAlike || n % 3 === 0)) {
      objects[TEXT] = { ...object(TEXT, text), ...(!isCutAlike && { duration: ticks(270_000) }) }
    }
    const present = `${era}/${[1, 2].filter((stream) => objects[stream])}`
    if (present !== period.media || LOST.has(n - 1)) period = { number: n + 1, start, media: present }
    if (LOST.has(n)) return []
    const slots: readonly Slot[] = [{ ...common, index: n, objects }]
    const { number: from, start: begin } = period
    const place = { discontinuity: isBreak && n > 0, discontinuitySequence, period: { number: from, start: begin } }
    return [{ ...common, number: n + 1, ...place, slots }]
  })
  const archive = new HarvestArchive(windowOf(segments, { eras }))
  for (const [key, body] of bodies) archive.overrides.set(key, body)
  return archive
}

/** The channel as it was at a moment. */
export function until(window: ArchiveWindow, moment: number): ArchiveWindow | undefined {
  const segments = window.segments.filter(({ sealedAt }) => sealedAt <= moment)
  const shown = new Set(segments.map(({ era }) => era))
  return segments.length === 0
    ? undefined
    : { ...window, segments, eras: window.eras.filter(({ id }) => shown.has(id)) }
}
