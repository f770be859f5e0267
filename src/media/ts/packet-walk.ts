import { StepMeter, type Steps } from '../steps.ts'
import { continuityCounter, hasTransportError, PACKET_SIZE, PAT_PID } from './packet.ts'
import { NO_PACKET, PacketSync } from './packet-sync.ts'
import { findProgram, ProgramFollower, TABLE_COST } from './program.ts'
import type { ProgramMap } from './psi.ts'

/** Receives the packets of segments in order. */
export type PacketVisitor = {
  /** A packet that is not of the program maps. */
  packet(pid: number, segment: Uint8Array, at: number): void
  /** A whole program map, and the continuity_counter of the packet that it ended in. */
  map(map: ProgramMap, pmtPid: number, counter: number): void
}

/**
 * Walks through consecutive transport stream segments. A packet without a sync byte is left out, as are packets of the
 * program maps with an error. Throws MalformedMedia when a segment has no program map, lost sync or scrambled packets.
 */
export function* walkPackets(segments: readonly Uint8Array[], visitor: PacketVisitor): Steps<void> {
  const meter = new StepMeter()
  for (const segment of segments) {
    const program = new ProgramFollower(findProgram(segment).pmtPid)
    const sync = new PacketSync()
    for (let at = 0; at + PACKET_SIZE <= segment.length; at += PACKET_SIZE) {
      if (meter.ends()) yield
      const pid = sync.pidAt(segment, at)
      if (pid === NO_PACKET) continue
      const isBroken = hasTransportError(segment, at)
      if (pid === PAT_PID && !isBroken) program.pushPat(segment, at)
      if (pid !== program.pmtPid || pid === PAT_PID) visitor.packet(pid, segment, at)
      else if (!isBroken) {
        program.pushPmt(segment, at, (map) => {
          visitor.map(map, program.pmtPid, continuityCounter(segment, at))
        })
        if (meter.ends(TABLE_COST)) yield
      }
    }
  }
}
