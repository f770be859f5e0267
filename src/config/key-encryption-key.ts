import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { ConfigurationError } from './read-settings.ts'

/** Files in the data folder, beside the credentials: 64 hexadecimal digits. */
export const KEY_ENCRYPTION_KEY_FILE = 'key-encryption-key'
export const KEY_SERVER_SECRET_FILE = 'key-server-secret'

/**
 * The key-encryption key that is kept in the data folder; a new one is made there when there is none. Throws
 * ConfigurationError when the file cannot be used: content keys that are sealed with another one would be lost.
 */
export async function loadKeyEncryptionKey(dataFolder: string): Promise<KeyObject> {
  return loadKey(dataFolder, KEY_ENCRYPTION_KEY_FILE)
}

/** A key of 32 bytes in a file of the data folder, as `loadKeyEncryptionKey` has it. */
export async function loadKey(dataFolder: string, name: string): Promise<KeyObject> {
  const file = join(dataFolder, name)
  const kept = await readPrivateFile(file)
  if (kept !== undefined) {
    const digits = kept.trim()
    if (/^[0-9a-f]{64}$/i.test(digits)) return keyOfDigits(digits)
    throw new ConfigurationError(`${file} has no key of 64 hexadecimal digits: restore it from a backup`)
  }
  const digits = randomBytes(32).toString('hex')
  await writePrivateFile(file, `${digits}\n`)
  return keyOfDigits(digits)
}

/** The key that a setting gives in hexadecimal digits. */
export function keyOfDigits(digits: string): KeyObject {
  const bytes = Buffer.from(digits, 'hex')
  try {
    return createSecretKey(bytes)
  } finally {
    bytes.fill(0)
  }
}
