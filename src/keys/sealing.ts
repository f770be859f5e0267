import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { KeyDescription } from '../model/content-keys.ts'
import type { ContentKey } from '../packaging/content-keys.ts'
import type { KeyPlace } from '../stores/content-key-records.ts'

/** AES-256-GCM with nonces and tags of the usual lengths. */
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 16

/** Thrown when there is no key-encryption key. The message says what to set. */
export class NoKeyEncryptionKey extends Error {
  override readonly name = 'NoKeyEncryptionKey'
}

/** Thrown when the keys of a row cannot be opened. */
export class UnreadableKeys extends Error {
  override readonly name = 'UnreadableKeys'
}

/** What a row has in `sealed`: which key seals it, and nonce, ciphertext and tag of each content key, in base64. */
type Sealed = { readonly by: string; readonly keys: readonly string[] }

/** Seals content keys for the ledger, and opens them. Bytes of keys are nowhere but in buffers that are wiped here. */
export class KeySealing {
  private readonly keyEncryptionKey: () => Promise<KeyObject>

  /** `keyEncryptionKey` gives a key of 32 bytes, or throws NoKeyEncryptionKey. */
  constructor(keyEncryptionKey: () => Promise<KeyObject>) {
    this.keyEncryptionKey = keyEncryptionKey
  }

  /** Throws NoKeyEncryptionKey. */
  async check(): Promise<void> {
    await this.keyEncryptionKey()
  }

  /** Whether the keys of a row are sealed with the key that is set. Throws UnreadableKeys, NoKeyEncryptionKey. */
  async checkSealed(row: string): Promise<void> {
    sealedBy(await this.keyEncryptionKey(), row)
  }

  async seal(place: KeyPlace, keys: readonly ContentKey[]): Promise<string> {
    const sealing = await this.keyEncryptionKey()
    const sealed: Sealed = {
      by: nameOf(sealing),
      keys: keys.map(({ kid, key }) => {
        const nonce = randomBytes(NONCE_BYTES)
        const cipher = createCipheriv(CIPHER, sealing, nonce).setAAD(boundTo(place, kid))
        const bytes = key.export()
        try {
          return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]).toString('base64')
        } finally {
          bytes.fill(0)
        }
      }),
    }
    return JSON.stringify(sealed)
  }

  /** The keys of a row, which belong to `descriptions` in their order. Throws UnreadableKeys, NoKeyEncryptionKey. */
  async open(place: KeyPlace, row: string, descriptions: readonly KeyDescription[]): Promise<readonly ContentKey[]> {
    const opening = await this.keyEncryptionKey()
    const keys = sealedBy(opening, row)
    return descriptions.map((description, i) => ({
      ...description,
      key: opened(opening, boundTo(place, description.kid), Buffer.from(keys[i] ?? '', 'base64')),
    }))
  }
}

/** What a row has of each key, in base64. Throws UnreadableKeys, also where another key-encryption key sealed it. */
function sealedBy(opening: KeyObject, row: string): readonly string[] {
  const { by, keys } = sealedIn(row)
  if (by === nameOf(opening)) return keys
  throw new UnreadableKeys('they are sealed with another key-encryption-key than the one that is set')
}

function sealedIn(row: string): Sealed {
  try {
    const { by, keys } = JSON.parse(row) as Partial<Sealed>
    if (typeof by === 'string' && Array.isArray(keys)) return { by, keys }
  } catch {
    // What is said of it below is enough.
  }
  throw new UnreadableKeys('they are damaged')
}

function opened(opening: KeyObject, aad: Uint8Array, sealed: Buffer): KeyObject {
  if (sealed.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) throw new UnreadableKeys('they are damaged')
  const decipher = createDecipheriv(CIPHER, opening, sealed.subarray(0, NONCE_BYTES)).setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const bytes = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
  try {
    decipher.final()
    return createSecretKey(bytes)
  } catch (error) {
    throw new UnreadableKeys('they are damaged, or of another row', { cause: error })
  } finally {
    bytes.fill(0)
  }
}

/** A key opens only where it was put, under its own KID. */
function boundTo({ source, period }: KeyPlace, kid: string): Uint8Array {
  return Buffer.from(JSON.stringify([source, period, kid]))
}

const names = new WeakMap<KeyObject, string>()

/** Tells key-encryption keys apart. */
function nameOf(key: KeyObject): string {
  const name =
    names.get(key) ?? createHmac('sha256', key).update('windrow key-encryption-key').digest('hex').slice(0, 16)
  names.set(key, name)
  return name
}
