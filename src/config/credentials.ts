import { randomBytes, randomInt } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { ConfigurationError } from './read-settings.ts'
import type { Settings } from './settings.ts'
import { type Address, isLoopback } from './value-kind.ts'

/** The key pair with which API clients sign their requests. */
export type AccessKeyPair = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** A key pair, and the file that holds it unless the configuration gave it. */
export type KeptKeyPair = { readonly pair: AccessKeyPair; readonly file?: string }

/** File in the data folder. The AWS CLI and SDKs can read it as their AWS_SHARED_CREDENTIALS_FILE. */
export const CREDENTIALS_FILE = 'credentials'

/**
 * The configured pair, else the one kept in the data folder, else a new one, which is then kept there. Creates the
 * data folder when it is missing. Throws ConfigurationError when the kept file cannot be used.
 */
export async function loadKeyPair(
  settings: Pick<Settings, 'dataFolder' | 'accessKeyId' | 'secretAccessKey'>,
): Promise<KeptKeyPair> {
  await mkdir(settings.dataFolder, { recursive: true, mode: 0o700 })
  const { accessKeyId, secretAccessKey } = settings
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { pair: { accessKeyId, secretAccessKey } }
  const file = join(settings.dataFolder, CREDENTIALS_FILE)
  return { pair: (await readKeyPair(file)) ?? (await makeKeyPair(file)), file }
}

/** Reads a key pair; undefined when there is no such file. Throws ConfigurationError when it cannot be used. */
export async function readKeyPair(file: string): Promise<AccessKeyPair | undefined> {
  const text = await readPrivateFile(file)
  if (text === undefined) return undefined
  const accessKeyId = /^aws_access_key_id *= *(\S+) *$/m.exec(text)?.[1]
  const secretAccessKey = /^aws_secret_access_key *= *(\S+) *$/m.exec(text)?.[1]
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey }
  throw new ConfigurationError(`${file} has no key pair: repair it, or delete it to have a new pair created`)
}

async function makeKeyPair(file: string): Promise<AccessKeyPair> {
  const { accessKeyId, secretAccessKey } = newKeyPair()
  const text = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
  await writePrivateFile(file, text)
  return { accessKeyId, secretAccessKey }
}

const SHORTEST_SAFE = 16

/** True of a pair that can be guessed, on an address where others can try to; `test` and `test` is for emulators. */
export function isOpenToGuessing({ accessKeyId, secretAccessKey }: AccessKeyPair, address: Address): boolean {
  const isShort = accessKeyId.length < SHORTEST_SAFE || secretAccessKey.length < SHORTEST_SAFE
  return isShort && !isLoopback(address)
}

/** Makes a pair in the form AWS gives them, which some clients check. */
function newKeyPair(): AccessKeyPair {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const id = Array.from({ length: 16 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return { accessKeyId: `AKIA${id}`, secretAccessKey: randomBytes(30).toString('base64') }
}
