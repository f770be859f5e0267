import { BitReader } from '../bytes.ts'

/** Bit stream information of an E-AC-3 frame beyond its first fields. */
export type EnhancedBsi = {
  /** Bit stream mode; 0, the main service, where the frame does not state it. */
  readonly bsmod: number
  /** chanmap, table E.1.4, most significant bit first; for dependent substreams that have one. */
  readonly channelMap?: number
  /** convsync: the first frame of a group of six blocks; absent in frames of six blocks, which need none. */
  readonly converterSync?: boolean
  /** complexity_index_type_a of joint object coding, ETSI TS 103 420 §8.3. */
  readonly jointObjectCoding?: number
}

/** Size of syncinfo in bits: the syncword. */
const SYNCINFO_BITS = 16

/** Reads bsi() of a whole frame, ETSI TS 102 366 §E.1.2.2. Throws MalformedMedia when the frame is too short for it. */
export function readEnhancedBsi(frame: Uint8Array): EnhancedBsi {
  const bits = new BitReader(frame)
  bits.u(SYNCINFO_BITS)
  const strmtyp = bits.u(2)
  bits.u(3 + 11) // substreamid, frmsiz
  const fscod = bits.u(2)
  const second = bits.u(2) // fscod2 at half the rates, where every frame has six blocks
  const numblkscod = fscod === 3 ? 3 : second
  const acmod = bits.u(3)
  const lfeon = bits.flag()
  bits.u(5) // bsid
  skipLevels(bits)
  if (acmod === 0) skipLevels(bits)
  const channelMap = strmtyp === 1 && bits.flag() ? bits.u(16) : undefined
  if (bits.flag()) skipMixing(bits, strmtyp, acmod, lfeon, numblkscod)
  const bsmod = bits.flag() ? readInformation(bits, fscod, acmod) : 0
  const converterSync = strmtyp === 0 && numblkscod !== 3 ? bits.flag() : undefined
  if (strmtyp === 2 && (numblkscod === 3 || bits.flag())) bits.u(6) // blkid, frmsizecod
  const jointObjectCoding = bits.flag() ? readAdditional(bits) : undefined
  return {
    bsmod,
    ...(channelMap === undefined ? {} : { channelMap }),
    ...(converterSync === undefined ? {} : { converterSync }),
    ...(jointObjectCoding === undefined ? {} : { jointObjectCoding }),
  }
}

/** Skips dialnorm, compre and compr. */
function skipLevels(bits: BitReader): void {
  bits.u(5)
  if (bits.flag()) bits.u(8)
}

/** Skips the fields that mixmdate announces. */
function skipMixing(bits: BitReader, strmtyp: number, acmod: number, lfeon: boolean, numblkscod: number): void {
  const hasSurround = (acmod & 4) !== 0
  if (acmod > 2) bits.u(2) // dmixmod
  if ((acmod & 1) !== 0 && acmod > 2) bits.u(6) // ltrtcmixlev, lorocmixlev
  if (hasSurround) bits.u(6) // ltrtsurmixlev, lorosurmixlev
  if (lfeon && bits.flag()) bits.u(5) // lfemixlevcod
  if (strmtyp !== 0) return
  if (bits.flag()) bits.u(6) // pgmscl
  if (acmod === 0 && bits.flag()) bits.u(6) // pgmscl2
  if (bits.flag()) bits.u(6) // extpgmscl
  const mixdef = bits.u(2)
  if (mixdef === 1) bits.u(5)
  else if (mixdef === 2) bits.u(12)
  else if (mixdef === 3) for (let bytes = bits.u(5) + 2; bytes > 0; bytes--) bits.u(8)
  if (acmod < 2 && bits.flag()) bits.u(14) // panmean, paninfo
  if (acmod === 0 && bits.flag()) bits.u(14)
  if (!bits.flag()) return // frmmixcfginfoe
  if (numblkscod === 0) bits.u(5)
  else for (let block = [1, 2, 3, 6][numblkscod]!; block > 0; block--) if (bits.flag()) bits.u(5)
}

/** Reads bsmod, and skips the other fields that infomdate announces. */
function readInformation(bits: BitReader, fscod: number, acmod: number): number {
  const bsmod = bits.u(3)
  bits.u(2) // copyrightb, origbs
  if (acmod === 2) bits.u(4) // dsurmod, dheadphonmod
  if (acmod >= 6) bits.u(2) // dsurexmod
  if (bits.flag()) bits.u(8) // mixlevel, roomtyp, adconvtyp
  if (acmod === 0 && bits.flag()) bits.u(8)
  if (fscod < 3) bits.u(1) // sourcefscod
  return bsmod
}

/** Reads addbsi: the complexity index when it announces extension type A. */
function readAdditional(bits: BitReader): number | undefined {
  const size = bits.u(6) + 1
  bits.u(7)
  const isTypeA = bits.flag()
  return isTypeA && size >= 2 ? bits.u(8) : undefined
}
