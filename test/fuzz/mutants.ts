import { crc32Mpeg } from '../../src/media/ts/psi.ts'

/** Ways to break media, for tests that show that broken media are refused or understood. */

const PACKET = 188
const START_CODE = Buffer.of(0, 0, 1)

export type Random = (below: number) => number

/** A seeded generator of integers below a bound (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const absurd = [0, 1, 0x7f, 0x80, 0xb7, 0xb8, 0xfe, 0xff]

/** One way to break bytes; the packet-wise ones make sense of a transport stream only. */
const mutations: ((bytes: Buffer, random: Random) => Buffer)[] = [
  function flipBits(bytes, random) {
    for (let n = 1 + random(20); n > 0; n--) bytes[random(bytes.length)]! ^= 1 << random(8)
    return bytes
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random(bytes.length))
  },
  function cutOut(bytes, random) {
    const from = random(bytes.length)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random(1000))])
  },
  function splicePackets(bytes, random) {
    const packets = Math.floor(bytes.length / PACKET)
    const [a, b, count] = [random(packets), random(packets), random(20)]
    return Buffer.concat([
      bytes.subarray(0, a * PACKET),
      bytes.subarray(b * PACKET, (b + count) * PACKET),
      bytes.subarray(a * PACKET),
    ])
  },
  function absurdBytes(bytes, random) {
    for (let n = 1 + random(8); n > 0; n--) bytes[random(bytes.length)] = absurd[random(absurd.length)]!
    return bytes
  },
  /** Adaptation field, PES and table lengths all stand near the beginning of a packet. */
  function absurdLengths(bytes, random) {
    for (let n = 1 + random(8); n > 0; n--) {
      const at = random(Math.ceil(bytes.length / PACKET)) * PACKET + 1 + random(24)
      if (at < bytes.length) bytes[at] = absurd[random(absurd.length)]!
    }
    return bytes
  },
  function absurdTables(bytes, random) {
    for (let n = 1 + random(4); n > 0; n--) bytes[random(Math.min(bytes.length, 3 * PACKET))] = random(256)
    return bytes
  },
  /** Broken tables with the CRC they should have, so that they are read. */
  function credibleTables(bytes, random) {
    for (const packet of [0, 1, 2]) {
      const section = bytes.subarray(packet * PACKET + 5, (packet + 1) * PACKET)
      if (section.length < PACKET - 5) continue
      const end = 3 + (section[2]! & 0x7f) - 4
      for (let n = random(4); n > 0 && end > 3; n--) section[3 + random(end - 3)] = random(256)
      if (end > 0) section.writeUInt32BE(crc32Mpeg(section.subarray(0, end)), end)
    }
    return bytes
  },
  /** NAL units say most at their beginning. */
  function absurdUnits(bytes, random) {
    for (let n = 1 + random(8); n > 0; n--) {
      const start = bytes.indexOf(START_CODE, random(bytes.length))
      const at = start + START_CODE.length + random(40)
      if (start >= 0 && at < bytes.length) bytes[at] = random(2) === 0 ? random(256) : absurd[random(absurd.length)]!
    }
    return bytes
  },
  function zeros(bytes, random) {
    const at = random(bytes.length)
    return bytes.fill(0, at, Math.min(bytes.length, at + random(400)))
  },
]

/** Bytes broken in one to three ways. */
export function mutant(sample: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(sample)
  for (let n = 1 + random(3); n > 0 && bytes.length > 0; n--)
    bytes = mutations[random(mutations.length)]!(bytes, random)
  return bytes
}
