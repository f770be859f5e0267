import { run } from './processes.ts'

/** One coded picture or audio frame as ffprobe reads it. Times are 90 kHz ticks, as they stand in the stream. */
export type Packet = {
  readonly pts: number
  readonly dts: number
  readonly size: number
  /** Of the payload. */
  readonly hash: string
}

export type Track = {
  readonly kind: string
  readonly packets: readonly Packet[]
}

type Probed = {
  readonly codec_type: string
  readonly stream_index: number
  readonly pts?: number
  readonly dts?: number
  readonly size: string
  readonly data_hash: string
}

const ENTRIES = ['codec_type', 'stream_index', 'pts', 'dts', 'size', 'data_hash'].join(',')
const PROBE = ['-v', 'error', '-show_data_hash', 'crc32', '-show_entries', `packet=${ENTRIES}`, '-of', 'json']

/** The tracks of transport stream segments that follow one another. */
export async function tracksOfSegments(segments: readonly Uint8Array[]): Promise<Track[]> {
  return toTracks(await run('ffprobe', [...PROBE, '-f', 'mpegts', 'pipe:0'], segments))
}

/** The tracks of whatever ffprobe opens under a URL, all variants and renditions of an HLS presentation included. */
export async function tracksOfUrl(url: string): Promise<Track[]> {
  return toTracks(await run('ffprobe', [...PROBE, url]))
}

function toTracks(json: Buffer): Track[] {
  const { packets } = JSON.parse(json.toString()) as { packets: readonly Probed[] }
  const byStream = Map.groupBy(packets, (packet) => packet.stream_index)
  return [...byStream]
    .sort(([a], [b]) => a - b)
    .map(([, probed]) => ({ kind: probed[0]!.codec_type, packets: probed.map(toPacket) }))
}

function toPacket({ pts = Number.NaN, dts = Number.NaN, size, data_hash }: Probed): Packet {
  return { pts, dts, size: Number(size), hash: data_hash }
}

/** Throws unless both hold the same packets, with the same times, in the same order; says exactly what differs. */
export function assertSamePackets(actual: Track | undefined, expected: Track, what: string): void {
  const found = differences(actual?.packets ?? [], expected.packets)
  if (found.length === 0) return
  const shown = found.slice(0, 10)
  const rest = found.length > shown.length ? [`and ${found.length - shown.length} more`] : []
  throw new Error(
    `${what}: ${expected.packets.length} ${expected.kind} packets went in, ${actual?.packets.length ?? 0} came out\n` +
      [...shown, ...rest].map((line) => `  ${line}`).join('\n'),
  )
}

/** What `actual` lacks, repeats, changes, adds or moves, a line each. */
export function differences(actual: readonly Packet[], expected: readonly Packet[]): string[] {
  const wanted = Map.groupBy(expected.keys(), (index) => identity(expected[index]!))
  const lines: string[] = []
  const unclaimed: Packet[] = []
  let last = -1
  for (const packet of actual) {
    const places = wanted.get(identity(packet))
    const index = places?.shift()
    if (index !== undefined) {
      if (index < last) lines.push(`moved: ${describe(packet)}, which was packet ${index}, comes after packet ${last}`)
      last = index
    } else if (places) lines.push(`repeated: ${describe(packet)}`)
    else unclaimed.push(packet)
  }
  const lost = [...wanted.values()].flat().sort((a, b) => a - b)
  const byTime = Map.groupBy(unclaimed, ({ pts, dts }) => `${pts} ${dts}`)
  for (const index of lost) {
    const packet = expected[index]!
    const changed = byTime.get(`${packet.pts} ${packet.dts}`)?.shift()
    if (changed) lines.push(`changed: packet ${index}, ${describe(packet)}, came out with ${describe(changed)}`)
    else lines.push(`missing: packet ${index}, ${describe(packet)}`)
  }
  for (const packet of [...byTime.values()].flat()) lines.push(`unknown: ${describe(packet)}`)
  return lines
}

function identity({ pts, dts, size, hash }: Packet): string {
  return `${pts} ${dts} ${size} ${hash}`
}

function describe({ pts, dts, size, hash }: Packet): string {
  return `pts ${pts} dts ${dts} size ${size} ${hash}`
}
