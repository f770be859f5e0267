import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MalformedMedia } from '../bytes.ts'
import { PACKET_SIZE } from './packet.ts'
import { crc32Mpeg, type ProgramMap, packetise, readPat, readPmt, SectionAssembler, writePmt } from './psi.ts'

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16))

/** A PAT as ffmpeg writes it, for one program with its PMT on PID 0x1000. */
const PAT = bytes('00b00d0001c100000001f0002ab104b2')

const map = (streams: number, language = 'deu'): ProgramMap => ({
  programNumber: 1,
  version: 3,
  pcrPid: 0x100,
  descriptors: bytes('0504484450ff'.slice(0, 12)),
  streams: Array.from({ length: streams }, (_, i) => ({
    pid: 0x100 + i,
    streamType: 0x0f,
    descriptors: Uint8Array.of(0x0a, 4, ...new TextEncoder().encode(language), 0),
    language,
  })),
})

function assemble(packets: Uint8Array): Uint8Array[] {
  const assembler = new SectionAssembler()
  const sections: Uint8Array[] = []
  for (let at = 0; at < packets.length; at += PACKET_SIZE) {
    assembler.push(packets, at, (section) => sections.push(section.slice()))
  }
  return sections
}

describe('crc32Mpeg', () => {
  it('is the CRC of annex A', () => {
    assert.equal(crc32Mpeg(new TextEncoder().encode('123456789')), 0x0376e6e7)
    assert.equal(crc32Mpeg(PAT), 0)
  })
})

describe('readPat', () => {
  it('finds the PMT of the first program', () => assert.equal(readPat(PAT), 0x1000))
  it('passes over the network PID and tables for later', () => {
    const network = PAT.slice()
    network[9] = 0
    assert.equal(readPat(network), undefined)
    const later = PAT.slice()
    later[5] = 0xc0
    assert.equal(readPat(later), undefined)
  })
})

describe('readPmt and writePmt', () => {
  it('read back what was written', () => {
    for (const streams of [0, 1, 2, 50]) assert.deepEqual(readPmt(writePmt(map(streams))), map(streams))
  })
  it('take no language from an undetermined or meaningless code', () => {
    for (const language of ['und', '\0\0\0', 'x-1']) {
      assert.equal(readPmt(writePmt(map(1, language)))!.streams[0]!.language, undefined)
    }
    assert.equal(readPmt(writePmt(map(1, 'DEU')))!.streams[0]!.language, 'deu')
  })
  it('refuse lengths that contradict each other', () => {
    const section = writePmt(map(1))
    section[11] = 0xff
    assert.throws(() => readPmt(section), MalformedMedia)
  })
  it('refuse to write more than a section holds', () =>
    assert.throws(() => writePmt(map(100)), /program map of \d+ bytes/))
})

describe('packetise and SectionAssembler', () => {
  it('carry sections of any size through packets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 88 }), (streams) => {
        const section = writePmt(map(streams))
        const packets = packetise(section, 0x1000, 14)
        assert.deepEqual(assemble(packets), [section.slice()])
        assert.equal(packets[3]! & 0x0f, 14)
      }),
      { seed: 1, numRuns: 50 },
    )
  })
  it('find two sections in one packet, and one that a pointer_field announces', () => {
    const packet = packetise(PAT, 0, 0)
    packet.set(PAT, 5 + PAT.length)
    assert.equal(assemble(packet).length, 2)
    const section = writePmt(map(20))
    const packets = packetise(section, 0x1000, 0)
    const rest = section.length - 183
    const second = packets.subarray(PACKET_SIZE)
    second[1]! |= 0x40
    second.set(Uint8Array.of(rest, ...section.subarray(183), ...PAT), 4)
    assert.deepEqual(assemble(packets), [section.slice(), PAT])
  })
  it('throw damaged sections away and count them', () => {
    const assembler = new SectionAssembler()
    const packet = packetise(PAT, 0, 0)
    packet[14]! ^= 1
    assembler.push(packet, 0, () => assert.fail())
    assert.equal(assembler.damaged, 1)
    const tooLong = packetise(PAT, 0, 0)
    tooLong[6] = 0xbf
    assembler.push(tooLong, 0, () => assert.fail())
    assert.equal(assembler.damaged, 2)
    const beyond = packetise(PAT, 0, 0)
    beyond[4] = 0xff
    assembler.push(beyond, 0, () => assert.fail())
    assert.equal(assembler.damaged, 3)
  })
})
