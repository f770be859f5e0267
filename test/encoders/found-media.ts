/** The access units of output segments, read without any of what wrote them. */
import { nalUnits } from '../fixtures/nal-units.ts'
import { readMultiplex } from '../fixtures/transport-stream.ts'
import { type Box, boxesOf } from '../matrix/mp4-boxes.ts'
import { type FoundUnit, foundPicture, foundSound } from './access-unit.ts'
import { adtsFrames } from './source-units.ts'

/** An access unit with its presentation time, and how long it lasts where the container says that, in 90 kHz ticks. */
export type TimedUnit = FoundUnit & { readonly pts: number; readonly duration?: number }

const TICKS = 90_000
const WRAP = 2 ** 33
const PACKET = 188
const SAMPLES_IN_FRAME = 1024
const SAMPLE_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000]

/** A transport stream, or packed audio. */
export function unitsOfSource(segment: Buffer): TimedUnit[] {
  return segment.toString('latin1', 0, 3) === 'ID3' ? unitsOfPackedAudio(segment) : unitsOfTransportStream(segment)
}

function unitsOfTransportStream(segment: Buffer): TimedUnit[] {
  return readMultiplex(tablesFirst(segment)).packets.flatMap(({ streamId, pts = 0, payload }) => {
    return streamId === 0xe0 ? [{ ...foundPicture(nalUnits(payload)), pts }] : timedFrames(payload, pts)
  })
}

/** A segment's tables hold for what comes before them, too. */
function tablesFirst(segment: Buffer): Buffer {
  const packets = Array.from({ length: segment.length / PACKET }, (_, i) =>
    segment.subarray(i * PACKET, (i + 1) * PACKET),
  )
  const isTable = (packet: Buffer) => [0, 0x1000].includes(packet.readUInt16BE(1) & 0x1fff)
  const tables = packets.filter(isTable).slice(0, 2)
  return Buffer.concat([...tables, ...packets.filter((packet) => !isTable(packet))])
}

function unitsOfPackedAudio(segment: Buffer): TimedUnit[] {
  const at = segment.indexOf('transportStreamTimestamp\0') + 'transportStreamTimestamp\0'.length
  const size = segment.subarray(6, 10).reduce((sum, byte) => sum * 128 + byte, 0)
  return timedFrames(segment.subarray(10 + size), Number(segment.readBigUInt64BE(at)))
}

function timedFrames(payload: Buffer, first: number): TimedUnit[] {
  return adtsFrames(payload).map(({ head, block }, i) => {
    const rate = SAMPLE_RATES[(head[2]! >> 2) & 15]!
    return { ...foundSound(block), pts: (first + Math.round((i * SAMPLES_IN_FRAME * TICKS) / rate)) % WRAP }
  })
}

/** What a header, or a manifest in place of one, says of a track. */
export type FoundHeader = { readonly kind: 'video' | 'audio'; readonly timescale: number }

export function headerIn(header: Buffer): FoundHeader {
  const media = child(child(child({ type: '', body: header }, 'moov'), 'trak'), 'mdia')
  const [mdhd, hdlr] = [child(media, 'mdhd').body, child(media, 'hdlr').body]
  const kind = hdlr.toString('latin1', 8, 12) === 'vide' ? 'video' : 'audio'
  return { kind, timescale: mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12) }
}

function child({ type, body }: Box, name: string): Box {
  const found = boxesOf(body).find((box) => box.type === name)
  if (!found) throw new Error(`no ${name} in ${type}`)
  return found
}

/** `start`, in the header's timescale, is for fragments that leave their time to the manifest. */
export function unitsOfFragment(segment: Buffer, { kind, timescale }: FoundHeader, start?: number): TimedUnit[] {
  const units: TimedUnit[] = []
  for (const moof of boxesOf(segment).filter(({ type }) => type === 'moof')) {
    const traf = child(moof, 'traf')
    const decodes = boxesOf(traf.body).find(({ type }) => type === 'tfdt')
    let dts = decodes ? decodeTime(decodes.body) : (start ?? NaN)
    const defaults = defaultsOf(child(traf, 'tfhd').body)
    for (const run of boxesOf(traf.body).filter(({ type }) => type === 'trun')) {
      for (const { offset, size, duration, composition } of samplesIn(run.body, defaults)) {
        const from = moof.body.byteOffset - segment.byteOffset - 8 + offset
        const sample = segment.subarray(from, from + size)
        const found = kind === 'video' ? foundPicture(lengthPrefixed(sample)) : foundSound(sample)
        const inTicks = (time: number) => (time / timescale) * TICKS
        units.push({ ...found, pts: inTicks(dts + composition), duration: inTicks(duration) })
        dts += duration
      }
    }
  }
  return units
}

function decodeTime(tfdt: Buffer): number {
  return tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4)
}

type Defaults = { readonly duration: number; readonly size: number }

/** Numbers of four bytes, of which flags say whether they are there. */
class Fields {
  private readonly bytes: Buffer
  private readonly flags: number
  private at = 8

  constructor(fullBox: Buffer) {
    this.bytes = fullBox
    this.flags = fullBox.readUIntBE(1, 3)
  }

  next(flag: number, otherwise = 0): number {
    if ((this.flags & flag) === 0) return otherwise
    this.at += 4
    return this.bytes.readInt32BE(this.at - 4)
  }
}

/** 14496-12 8.8.7; base-data-offset has eight bytes. */
function defaultsOf(tfhd: Buffer): Defaults {
  const fields = new Fields(tfhd)
  for (const skipped of [1, 1, 2]) fields.next(skipped)
  return { duration: fields.next(8), size: fields.next(16) }
}

type Sample = {
  readonly offset: number
  readonly size: number
  readonly duration: number
  readonly composition: number
}

/** 14496-12 8.8.8. */
function samplesIn(trun: Buffer, defaults: Defaults): Sample[] {
  const fields = new Fields(trun)
  let offset = fields.next(1)
  fields.next(4)
  return Array.from({ length: trun.readUInt32BE(4) }, () => {
    const [duration, size] = [fields.next(0x100, defaults.duration), fields.next(0x200, defaults.size)]
    fields.next(0x400)
    const sample = { offset, size, duration, composition: fields.next(0x800) }
    offset += size
    return sample
  })
}

function lengthPrefixed(sample: Buffer): Buffer[] {
  const units: Buffer[] = []
  for (let at = 0; at < sample.length; ) {
    const length = sample.readUInt32BE(at)
    units.push(sample.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return units
}
