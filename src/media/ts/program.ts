import { equalBytes, MalformedMedia } from '../bytes.ts'
import { hasTransportError, PACKET_SIZE, PAT_PID, pidOf, SYNC_BYTE } from './packet.ts'
import { type ProgramMap, readPat, readPmt, SectionAssembler } from './psi.ts'

/**
 * Times that a PAT may name another PID while no map has come: for each, what precedes it is searched for maps. A real
 * program has one.
 */
const MOST_MAP_PIDS = 16

/** What reading a packet of a table costs in a step, in bytes. */
export const TABLE_COST = 16 * 1024

/** Receives a complete map, and true when it differs from the last. */
export type MapFound = (map: ProgramMap, changed: boolean) => void

/**
 * Follows the PAT and the PMT of the first program of a transport stream. The first PAT and the first PMT of a segment
 * apply from its beginning, wherever they are: packets that precede them belong to the streams they list. Streams that
 * only a later PMT lists begin at that PMT.
 */
export class ProgramFollower {
  private readonly patSections = new SectionAssembler()
  private pmtSections = new SectionAssembler()
  private lastSection = new Uint8Array(0)
  private damagedBefore = 0
  private mapPids = 0
  /** PID of the PMT; -1 until a PAT has named it. */
  pmtPid: number
  map: ProgramMap | undefined

  constructor(pmtPid = -1) {
    this.pmtPid = pmtPid
  }

  get damaged(): number {
    return this.damagedBefore + this.patSections.damaged + this.pmtSections.damaged
  }

  /** The program map at the end of the segment, which is at `offset`. Throws MalformedMedia when there is none. */
  requireMap(offset: number): ProgramMap {
    if (this.map !== undefined) return this.map
    const missing = this.pmtPid < 0 ? 'program association table' : 'program map table'
    throw new MalformedMedia(`no ${missing}: every segment has to carry PAT and PMT`, offset)
  }

  /**
   * Takes a packet of the PAT's PID. Throws MalformedMedia when PATs go on naming other PIDs and no map comes.
   * @returns whether it names another PID for the maps
   */
  pushPat(bytes: Uint8Array, at: number): boolean {
    const before = this.pmtPid
    this.patSections.push(bytes, at, (section) => {
      const pid = readPat(section)
      if (pid === undefined || pid === this.pmtPid) return
      this.pmtPid = pid
      this.damagedBefore += this.pmtSections.damaged
      this.pmtSections = new SectionAssembler()
    })
    if (this.pmtPid === before) return false
    if (this.map === undefined && ++this.mapPids > MOST_MAP_PIDS) {
      throw new MalformedMedia(`more than ${MOST_MAP_PIDS} program association tables, and no program map table`, at)
    }
    return true
  }

  /** Takes a packet of the PMT's PID; calls `found` with each complete map. */
  pushPmt(bytes: Uint8Array, at: number, found: MapFound): void {
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

/**
 * Finds the program of a whole segment: the PID of its maps, and the first map. Throws MalformedMedia when there is
 * none.
 */
export function findProgram(segment: Uint8Array): { readonly pmtPid: number; readonly map: ProgramMap } {
  const program = new ProgramFollower()
  for (let at = 0; at + PACKET_SIZE <= segment.length && program.map === undefined; at += PACKET_SIZE) {
    if (segment[at] !== SYNC_BYTE || hasTransportError(segment, at)) continue
    const pid = pidOf(segment, at)
    if (pid === PAT_PID) {
      if (program.pushPat(segment, at)) pushMaps(program, segment.subarray(0, at), () => {})
    } else if (pid === program.pmtPid) program.pushPmt(segment, at, () => {})
  }
  const map = program.requireMap(segment.length)
  return { pmtPid: program.pmtPid, map }
}

/** Feeds `program` the maps among `packets`, which precede the PAT that gave it their PID. */
export function pushMaps(program: ProgramFollower, packets: Uint8Array, found: MapFound): void {
  for (let at = 0; at + PACKET_SIZE <= packets.length; at += PACKET_SIZE) {
    if (packets[at] !== SYNC_BYTE || hasTransportError(packets, at) || pidOf(packets, at) !== program.pmtPid) continue
    program.pushPmt(packets, at, found)
  }
}
