import { equalBytes, MalformedMedia } from '../bytes.ts'
import { hasTransportError, PACKET_SIZE, PAT_PID, pidOf, SYNC_BYTE } from './packet.ts'
import { type ProgramMap, readPat, readPmt, SectionAssembler } from './psi.ts'

/** Follows the PAT and the PMT of the first program of a transport stream. */
export class ProgramFollower {
  private readonly patSections = new SectionAssembler()
  private pmtSections = new SectionAssembler()
  private lastSection = new Uint8Array(0)
  private damagedBefore = 0
  /** PID of the PMT; -1 until a PAT has named it. */
  pmtPid = -1
  map: ProgramMap | undefined

  get damaged(): number {
    return this.damagedBefore + this.patSections.damaged + this.pmtSections.damaged
  }

  /** Takes a packet of the PAT's PID. */
  pushPat(bytes: Uint8Array, at: number): void {
    this.patSections.push(bytes, at, (section) => {
      const pid = readPat(section)
      if (pid === undefined || pid === this.pmtPid) return
      this.pmtPid = pid
      this.damagedBefore += this.pmtSections.damaged
      this.pmtSections = new SectionAssembler()
    })
  }

  /**
   * Takes a packet of the PMT's PID; calls `found` with each complete map, and true when it differs from the last.
   */
  pushPmt(bytes: Uint8Array, at: number, found: (map: ProgramMap, changed: boolean) => void): void {
    this.pmtSections.push(bytes, at, (section) => {
      const changed = this.map === undefined || !equalBytes(section, this.lastSection)
      const map = changed ? readPmt(section) : this.map
      if (map === undefined) return
      if (changed) this.lastSection = new Uint8Array(section)
      this.map = map
      found(map, changed)
    })
  }
}

/** The first program map of a whole segment. Throws MalformedMedia when there is none. */
export function findProgramMap(segment: Uint8Array): ProgramMap {
  const program = new ProgramFollower()
  for (let at = 0; at + PACKET_SIZE <= segment.length; at += PACKET_SIZE) {
    if (segment[at] !== SYNC_BYTE || hasTransportError(segment, at)) continue
    const pid = pidOf(segment, at)
    if (pid === PAT_PID) program.pushPat(segment, at)
    else if (pid === program.pmtPid) program.pushPmt(segment, at, () => {})
    if (program.map !== undefined) return program.map
  }
  throw new MalformedMedia('no program map table', segment.length)
}
