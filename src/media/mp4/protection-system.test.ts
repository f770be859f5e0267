import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteWriter, MalformedMedia } from '../bytes.ts'
import { writeBox } from './box.ts'
import { type ProtectionSystem, readProtectionSystem, writeProtectionSystem } from './protection-system.ts'

const id = (byte: number) => new Uint8Array(16).fill(byte)

function written(system: ProtectionSystem): Uint8Array {
  const writer = new ByteWriter()
  writeProtectionSystem(writer, system)
  return writer.result()
}

describe('pssh', () => {
  const systems: readonly ProtectionSystem[] = [
    { systemId: id(1), data: Uint8Array.of(1, 2, 3) },
    { systemId: id(1), keyIds: [], data: new Uint8Array() },
    { systemId: id(1), keyIds: [id(2), id(3)], data: Uint8Array.of(1) },
  ]

  it('is read back as it was written, of both versions', () => {
    for (const system of systems) assert.deepEqual(readProtectionSystem(written(system)), system)
  })

  it('is refused where anything is missing or too much', () => {
    const refused = (bytes: Uint8Array) => assert.throws(() => readProtectionSystem(bytes), MalformedMedia)
    for (const bytes of systems.map(written)) {
      for (let size = 0; size < bytes.length; size++) refused(bytes.subarray(0, size))
      refused(Buffer.concat([bytes, bytes]))
      refused(Buffer.concat([bytes, Buffer.of(0)]))
      for (const [at, value] of [
        [3, bytes.length + 1],
        [8, 2],
      ] as const) {
        const broken = Uint8Array.from(bytes)
        broken[at] = value
        refused(broken)
      }
    }
    const writer = new ByteWriter()
    writeBox(writer, 'free', () => writer.zeros(20))
    refused(writer.result())
    refused(written({ systemId: id(1), data: new Uint8Array(65_536) }))
  })

  it('is not written with ids of other sizes', () => {
    assert.throws(() => written({ systemId: new Uint8Array(15), data: new Uint8Array() }), /system id of 15 bytes/)
    assert.throws(() => written({ systemId: id(1), keyIds: [new Uint8Array(17)], data: new Uint8Array() }), /of 17/)
  })
})
