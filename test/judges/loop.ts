/** A few seconds of encoded television that go round for ever, with timestamps that go on. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, temporaryFolder, words } from './belongings.ts'

const TICKS_PER_SECOND = 90_000
/** A multiple of 8 s holds a whole number of AAC frames at 48 kHz. */
const LOOP_SEGMENTS = 8
const RENDITIONS = [
  { name: 'big', size: '160x90', bandwidth: 120_000 },
  { name: 'small', size: '128x72', bandwidth: 90_000 },
] as const

export type LoopRendition = {
  readonly name: string
  readonly bandwidth: number
  /** The segment of that number: an eighth of the loop, on a timeline that never jumps. */
  segment(number: number): Buffer
}

/** Two renditions in segments of one second, each a key frame and a few kilobytes, audio and video in one. */
export async function encodeLoop(): Promise<LoopRendition[]> {
  const folder = temporaryFolder('loop')
  return Promise.all(
    RENDITIONS.map(async ({ name, size, bandwidth }) => {
      await run('ffmpeg', [
        ...words(`-hide_banner -loglevel error -y -f lavfi -i testsrc2=size=${size}:rate=10`),
        ...words(`-f lavfi -i aevalsrc=0.2*sin(300*t*t):sample_rate=48000 -t ${LOOP_SEGMENTS + 2}`),
        ...words('-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 10 -keyint_min 10 -sc_threshold 0 -flags +cgop'),
        ...words(`-bf 1 -b:v ${bandwidth / 2} -threads 1 -c:a aac -b:a 32k -f hls -hls_time 1 -hls_list_size 0`),
        ...words(`-hls_segment_filename ${join(folder, name)}-%d.ts ${join(folder, name)}.m3u8`),
      ])
      // The first and the last hold what an encoder does at its beginning and its end alone.
      const loop = Array.from({ length: LOOP_SEGMENTS }, (_, index) =>
        readFileSync(join(folder, `${name}-${index + 1}.ts`)),
      )
      const segment = (number: number) => {
        const rounds = Math.floor(number / LOOP_SEGMENTS)
        return delayed(loop[number % LOOP_SEGMENTS]!, rounds * LOOP_SEGMENTS * TICKS_PER_SECOND)
      }
      return { name, bandwidth, segment }
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
