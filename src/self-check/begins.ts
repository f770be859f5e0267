import { ByteReader, MalformedMedia } from '../media/bytes.ts'
import { readCmafHeader } from '../media/mp4/cmaf.ts'
import { readMovieFragment } from '../media/mp4/fragment.ts'
import { TICKS_PER_SECOND, ticks, unwrapPts } from '../media/time.ts'
import { PACKET_SIZE, payloadOffset, pidOf, SYNC_BYTE, startsUnit } from '../media/ts/packet.ts'
import { PesHeader } from '../media/ts/pes.ts'
import { findProgram } from '../media/ts/program.ts'
import { streamKindOf } from '../media/ts/stream-kind.ts'

/** When a track of a segment begins, by the timestamps of its bytes. */
export type Begin = {
  /** Seconds. */
  readonly time: number
  /** The length of what it begins with: a picture, a frame of audio; of MPEG-TS, a PES packet. Seconds. */
  readonly unit: number
}

/** Units whose times are read: pictures that are shown before the first in the stream follow it soon. */
const UNITS = 8

/** When the first video and the first audio of an MPEG-TS segment begin. Throws MalformedMedia. */
export function beginsOfTs(bytes: Uint8Array): { readonly video?: Begin; readonly audio?: Begin } {
  const { map } = findProgram(bytes)
  const kinds = map.streams.map((stream) => ({ pid: stream.pid, kind: streamKindOf(stream) }))
  const pidOfKind = (...wanted: readonly string[]) => kinds.find(({ kind }) => wanted.includes(kind))?.pid
  const [video, audio] = [pidOfKind('avc', 'hevc'), pidOfKind('aac', 'ac3')]
  const times = new Map<number, number[]>()
  for (const pid of [video, audio]) if (pid !== undefined) times.set(pid, [])
  const header = new PesHeader()
  for (let at = 0; at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE) {
    const known = bytes[at] === SYNC_BYTE && startsUnit(bytes, at) ? times.get(pidOf(bytes, at)) : undefined
    if (!known || known.length === UNITS) continue
    const payload = payloadOffset(bytes, at)
    if (header.read(bytes, at + payload, at + PACKET_SIZE) === 'read' && header.pts >= 0) known.push(header.pts)
  }
  const reference = ticks([...times.values()].flat()[0] ?? 0)
  const beginOf = (pid: number | undefined) => {
    const unwrapped = (times.get(pid ?? -1) ?? []).map((time) => unwrapPts(time, reference))
    return firstOf(unwrapped, TICKS_PER_SECOND)
  }
  const [ofVideo, ofAudio] = [beginOf(video), beginOf(audio)]
  return { ...(ofVideo && { video: ofVideo }), ...(ofAudio && { audio: ofAudio }) }
}

/** When the track of a CMAF segment begins; `header` is its Initialization Section. Throws MalformedMedia. */
export function beginOfFragment(bytes: Uint8Array, header: Uint8Array): Begin | undefined {
  const { timescale } = readCmafHeader(header)
  const reader = new ByteReader(bytes)
  while (reader.remaining > 8) {
    const start = reader.position
    const size = reader.u32()
    const type = reader.latin1(4)
    if (type === 'moof') {
      const { samples } = readMovieFragment({ type, start, body: reader.part(size - 8) })
      const count = Math.min(samples.count, UNITS)
      const shown = Array.from({ length: count }, (_, i) => samples.dts[i]! + samples.compositionOffsets[i]!)
      return firstOf(shown, timescale, samples.durations[0])
    }
    if (size < 8) throw new MalformedMedia(`${type} of ${size} bytes`, start)
    reader.skip(size - 8)
  }
  return undefined
}

/** `lone` is how long the first unit is, where it may be the only one. */
function firstOf(times: readonly number[], timescale: number, lone?: number): Begin | undefined {
  const sorted = times.toSorted((a, b) => a - b)
  const [first, second] = sorted
  const unit = first === undefined || second === undefined ? lone : second - first
  return first === undefined || unit === undefined ? undefined : { time: first / timescale, unit: unit / timescale }
}
