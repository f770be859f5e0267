/** Reads an HLS presentation the way a stranger would: from its playlists and its TS segments, wherever they are. */
import { createDecipheriv } from 'node:crypto'

const PACKET = 188
const WRAP = 2 ** 33
const STREAM_TYPES: Readonly<Record<number, string>> = { 15: 'AAC audio', 27: 'H.264 video' }

/** Bytes of a file named relative to the parent playlist; the empty name is the parent itself. */
export type Fetch = (name: string) => Promise<Uint8Array>

export type RenditionReport = {
  readonly playlist: string
  readonly resolution: string
  readonly tracks: readonly string[]
  readonly segments: number
  /** Sum of the listed durations. */
  readonly seconds: number
  readonly bytes: number
  readonly ended: boolean
  /** Of the segments that were read, those that were decrypted. */
  readonly decrypted: number
}

/** Every rendition with its last `limit` segments read through. Throws when something in it does not hold together. */
export async function readPresentation(fetch: Fetch, limit = Number.POSITIVE_INFINITY): Promise<RenditionReport[]> {
  const lines = await readPlaylist(fetch, '')
  const reports: RenditionReport[] = []
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('#EXT-X-STREAM-INF:')) continue
    const resolution = /RESOLUTION=(\d+x\d+)/.exec(line)?.[1] ?? '?'
    reports.push(await readRendition(fetch, lines[index + 1] ?? '', resolution, limit))
  }
  if (reports.length === 0) throw new Error('the parent playlist names no stream')
  return reports
}

async function readRendition(fetch: Fetch, playlist: string, resolution: string, limit: number) {
  const lines = await readPlaylist(fetch, playlist)
  const seconds = lines.flatMap((line) => (line.startsWith('#EXTINF:') ? [Number.parseFloat(line.slice(8))] : []))
  const names = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (names.length === 0) throw new Error(`${playlist} lists no segment`)
  if (names.length !== seconds.length) throw new Error(`${playlist} has a segment without a duration`)

  const first = Number(lines.find((line) => line.startsWith('#EXT-X-MEDIA-SEQUENCE:'))?.split(':')[1] ?? 0)
  const keys = keysOf(lines)
  let decrypted = 0
  let bytes = 0
  let tracks: readonly string[] = []
  let expected: number | undefined
  for (const [index, name] of names.entries()) {
    if (index < names.length - limit) continue
    const key = keys[index]
    if (key !== undefined) decrypted++
    const file = await fetch(name)
    const segment = readSegment(name, key === undefined ? file : decrypt(file, await fetch(key), first + index))
    const off = expected === undefined ? 0 : Math.abs(((segment.firstPts - expected + WRAP * 1.5) % WRAP) - WRAP / 2)
    if (off > 90) throw new Error(`${name} begins ${off / 90} ms away from where the segment before it ends`)
    expected = segment.firstPts + seconds[index]! * 90_000
    tracks = segment.tracks
    bytes += segment.bytes
  }
  const ended = lines.includes('#EXT-X-ENDLIST')
  return { playlist, resolution, tracks, segments: names.length, seconds: sum(seconds), bytes, ended, decrypted }
}

/** The URI of each segment's key; undefined for those in the clear. */
function keysOf(lines: readonly string[]): (string | undefined)[] {
  let key: string | undefined
  return lines.flatMap((line) => {
    if (line.startsWith('#EXT-X-KEY:')) key = /METHOD=AES-128,URI="([^"]*)"/.exec(line)?.[1]
    return line === '' || line.startsWith('#') ? [] : [key]
  })
}

/** The IV is the media sequence number, RFC 8216 §5.2. */
function decrypt(file: Uint8Array, key: Uint8Array, sequence: number): Uint8Array {
  const iv = Buffer.alloc(16)
  iv.writeBigUInt64BE(BigInt(sequence), 8)
  const decipher = createDecipheriv('aes-128-cbc', key, iv)
  return Buffer.concat([decipher.update(file), decipher.final()])
}

async function readPlaylist(fetch: Fetch, name: string): Promise<string[]> {
  const lines = new TextDecoder().decode(await fetch(name)).split('\n')
  if (lines[0] !== '#EXTM3U') throw new Error(`${name || 'the parent'} is no playlist`)
  return lines
}

function readSegment(name: string, bytes: Uint8Array) {
  if (bytes.length === 0 || bytes.length % PACKET !== 0) throw new Error(`${name} is no whole number of TS packets`)
  let tracks: string[] = []
  let pmtPid = -1
  let videoPid = -1
  const pts: number[] = []
  for (let at = 0; at < bytes.length; at += PACKET) {
    const packet = bytes.subarray(at, at + PACKET)
    if (packet[0] !== 0x47) throw new Error(`${name} loses its TS packets at byte ${at}`)
    const startsUnit = (packet[1]! & 0x40) !== 0
    const pid = ((packet[1]! & 0x1f) << 8) | packet[2]!
    const payload = packet.subarray(4 + ((packet[3]! & 0x20) !== 0 ? packet[4]! + 1 : 0))
    if (!startsUnit) continue
    if (pid === 0) pmtPid = ((payload[11]! & 0x1f) << 8) | payload[12]!
    else if (pid === pmtPid) {
      const streams = readPmt(payload.subarray(payload[0]! + 1))
      tracks = streams.map(({ type }) => STREAM_TYPES[type] ?? `stream type 0x${type.toString(16)}`)
      videoPid = streams.find(({ type }) => type === 0x1b)?.pid ?? -1
    } else if (pid === videoPid) pts.push(readTimestamp(payload.subarray(9, 14)))
  }
  if (pts.length === 0) throw new Error(`${name} holds no picture`)
  // Pictures may lie on both sides of the wrap; then the later ones look smaller.
  const origin = pts[0]!
  const firstPts = Math.min(...pts.map((each) => origin + ((each - origin + WRAP * 1.5) % WRAP) - WRAP / 2))
  return { tracks, firstPts, bytes: bytes.length }
}

/** Elementary streams of a TS_program_map_section, ISO/IEC 13818-1 §2.4.4.8. */
function readPmt(section: Uint8Array): { type: number; pid: number }[] {
  const end = 3 + (((section[1]! & 0x0f) << 8) | section[2]!) - 4
  const streams: { type: number; pid: number }[] = []
  let at = 12 + (((section[10]! & 0x0f) << 8) | section[11]!)
  while (at + 5 <= end) {
    streams.push({ type: section[at]!, pid: ((section[at + 1]! & 0x1f) << 8) | section[at + 2]! })
    at += 5 + (((section[at + 3]! & 0x0f) << 8) | section[at + 4]!)
  }
  return streams
}

/** A 33-bit PTS as a PES header carries it, between marker bits. */
function readTimestamp(field: Uint8Array): number {
  const high = ((field[0]! >> 1) & 7) * 2 ** 30
  return high + (field[1]! << 22) + ((field[2]! >> 1) << 15) + (field[3]! << 7) + (field[4]! >> 1)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
