import { ByteWriter, hexOf, MalformedMedia } from '../bytes.ts'
import { hevcCodec } from './codec-string.ts'
import {
  HEVC_AUD,
  HEVC_FILLER,
  HEVC_LAST_SLICE,
  HEVC_NAL_HEADER_SIZE,
  HEVC_PPS,
  HEVC_PREFIX_SEI,
  HEVC_SPS,
  HEVC_VPS,
  type HevcPps,
  type HevcSps,
  readHevcPps,
  readHevcSps,
  readVps,
} from './hevc.ts'
import { writeHvcC } from './hevc-configuration.ts'
import { beginsOrder, hevcNalType, isIrap, isOrderReference, readOrderLsb } from './hevc-slice.ts'
import { ParameterSets, type SetOutcome } from './parameter-sets.ts'
import { PictureOrder } from './picture-order.ts'
import type { Sei } from './sei.ts'
import {
  type NalRole,
  type Picture,
  ROLE,
  type VideoParameters,
  type VideoStream,
  videoParameters,
} from './video-stream.ts'

/** Roles by nal_unit_type; ISO/IEC 23008-2 §7.4.2.4.4 says where access units begin. */
const ROLES = new Uint8Array(64).fill(ROLE.other)
ROLES.fill(ROLE.slice, 0, HEVC_LAST_SLICE + 1)
for (const type of [HEVC_VPS, HEVC_SPS, HEVC_PPS]) ROLES[type] = ROLE.parameterSet
ROLES[HEVC_AUD] = ROLE.delimiter
ROLES[HEVC_FILLER] = ROLE.filler
ROLES[HEVC_PREFIX_SEI] = ROLE.sei
for (const type of [41, 42, 43, 44, 48, 49, 50, 51, 52, 53, 54, 55]) ROLES[type] = ROLE.prefix

/** Follows the base layer of an HEVC stream; NAL units of other layers stay with it. */
export class HevcStream implements VideoStream {
  readonly headerSize = HEVC_NAL_HEADER_SIZE
  private readonly vps = new ParameterSets(readVps)
  private readonly sps = new ParameterSets(readHevcSps)
  private readonly pps = new ParameterSets(readHevcPps)
  /** The parameter sets that the last picture refers to. */
  private active: { readonly pps: HevcPps; readonly sps: HevcSps } | undefined
  private readonly order = new PictureOrder()
  private epoch = 0

  roleOf(bytes: Uint8Array, at: number): NalRole {
    // nuh_layer_id
    if ((bytes[at]! & 1) !== 0 || bytes[at + 1]! >= 8) return ROLE.other
    return ROLES[(bytes[at]! >>> 1) & 0x3f] as NalRole
  }

  addParameterSet(nal: Uint8Array): SetOutcome {
    const type = hevcNalType(nal, 0)
    if (type === HEVC_PPS) return this.pps.add(nal)
    const outcome = type === HEVC_SPS ? this.sps.add(nal) : this.vps.add(nal)
    if (outcome === 'replaced' && type === HEVC_SPS) this.forgetPpsOf(readHevcSps(nal).id)
    if (outcome === 'replaced' && type === HEVC_VPS) this.forgetSpsOf(readVps(nal).id)
    return outcome
  }

  picture(bytes: Uint8Array, at: number, end: number): Picture {
    const type = hevcNalType(bytes, at)
    const lsb = this.orderLsb(bytes, at, end)
    if (beginsOrder(type)) {
      this.order.reset()
      this.epoch++
    }
    const order =
      lsb === undefined || this.active === undefined
        ? undefined
        : this.order.next(lsb, this.active.sps.orderBits, isOrderReference(bytes, at))
    return { isKey: isIrap(type), isSecondField: false, order, epoch: this.epoch }
  }

  parameters(sei: Sei): VideoParameters | undefined {
    const [vps, sps] = [this.vps.nals, this.active?.sps]
    if (sps === undefined || this.active === undefined || vps.length === 0) return undefined
    const writer = new ByteWriter(512)
    writeHvcC(writer, { vps, sps: this.sps.nals, pps: this.pps.nals }, this.active)
    const rate = this.frameRate
    const described = rate === undefined ? sps : { ...sps, frameRate: rate }
    const codec = hevcCodec(sps.profileTierLevel)
    return videoParameters({ codec, configuration: hexOf(writer.result()), sps: described, sei })
  }

  get frameRate() {
    const sps = this.active?.sps
    return sps === undefined ? undefined : (sps.frameRate ?? this.vps.get(sps.vpsId)?.frameRate)
  }

  private forgetPpsOf(id: number): void {
    this.pps.forget(({ spsId }) => spsId === id)
  }

  private forgetSpsOf(id: number): void {
    for (const spsId of this.sps.forget(({ vpsId }) => vpsId === id)) this.forgetPpsOf(spsId)
  }

  private orderLsb(bytes: Uint8Array, at: number, end: number): number | undefined {
    try {
      return readOrderLsb(bytes, at, end, (ppsId) => this.activate(ppsId))
    } catch (error) {
      if (error instanceof MalformedMedia) return undefined
      throw error
    }
  }

  private activate(ppsId: number) {
    const pps = this.pps.get(ppsId)
    const sps = pps === undefined ? undefined : this.sps.get(pps.spsId)
    this.active = pps === undefined || sps === undefined ? undefined : { pps, sps }
    return this.active
  }
}
