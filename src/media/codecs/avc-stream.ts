import { ByteWriter, hexOf, MalformedMedia } from '../bytes.ts'
import { writeAvcC } from './avc-configuration.ts'
import { avcCodec } from './codec-string.ts'
import {
  AVC_NAL_HEADER_SIZE,
  NAL_AUD,
  NAL_FILLER,
  NAL_IDR_SLICE,
  NAL_PARTITION_A,
  NAL_PPS,
  NAL_SEI,
  NAL_SLICE,
  NAL_SPS,
  readPps,
  readSliceHeader,
  readSps,
  type SliceHeader,
  type Sps,
} from './h264.ts'
import { ParameterSets, type SetOutcome } from './parameter-sets.ts'
import { PictureOrder } from './picture-order.ts'
import type { Sei } from './sei.ts'
import {
  type NalRole,
  type Picture,
  type RandomAccess,
  ROLE,
  type VideoParameters,
  type VideoStream,
  videoParameters,
} from './video-stream.ts'

/** Roles by nal_unit_type; §7.4.1.2.3 says where access units begin. Prefix NAL units (14) precede every slice. */
const ROLES = new Uint8Array(32).fill(ROLE.other)
for (const type of [NAL_SLICE, NAL_PARTITION_A, NAL_IDR_SLICE]) ROLES[type] = ROLE.slice
for (const type of [NAL_SPS, NAL_PPS]) ROLES[type] = ROLE.parameterSet
ROLES[NAL_SEI] = ROLE.sei
ROLES[NAL_AUD] = ROLE.delimiter
ROLES[NAL_FILLER] = ROLE.filler
for (const type of [15, 16, 17, 18]) ROLES[type] = ROLE.prefix

/** Follows an H.264 stream. */
export class AvcStream implements VideoStream {
  readonly headerSize = AVC_NAL_HEADER_SIZE
  private readonly sps = new ParameterSets(readSps)
  private readonly pps = new ParameterSets(readPps)
  /** The SPS of the last picture. */
  private active: Sps | undefined
  private readonly order = new PictureOrder()
  private epoch = 0
  /** A field whose second field may follow. */
  private field: SliceHeader | undefined

  roleOf(bytes: Uint8Array, at: number): NalRole {
    return ROLES[bytes[at]! & 0x1f] as NalRole
  }

  addParameterSet(nal: Uint8Array): SetOutcome {
    if ((nal[0]! & 0x1f) === NAL_PPS) return this.pps.add(nal)
    const outcome = this.sps.add(nal)
    if (outcome === 'replaced') {
      const { id } = readSps(nal)
      this.pps.forget(({ spsId }) => spsId === id)
    }
    return outcome
  }

  picture(bytes: Uint8Array, at: number, end: number, { recoveryPoint, indicator }: RandomAccess): Picture {
    const isIdr = (bytes[at]! & 0x1f) === NAL_IDR_SLICE
    const isReference = (bytes[at]! & 0x60) !== 0
    const header = this.sliceHeader(bytes, at, end)
    const isSecondField = header !== undefined && this.completesFrame(header)
    this.field = header === undefined || header.parity === 'frame' || isSecondField ? undefined : header
    if (isIdr && !isSecondField) {
      this.order.reset()
      this.epoch++
    }
    const bits = this.active?.orderBits ?? 0
    const order = header === undefined || bits === 0 ? undefined : this.order.next(header.orderLsb, bits, isReference)
    const isKey = isIdr || (recoveryPoint && (indicator || header?.intra === true))
    return { isKey, isSecondField, order, epoch: this.epoch }
  }

  parameters(sei: Sei): VideoParameters | undefined {
    if (this.active === undefined) return undefined
    const writer = new ByteWriter(256)
    writeAvcC(writer, { sps: this.sps.nals, pps: this.pps.nals })
    const codec = avcCodec(this.active)
    return videoParameters({ codec, configuration: hexOf(writer.result()), sps: this.active, sei })
  }

  get frameRate() {
    return this.active?.frameRate
  }

  private sliceHeader(bytes: Uint8Array, at: number, end: number): SliceHeader | undefined {
    try {
      return readSliceHeader(bytes, at, end, (ppsId) => this.activate(ppsId))
    } catch (error) {
      if (error instanceof MalformedMedia) return undefined
      throw error
    }
  }

  private activate(ppsId: number): Sps | undefined {
    const pps = this.pps.get(ppsId)
    this.active = pps === undefined ? undefined : this.sps.get(pps.spsId)
    return this.active
  }

  /** True for the second field of the frame whose first field came before: complementary field pairs, §3. */
  private completesFrame({ parity, frameNumber }: SliceHeader): boolean {
    const first = this.field
    return first !== undefined && parity !== 'frame' && parity !== first.parity && frameNumber === first.frameNumber
  }
}
