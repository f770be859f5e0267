import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  descriptor,
  reservedCommand,
  segmentation,
  spliceInsert,
  spliceSection,
  timeSignal,
  withCrc,
} from '../../../test/fixtures/splice-messages.ts'
import { packed, withSplices } from '../../../test/fixtures/splice-packets.ts'
import { marker, SPLICES } from '../../../test/fixtures/splice-table.ts'
import { writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { judgedSplices } from '../../../test/judges/splices.ts'
import { needing } from '../../../test/programs.ts'
import { readSpliceInfo, type SpliceInfo } from './splice-info.ts'

const withTshark = needing('tshark')

function understood(section: Uint8Array): SpliceInfo {
  const read = readSpliceInfo(section)
  return typeof read === 'string' ? assert.fail(`refused: ${read}`) : read
}
const signalsIn = (section: Uint8Array) => understood(section).signals

const SECTION = spliceSection({ command: timeSignal(1000), descriptors: [marker(1)] })
/** The section without its CRC, changed, with the CRC that belongs to it. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(SECTION.subarray(0, -4))
  change(bytes)
  return withCrc(bytes)
}

describe('readSpliceInfo', () => {
  for (const [name, { section, signals }] of Object.entries(SPLICES)) {
    it(`reads ${name}`, () => assert.deepEqual(signalsIn(section), signals))
  }

  withTshark.it('reads what tshark does, field by field', async () => {
    const splices = Object.values(SPLICES).filter((splice) => !splice.isUnknownToTshark)
    const packets = splices.flatMap(({ section }) => packed([section], { pid: 0x1f1, before: 0 }))
    const stream = { pid: 0x100, type: 0x1b, descriptors: Buffer.alloc(0) }
    const ts = writeMultiplex(withSplices({ streams: [stream], packets: [] }, packets), new Map())
    const read = splices.map(({ section }) => {
      const { protocolVersion, ...rest } = understood(section)
      assert.equal(protocolVersion, 0)
      return rest
    })
    assert.deepEqual(read, await judgedSplices(ts))
  })

  it('takes the earliest of components on both sides of the wrap of 33 bits', () => {
    const at = [3, 2 ** 33 - 2, 5].map((time, tag) => ({ tag, time }))
    const [insert] = signalsIn(spliceSection({ command: spliceInsert({ id: 1, isOut: true, at }), ptsAdjustment: 1 }))
    assert.equal(insert?.isCancel ? undefined : insert?.time, 2 ** 33 - 1)
  })

  it('refuses what it cannot read, and says why', () => {
    const command = timeSignal(1000)
    const refused = {
      'table-id': [changed((bytes) => bytes.writeUInt8(0xfd, 0))],
      crc: [Buffer.from([...SECTION.subarray(0, -1), SECTION.at(-1)! ^ 1])],
      'protocol-version': [spliceSection({ command, protocolVersion: 1 })],
      encrypted: [spliceSection({ command, encrypted: true })],
      'command-type': [spliceSection({ command: reservedCommand() })],
      descriptors: [spliceSection({ command, descriptors: Array.from({ length: 33 }, (_, id) => marker(id)) })],
      length: [
        Buffer.alloc(0),
        SECTION.subarray(0, 2),
        SECTION.subarray(0, -1),
        Buffer.concat([SECTION, Buffer.alloc(1)]),
        // splice_command_length, descriptor_loop_length, descriptor_length and segmentation_upid_length too large.
        changed((bytes) => bytes.writeUInt8(0x80, 12)),
        changed((bytes) => bytes.writeUInt8(bytes[20]! + 1, 20)),
        changed((bytes) => bytes.writeUInt8(bytes[22]! + 1, 22)),
        changed((bytes) => bytes.writeUInt8(4, 34)),
        // No room for pts_time, or for the rest of a segmentation_descriptor().
        changed((bytes) => bytes.writeUInt8(1, 12)),
        spliceSection({ command, descriptors: [segmentation({ id: 1, typeId: 0x10 }).subarray(0, -1)] }),
        spliceSection({ command, descriptors: [descriptor(2, Buffer.alloc(3))] }),
      ],
    }
    for (const [reason, sections] of Object.entries(refused)) {
      for (const section of sections) assert.equal(readSpliceInfo(section), reason, section.toString('hex'))
    }
  })

  it('takes as many segmentations as a message may have', () => {
    const descriptors = Array.from({ length: 32 }, (_, id) => marker(id))
    assert.equal(signalsIn(spliceSection({ command: timeSignal(1), descriptors })).length, 32)
  })
})
