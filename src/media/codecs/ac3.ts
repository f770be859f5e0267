import { ac3Parameters, type Ec3Program, ec3Parameters, locationsOf } from './ac3-configuration.ts'
import { type Ac3Header, DEPENDENT, SAMPLES_PER_BLOCK } from './ac3-header.ts'
import type { AudioParameters } from './audio-parameters.ts'
import { readEnhancedBsi } from './eac3-bsi.ts'

/** The most independent substreams a `dec3` can list, and the most dependent ones of each. */
const MOST_PROGRAMS = 8
const MOST_DEPENDENT = 8

/** All frames of one interval of time, as a decoder must know them: AC-3, or E-AC-3 with all its substreams. */
export class Ac3AccessUnit {
  private readonly programs: Ec3Program[] = []
  /** Locations of the first program, as a chanmap. */
  private locations = 0
  private isEnhanced = false
  private sampleRate = 0
  private samples = 0
  private bitRateCode = 0
  private bytes = 0
  private jointObjectCoding: number | undefined

  get isEmpty(): boolean {
    return this.programs.length === 0
  }

  /** Takes a whole frame and its header. Throws MalformedMedia when the frame is too short for its header. */
  add(header: Ac3Header, frame: Uint8Array): void {
    const bsi = header.isEnhanced ? readEnhancedBsi(frame) : undefined
    this.bytes += header.frameSize
    if (header.isEnhanced) this.isEnhanced = true
    this.jointObjectCoding ??= bsi?.jointObjectCoding
    const locations = bsi?.channelMap ?? locationsOf(header)
    if (header.streamType === DEPENDENT) this.addDependent(locations)
    else if (this.programs.length < MOST_PROGRAMS) this.addProgram(header, bsi?.bsmod ?? header.bsmod, locations)
  }

  /** Describes the access unit; undefined when it has no frame. */
  describe(): AudioParameters | undefined {
    const [first] = this.programs
    if (first === undefined) return undefined
    const { bitRateCode, programs, jointObjectCoding } = this
    if (!this.isEnhanced) return ac3Parameters({ ...first, bitRateCode })
    const joint = jointObjectCoding === undefined ? {} : { jointObjectCoding }
    return ec3Parameters({ dataRate: this.dataRate(), programs, ...joint }, this.sampleRate, this.locations)
  }

  private addProgram(header: Ac3Header, bsmod: number, locations: number): void {
    const { fscod, bsid, acmod, lfeon } = header
    if (this.programs.length === 0) {
      this.locations = locations
      this.sampleRate = header.sampleRate
      this.samples = header.blocks * SAMPLES_PER_BLOCK
      this.bitRateCode = header.bitRateCode
    }
    this.programs.push({ fscod, bsid, bsmod, acmod, lfeon, dependentSubstreams: 0, dependentLocations: 0 })
  }

  private addDependent(locations: number): void {
    const program = this.programs.pop()
    if (program === undefined) return
    if (this.programs.length === 0) this.locations |= locations
    this.programs.push({
      ...program,
      dependentSubstreams: Math.min(program.dependentSubstreams + 1, MOST_DEPENDENT),
      dependentLocations: program.dependentLocations | locations,
    })
  }

  /**
   * Data rate in kbit/s. At 44.1 kHz, frame sizes vary by a word to hold a rate that is a multiple of 8. That nominal
   * rate is returned, so that segments agree whichever size they begin with.
   */
  private dataRate(): number {
    const rate = (this.bytes * 8 * this.sampleRate) / this.samples / 1000
    const nominal = Math.round(rate / 8) * 8
    return Math.abs(rate - nominal) < 0.5 ? nominal : Math.round(rate)
  }
}
