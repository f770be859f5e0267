/** A few seconds of encoded television that go round for ever, with timestamps that go on. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodedFiles } from '../fixtures/encoded.ts'
import { words } from './processes.ts'

const TICKS_PER_SECOND = 90_000
/** A multiple of 8 s holds a whole number of AAC frames at 48 kHz. */
const LOOP_SEGMENTS = 8
const AUDIO_BANDWIDTH = 32_000

export type Television = {
  readonly segmentSeconds: number
  readonly frameRate: number
  /** Of lavfi, without its size and rate. */
  readonly picture: string
  readonly renditions: readonly { readonly name: string; readonly size: string; readonly bandwidth: number }[]
}

/** Segments of a second and a few kilobytes. */
export const TINY: Television = {
  segmentSeconds: 1,
  frameRate: 10,
  picture: '',
  renditions: [
    { name: 'big', size: '160x90', bandwidth: 120_000 },
    { name: 'small', size: '128x72', bandwidth: 90_000 },
  ],
}

export type LoopRendition = {
  readonly name: string
  /** Bits per second. */
  readonly bandwidth: number
  readonly segmentSeconds: number
  /** The segment of that number: an eighth of the loop, on a timeline that never jumps. */
  segment(number: number): Buffer
}

/** Renditions of one programme; every segment begins with a key frame, and holds audio and video. */
export async function encodeLoop(television: Television = TINY): Promise<LoopRendition[]> {
  const { segmentSeconds, frameRate, picture } = television
  const seconds = (LOOP_SEGMENTS + 2) * segmentSeconds
  const group = frameRate * segmentSeconds
  return Promise.all(
    television.renditions.map(async ({ name, size, bandwidth }) => {
      const video = bandwidth - AUDIO_BANDWIDTH
      const args = [
        ...words(`-hide_banner -loglevel error -y -f lavfi -i testsrc2=size=${size}:rate=${frameRate}${picture}`),
        ...words(`-f lavfi -i aevalsrc=0.2*sin(300*t*t):sample_rate=48000 -t ${seconds}`),
        ...words(`-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 1 -sc_threshold 0 -flags +cgop -threads 1`),
        ...words(`-g ${group} -keyint_min ${group} -b:v ${video} -maxrate ${video} -bufsize ${video}`),
        ...words(`-c:a aac -b:a ${AUDIO_BANDWIDTH} -f hls -hls_time ${segmentSeconds} -hls_list_size 0`),
        ...words(`-hls_segment_filename ${name}-%d.ts ${name}.m3u8`),
      ]
      const folder = await encodedFiles({ program: 'ffmpeg', args })
      // The first and the last hold what an encoder does at its beginning and its end alone.
      const loop = Array.from({ length: LOOP_SEGMENTS }, (_, index) =>
        readFileSync(join(folder, `${name}-${index + 1}.ts`)),
      )
      const segment = (number: number) => {
        const rounds = Math.floor(number / LOOP_SEGMENTS)
        const ticks = rounds * LOOP_SEGMENTS * segmentSeconds * TICKS_PER_SECOND
        const original = loop[number % LOOP_SEGMENTS]!
        return ticks === 0 ? original : delayed(original, ticks)
      }
      return { name, bandwidth, segmentSeconds, segment }
    }),
  )
}

const PACKET = 188

/** The same transport stream `ticks` later: every PCR, PTS and DTS is moved, modulo 2³³. */
export function delayed(segment: Buffer, ticks: number): Buffer {
  const moved = Buffer.from(segment)
  for (let at = 0; at + PACKET <= moved.length; at += PACKET) {
    const hasAdaptation = (moved[at + 3]! & 0x20) !== 0
    const hasPayload = (moved[at + 3]! & 0x10) !== 0
    const adaptation = hasAdaptation ? moved[at + 4]! + 1 : 0
    if (adaptation > 1 && (moved[at + 5]! & 0x10) !== 0) movePcr(moved, at + 6, ticks)
    const startsUnit = (moved[at + 1]! & 0x40) !== 0
    const pes = at + 4 + adaptation
    if (!hasPayload || !startsUnit || moved.readUIntBE(pes, 3) !== 1) continue
    const flags = moved[pes + 7]! >> 6
    if (flags >= 2) moveTimestamp(moved, pes + 9, ticks)
    if (flags === 3) moveTimestamp(moved, pes + 14, ticks)
  }
  return moved
}

const WRAP = 2 ** 33

function movePcr(bytes: Buffer, at: number, ticks: number): void {
  const base = bytes.readUInt32BE(at) * 2 + (bytes[at + 4]! >> 7)
  const moved = (base + ticks) % WRAP
  bytes.writeUInt32BE(Math.floor(moved / 2), at)
  bytes[at + 4] = ((moved % 2) << 7) | (bytes[at + 4]! & 0x7f)
}

/** Five bytes: 3, 15 and 15 bits of the time, each followed by a marker bit. */
function moveTimestamp(bytes: Buffer, at: number, ticks: number): void {
  const high = (bytes[at]! >> 1) & 7
  const middle = bytes.readUInt16BE(at + 1) >> 1
  const low = bytes.readUInt16BE(at + 3) >> 1
  const moved = (high * 2 ** 30 + middle * 2 ** 15 + low + ticks) % WRAP
  bytes[at] = (bytes[at]! & 0xf1) | (Math.floor(moved / 2 ** 30) << 1)
  bytes.writeUInt16BE(((Math.floor(moved / 2 ** 15) % 2 ** 15) << 1) | 1, at + 1)
  bytes.writeUInt16BE(((moved % 2 ** 15) << 1) | 1, at + 3)
}
