import { MalformedMedia } from '../bytes.ts'
import { ID3_HEADER_SIZE, id3TagSize, MOST_TAGS } from '../id3.ts'
import type { CarriedDescription } from '../track.ts'
import { CarriedProbe } from './carried-probe.ts'
import type { PayloadProbe, PesBeginning } from './payload-probe.ts'
import type { ElementaryStream } from './psi.ts'

/** Probes timed ID3, counting its tags as `id3Events` finds them. Throws MalformedMedia beyond `MOST_TAGS`. */
export class Id3Probe implements PayloadProbe {
  readonly keyFrames = []
  private readonly carried: CarriedProbe
  private readonly header = new Uint8Array(ID3_HEADER_SIZE)
  private headerFilled = 0
  /** Bytes of the tag still to come. */
  private rest = 0
  private tags = 0
  /** True where a tag may begin: what is no tag is skipped up to the next PES packet with a PTS. */
  private inStep = false
  private offset = 0

  constructor(stream: ElementaryStream) {
    this.carried = new CarriedProbe(stream)
  }

  get rank(): number {
    return this.carried.rank
  }

  get startsWithKeyFrame(): boolean {
    return this.carried.startsWithKeyFrame
  }

  begin(pes: PesBeginning): void {
    this.carried.begin(pes)
    this.offset = pes.offset
    if (pes.pts < 0) return
    this.inStep = true
    this.headerFilled = 0
    this.rest = 0
  }

  flow(bytes: Uint8Array, from: number, end: number): void {
    for (let at = from; at < end && this.inStep; ) {
      if (this.rest > 0) {
        const skipped = Math.min(this.rest, end - at)
        this.rest -= skipped
        at += skipped
        continue
      }
      this.header[this.headerFilled++] = bytes[at++]!
      if (this.headerFilled === ID3_HEADER_SIZE) this.tag()
    }
  }

  end(): number {
    return 0
  }

  describe(): CarriedDescription {
    return this.carried.describe()
  }

  private tag(): void {
    const size = id3TagSize(this.header, 0, ID3_HEADER_SIZE)
    this.headerFilled = 0
    this.rest = size - ID3_HEADER_SIZE
    this.inStep = size > 0
    if (size > 0 && ++this.tags > MOST_TAGS) throw new MalformedMedia(`more than ${MOST_TAGS} ID3 tags`, this.offset)
  }
}
