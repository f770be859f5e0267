import { createHmac, type KeyObject } from 'node:crypto'
import { bytesOfUuid, uuidOf } from '../media/bytes.ts'

const KEY_BYTES = 16
const FORM = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

/** A KID as a UUID in lower case; undefined for text that is neither a UUID nor its 32 digits. */
export function readKid(text: string): string | undefined {
  return FORM.test(text) ? uuidOf(bytesOfUuid(text)) : undefined
}

/** The content key of a KID, 16 bytes: it follows from the secret alone, so that nothing is stored. */
export function derivedKey(secret: KeyObject, kid: string): Buffer {
  const digest = createHmac('sha256', secret).update(bytesOfUuid(kid)).digest()
  digest.fill(0, KEY_BYTES)
  return digest.subarray(0, KEY_BYTES)
}
