/** What encoders were promised: known from their exchanges alone, outside of Windrow. */
import { posix } from 'node:path'
import { sha256 } from '../judges/playlists.ts'
import type { Exchange } from './spreading-proxy.ts'

/** A segment that was answered 201, and then listed by a playlist that was answered 2xx. */
export type Promised = {
  readonly name: string
  /** In hexadecimal. */
  readonly digest: string
  /** PTS of the first picture, of 90 kHz. */
  readonly pts: number | undefined
}

export class PutRecord {
  /** By ingest folder and name, the body that was answered 201 last. */
  private readonly stored = new Map<string, Promised>()
  /** By ingest folder, then by name and digest. */
  private readonly promised = new Map<string, Map<string, Promised>>()
  /** Exchanges by their status. */
  readonly statuses = new Map<number, number>()
  slowestMs = 0

  note({ method, path, sent, status, took }: Exchange): void {
    if (method !== 'PUT') return
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    if (status < 200 || status > 299) return
    this.slowestMs = Math.max(this.slowestMs, took)
    const folder = posix.dirname(path)
    if (!path.endsWith('.m3u8')) {
      const name = posix.basename(path)
      this.stored.set(path, { name, digest: sha256(sent), pts: firstPts(sent) })
      return
    }
    const promised = this.promised.get(folder) ?? new Map<string, Promised>()
    this.promised.set(folder, promised)
    for (const line of sent.toString().split('\n')) {
      if (line === '' || line.startsWith('#')) continue
      const segment = this.stored.get(`${folder}/${posix.basename(line.trim())}`)
      if (segment) promised.set(`${segment.name} ${segment.digest}`, segment)
    }
  }

  /** All that an ingest endpoint was promised, in the order in which it was. */
  of(ingestUrl: string): readonly Promised[] {
    return [...(this.promised.get(posix.dirname(new URL(ingestUrl).pathname))?.values() ?? [])]
  }
}

const PACKET = 188

/** PTS of the first PES packet of video. */
export function firstPts(segment: Buffer): number | undefined {
  for (let at = 0; at + PACKET <= segment.length; at += PACKET) {
    if ((segment[at + 1]! & 0x40) === 0 || (segment[at + 3]! & 0x10) === 0) continue
    const pes = at + 4 + ((segment[at + 3]! & 0x20) === 0 ? 0 : segment[at + 4]! + 1)
    if (pes + 14 > at + PACKET || segment.readUIntBE(pes, 3) !== 1 || (segment[pes + 3]! & 0xf0) !== 0xe0) continue
    if ((segment[pes + 7]! & 0x80) === 0) return undefined
    const high = (segment[pes + 9]! >> 1) & 7
    return high * 2 ** 30 + (segment.readUInt16BE(pes + 10) >> 1) * 2 ** 15 + (segment.readUInt16BE(pes + 12) >> 1)
  }
  return undefined
}
