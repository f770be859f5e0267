import { ByteReader, type ByteWriter, MalformedMedia } from '../bytes.ts'
import { readBoxes, readFullBoxHeader, requireVersion, theBox, writeFullBox } from './box.ts'
import { ofSize } from './track-encryption.ts'

/** A Protection System Specific Header Box, ISO/IEC 23001-7 §8.1: what a DRM system needs to get the keys. */
export type ProtectionSystem = {
  /** SystemID, 16 bytes. */
  readonly systemId: Uint8Array
  /** The KIDs that version 1 lists; undefined in version 0. */
  readonly keyIds?: readonly Uint8Array[]
  readonly data: Uint8Array
}

/** Of a whole box, in bytes: the largest are PlayReady objects, of which each has at most 15 KiB. */
const MOST_SIZE = 64 * 1024

export function writeProtectionSystem(writer: ByteWriter, { systemId, keyIds, data }: ProtectionSystem): void {
  writeFullBox(writer, 'pssh', keyIds ? 1 : 0, 0, () => {
    writer.write(ofSize(16, systemId, 'system id'))
    if (keyIds) writer.u32(keyIds.length)
    for (const keyId of keyIds ?? []) writer.write(ofSize(16, keyId, 'key id'))
    writer.u32(data.length)
    writer.write(data)
  })
}

/** Reads a whole box. Throws MalformedMedia when `bytes` are anything else, or more than 64 KiB. */
export function readProtectionSystem(bytes: Uint8Array): ProtectionSystem {
  if (bytes.length > MOST_SIZE) throw new MalformedMedia(`pssh of ${bytes.length} bytes`, 0)
  const boxes = readBoxes(new ByteReader(bytes))
  const { body } = theBox(boxes, 'pssh', undefined)
  if (boxes.length > 1) throw new MalformedMedia(`${boxes.length} boxes instead of one pssh`, 0)
  const { version } = readFullBoxHeader(body)
  requireVersion(version, 1, 'pssh', body)
  const systemId = body.view(16)
  const keyIds: Uint8Array[] = []
  if (version === 1) for (let count = body.u32(); count > 0; count--) keyIds.push(body.view(16))
  const data = body.view(body.u32())
  if (body.remaining > 0) throw new MalformedMedia(`${body.remaining} bytes behind the data of a pssh`, body.position)
  return { systemId, ...(version === 1 && { keyIds }), data }
}
