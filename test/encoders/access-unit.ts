/** Access units that say who they are, wherever a packager puts them. */
import { crc32 } from 'node:zlib'
import { byteStream, isDelimiter, isParameterSet, supplement, unitType } from '../fixtures/nal-units.ts'
import { adtsFrame, type SourcePictures, type SourceSound } from './source-units.ts'

/** A picture or a frame of sound as an encoder put it. */
export type AccessUnit = {
  /** Its stamp. */
  readonly id: string
  /** Of what every container must carry. */
  readonly crc: number
  /** In 90 kHz ticks on its part's timeline, unwrapped. */
  readonly pts: number
  /** As it stands in a PES packet. */
  readonly payload: Buffer
}

/** As it was found in an output. */
export type FoundUnit = { readonly id: string; readonly crc: number; readonly kind: 'video' | 'audio' }

const MARK = 'UNIT'
const STAMP_LENGTH = 12
const DELIMITER = Buffer.from([9, 0xf0])
const UUID = Buffer.from('an access unit..')
/** SEI payloadType of user_data_unregistered. */
const USER_DATA = 5
const FILLER = 12

/** Track `track` of a life has `number` units before this one in its part. No byte of it needs escaping. */
function stampOf(part: number, track: number, number: number): string {
  const hex = (value: number, length: number) => value.toString(16).padStart(length, '0')
  return `${MARK}${hex(part, 1)}${hex(track, 2)}${hex(number, 5)}`
}

type Place = { readonly part: number; readonly track: number; readonly number: number; readonly pts: number }

export function picture({ sets, pictures }: SourcePictures, { part, track, number, pts }: Place): AccessUnit {
  const id = stampOf(part, track, number)
  const carried = [
    supplement('h264', USER_DATA, Buffer.concat([UUID, Buffer.from(id)])),
    ...pictures[number % pictures.length]!,
  ]
  return { id, crc: crcOf(carried), pts, payload: byteStream([DELIMITER, ...sets, ...carried]) }
}

/** The stamp is a data_stream_element, 14496-3 4.4.2.1, of whole bytes before the elements of the source's block. */
export function soundFrame({ frames }: SourceSound, { part, track, number, pts }: Place): AccessUnit {
  const id = stampOf(part, track, number)
  const { head, block } = frames[number % frames.length]!
  const stamped = Buffer.concat([Buffer.from([0x81, STAMP_LENGTH]), Buffer.from(id), block])
  return { id, crc: crc32(stamped), pts, payload: adtsFrame(head, stamped) }
}

/** A picture in an output; what containers keep elsewhere is left out. */
export function foundPicture(units: readonly Buffer[]): FoundUnit {
  const carried = units.filter(
    (unit) => !isDelimiter('h264', unit) && !isParameterSet('h264', unit) && unitType('h264', unit) !== FILLER,
  )
  return {
    id: idIn(carried.find((unit) => unit.includes(MARK)) ?? Buffer.alloc(0)),
    crc: crcOf(carried),
    kind: 'video',
  }
}

/** A block of sound in an output, without ADTS header. */
export function foundSound(block: Buffer): FoundUnit {
  return { id: idIn(block), crc: crc32(block), kind: 'audio' }
}

function idIn(bytes: Buffer): string {
  const at = bytes.indexOf(MARK)
  return at < 0 ? 'without stamp' : bytes.toString('latin1', at, at + STAMP_LENGTH)
}

function crcOf(units: readonly Buffer[]): number {
  return units.reduce((crc, unit) => crc32(unit, crc), 0)
}
