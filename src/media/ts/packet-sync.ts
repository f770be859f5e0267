import { MalformedMedia } from '../bytes.ts'
import { isScrambled, LOST_SYNC, NULL_PID, pidOf, SCRAMBLED, SYNC_BYTE } from './packet.ts'

/** In place of a PID, for a packet without a sync byte. */
export const NO_PACKET = -1

/** Finds the packets of a segment: one without a sync byte among others is left out. */
export class PacketSync {
  private isLost = false

  /**
   * The PID of the packet at an offset, or NO_PACKET. Throws MalformedMedia where two packets in a row have no sync
   * byte, and for a scrambled packet.
   */
  pidAt(segment: Uint8Array, at: number): number {
    if (segment[at] !== SYNC_BYTE) {
      if (this.isLost) throw new MalformedMedia(LOST_SYNC, at)
      this.isLost = true
      return NO_PACKET
    }
    this.isLost = false
    const pid = pidOf(segment, at)
    if (isScrambled(segment, at) && pid !== NULL_PID) throw new MalformedMedia(SCRAMBLED, at)
    return pid
  }
}
