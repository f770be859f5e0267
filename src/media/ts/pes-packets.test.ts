import assert from 'node:assert/strict'
import { it } from 'node:test'
import { PACKET_SIZE, pcrBase } from './packet.ts'
import { PesPackets } from './pes-packets.ts'

/** A packet whose adaptation field has a PCR of so many ticks, and nothing else. */
function clockOf(ticks: number): Uint8Array {
  const packet = new Uint8Array(PACKET_SIZE).fill(0xff)
  packet.set([0x47, 0x01, 0x00, 0x20, PACKET_SIZE - 5, 0x10, 0, 0, 0, ticks >>> 1, (ticks & 1) << 7, 0])
  return packet
}

it('a PCR is written in its order wherever a piece of the output begins', () => {
  for (let before = 0; before < 40; before++) {
    // Its pieces are small: not all packets fit into the first.
    const output = new PesPackets(0)
    for (let ticks = 0; ticks < before; ticks++) output.copy(clockOf(ticks))
    output.clock(clockOf(before), 0, 0)
    const bytes = Buffer.concat(output.end())
    const clocks = Array.from({ length: before + 1 }, (_, i) => pcrBase(bytes, i * PACKET_SIZE))
    assert.deepEqual(
      clocks,
      Array.from({ length: before + 1 }, (_, i) => i),
    )
  }
})
