import { BitWriter } from '../bit-writer.ts'
import { BitReader, hexOf, MalformedMedia } from '../bytes.ts'
import { BLOCKS_PER_SAMPLE, SAMPLE_RATES, SAMPLES_PER_BLOCK } from './ac3-header.ts'
import type { AudioParameters } from './audio-parameters.ts'

/** The fields of a `dac3` box, ETSI TS 102 366 §F.4. */
export type Ac3Configuration = Ac3Mode & {
  /** frmsizecod without its lowest bit. */
  readonly bitRateCode: number
}

/** The fields of a `dec3` box, §F.6. */
export type Ec3Configuration = {
  /** Data rate in kbit/s. */
  readonly dataRate: number
  /** Programs, that is independent substreams; at least one. */
  readonly programs: readonly Ec3Program[]
  /** complexity_index_type_a, ETSI TS 103 420 §8.3. */
  readonly jointObjectCoding?: number
}

type Ac3Mode = {
  readonly fscod: number
  readonly bsid: number
  readonly bsmod: number
  readonly acmod: number
  readonly lfeon: boolean
}

export type Ec3Program = Ac3Mode & {
  readonly dependentSubstreams: number
  /** Locations of the dependent substreams as a chanmap, most significant bit first (table E.1.4). */
  readonly dependentLocations: number
}

/** Locations by acmod, as a chanmap: left, centre, right, left surround, right surround, …, centre surround. */
const LOCATIONS: readonly number[] = [0xa000, 0x4000, 0xa000, 0xe000, 0xa100, 0xe100, 0xb800, 0xf800]
const LFE = 0x0001
/** Chanmap locations that are pairs of channels: 5, 6, 9, 10, 11 and 13. */
const PAIRS = 0x0674

export const AC3_SAMPLES_PER_FRAME = BLOCKS_PER_SAMPLE * SAMPLES_PER_BLOCK

/** The locations of one substream, as a chanmap. */
export function locationsOf({ acmod, lfeon }: { readonly acmod: number; readonly lfeon: boolean }): number {
  return LOCATIONS[acmod]! | (lfeon ? LFE : 0)
}

/** Number of channels of a program whose dependent substreams add or replace locations. */
function channelsOf(locations: number): number {
  let count = 0
  for (let bit = 0x8000; bit > 0; bit >>>= 1) if ((locations & bit) !== 0) count += (PAIRS & bit) === 0 ? 1 : 2
  return count
}

/** Describes AC-3 as audio parameters. Throws MalformedMedia when the rate code is reserved. */
export function ac3Parameters(config: Ac3Configuration): AudioParameters {
  return {
    codec: 'ac-3',
    configuration: hexOf(writeDac3(config)),
    sampleRate: sampleRateOf(config) >>> Math.max(0, config.bsid - 8),
    channels: channelsOf(locationsOf(config)),
    samplesPerFrame: AC3_SAMPLES_PER_FRAME,
  }
}

/**
 * Describes the first program of E-AC-3 as audio parameters. Throws MalformedMedia when the rate code is reserved.
 * `sampleRate` and `locations` (a chanmap) state what a `dec3` cannot: halved rates, and the pair of top surrounds.
 */
export function ec3Parameters(config: Ec3Configuration, sampleRate?: number, locations?: number): AudioParameters {
  const [first] = config.programs as [Ec3Program]
  const { jointObjectCoding } = config
  return {
    codec: 'ec-3',
    configuration: hexOf(writeDec3(config)),
    sampleRate: sampleRate ?? sampleRateOf(first),
    channels: channelsOf(locations ?? locationsOf(first) | first.dependentLocations),
    samplesPerFrame: AC3_SAMPLES_PER_FRAME,
    ...(jointObjectCoding === undefined ? {} : { jointObjectCoding }),
  }
}

function sampleRateOf({ fscod }: Ac3Mode): number {
  const rate = SAMPLE_RATES[fscod]
  if (rate === undefined) throw new MalformedMedia(`fscod ${fscod}`, 0)
  return rate
}

/** Writes the payload of a `dac3` box. */
export function writeDac3({ bitRateCode, ...mode }: Ac3Configuration): Uint8Array {
  const bits = new BitWriter()
  bits.u(2, mode.fscod)
  bits.u(5, mode.bsid)
  bits.u(3, mode.bsmod)
  bits.u(3, mode.acmod)
  bits.u(1, mode.lfeon ? 1 : 0)
  bits.u(5, bitRateCode)
  bits.u(5, 0)
  return bits.result()
}

/** Reads the payload of a `dac3` box. Throws MalformedMedia when it is too short. */
export function readDac3(payload: Uint8Array): Ac3Configuration {
  const bits = new BitReader(payload)
  return {
    fscod: bits.u(2),
    bsid: bits.u(5),
    bsmod: bits.u(3),
    acmod: bits.u(3),
    lfeon: bits.flag(),
    bitRateCode: bits.u(5),
  }
}

/** Writes the payload of a `dec3` box. */
export function writeDec3({ dataRate, programs, jointObjectCoding }: Ec3Configuration): Uint8Array {
  const bits = new BitWriter()
  bits.u(13, Math.min(dataRate, 0x1fff))
  bits.u(3, programs.length - 1)
  for (const program of programs) {
    bits.u(2, program.fscod)
    bits.u(5, program.bsid)
    bits.u(2, 0) // reserved, asvc: a main service
    bits.u(3, program.bsmod)
    bits.u(3, program.acmod)
    bits.u(1, program.lfeon ? 1 : 0)
    bits.u(3, 0)
    bits.u(4, program.dependentSubstreams)
    if (program.dependentSubstreams > 0) bits.u(9, channelLocation(program.dependentLocations))
    else bits.u(1, 0)
  }
  if (jointObjectCoding !== undefined) {
    bits.u(7, 0)
    bits.u(1, 1) // flag_ec3_extension_type_a
    bits.u(8, jointObjectCoding)
  }
  return bits.result()
}

/** Reads the payload of a `dec3` box. Throws MalformedMedia when it is too short. */
export function readDec3(payload: Uint8Array): Ec3Configuration {
  const bits = new BitReader(payload)
  const dataRate = bits.u(13)
  const programs = Array.from({ length: bits.u(3) + 1 }, () => readProgram(bits))
  const used = 2 + programs.reduce((size, { dependentSubstreams }) => size + (dependentSubstreams > 0 ? 4 : 3), 0)
  if (payload.length < used + 2) return { dataRate, programs }
  bits.u(7)
  return bits.flag() ? { dataRate, programs, jointObjectCoding: bits.u(8) } : { dataRate, programs }
}

function readProgram(bits: BitReader): Ec3Program {
  const fscod = bits.u(2)
  const bsid = bits.u(5)
  bits.u(2)
  const bsmod = bits.u(3)
  const acmod = bits.u(3)
  const lfeon = bits.flag()
  bits.u(3)
  const dependentSubstreams = bits.u(4)
  const chanLoc = bits.u(dependentSubstreams > 0 ? 9 : 1)
  const dependentLocations = dependentSubstreams > 0 ? fromChannelLocation(chanLoc) : 0
  return { fscod, bsid, bsmod, acmod, lfeon, dependentSubstreams, dependentLocations }
}

/**
 * chan_loc, table F.6.1, least significant bit first: locations 5 to 12 of a chanmap, then its location 14, and LFE2.
 */
function channelLocation(locations: number): number {
  let chanLoc = (locations & 0x0002) << 7
  for (let n = 0; n < 8; n++) if ((locations & (0x0400 >>> n)) !== 0) chanLoc |= 1 << n
  return chanLoc
}

function fromChannelLocation(chanLoc: number): number {
  let locations = (chanLoc & 0x100) >>> 7
  for (let n = 0; n < 8; n++) if ((chanLoc & (1 << n)) !== 0) locations |= 0x0400 >>> n
  return locations
}
