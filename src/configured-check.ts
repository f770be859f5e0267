import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Clock } from './clock.ts'
import { Turns } from './concurrency/turns.ts'
import { CREDENTIALS_FILE, readKeyPair } from './config/credentials.ts'
import type { EffectiveSetting } from './config/effective-setting.ts'
import { KEY_ENCRYPTION_KEY_FILE, KEY_SERVER_SECRET_FILE } from './config/key-encryption-key.ts'
import { readPrivateFile } from './config/private-file.ts'
import { ConfigurationError, readSettings, type SettingSources, settingsInEffect } from './config/read-settings.ts'
import { SETTINGS, type Settings } from './config/settings.ts'
import { configuredKeyProvider } from './configured-key-provider.ts'
import { ownKeyServer } from './configured-key-server.ts'
import { openCdnIdentifiers } from './configured-secrets.ts'
import { expiring, readCertificates } from './configured-tls.ts'
import type { Closer } from './stopping.ts'

/**
 * Writes what is in effect, as lines of a configuration file without its secrets, and then whether `windrow serve`
 * could use it: the settings, and the files that they name. It changes nothing, and connects to nothing. Throws
 * ConfigurationError.
 */
export async function checkConfiguration(
  sources: SettingSources,
  date: Clock,
  write: (text: string) => void,
): Promise<void> {
  const settings = readSettings(sources)
  for (const setting of settingsInEffect(sources)) if (setting.source !== 'UNSET') write(lineOf(setting))
  const notes = await checkFiles(settings, date).catch((error: NodeJS.ErrnoException) => {
    throw error.code === undefined ? error : new ConfigurationError(error.message)
  })
  for (const note of notes) write(`# note: ${note}\n`)
  write('# This can be used.\n')
}

function lineOf({ name, value, where }: EffectiveSetting): string {
  return value === undefined
    ? `# ${name}: a secret that is not shown (${where})\n`
    : `${name}: ${JSON.stringify(value)}  # ${where}\n`
}

/** Resolves to what is to be noted; throws for what cannot be used. */
async function checkFiles(settings: Settings, date: Clock): Promise<readonly string[]> {
  const { dataFolder, cacheFolder } = settings
  const folders = [await checkFolder(SETTINGS.dataFolder.name, dataFolder)]
  if (cacheFolder !== undefined) folders.push(await checkFolder(SETTINGS.cacheFolder.name, cacheFolder))
  if (settings.accessKeyId === undefined) await readKeyPair(join(dataFolder, CREDENTIALS_FILE))
  for (const name of [KEY_ENCRYPTION_KEY_FILE, KEY_SERVER_SECRET_FILE]) await readPrivateFile(join(dataFolder, name))
  ownKeyServer(settings)
  configuredKeyProvider(settings, { date, turns: new Turns() })
  await checkSecrets(settings, date)
  const certificates = await readCertificates(settings, date)
  return [...folders.flat(), ...(certificates ? expiring(certificates, date) : [])]
}

async function checkSecrets(settings: Settings, date: Clock): Promise<void> {
  const closers: Closer[] = []
  const log = { info() {}, warn() {}, error() {} }
  await openCdnIdentifiers(settings, { steady: date, log, reloaders: [] }, { closers })
  for (const close of closers) await close()
}

/** A folder that is there must be writable; else the nearest above it that is there. */
async function checkFolder(setting: string, folder: string): Promise<readonly string[]> {
  const path = resolve(folder)
  const found = await stat(path).catch(() => undefined)
  if (found && !found.isDirectory()) throw new ConfigurationError(`${setting}: ${folder} is no folder`)
  let there = path
  while (!(await stat(there).catch(() => undefined)) && dirname(there) !== there) there = dirname(there)
  await access(there, constants.W_OK | constants.X_OK).catch(() => {
    throw new ConfigurationError(`${setting}: ${there} cannot be written by this user`)
  })
  return found ? [] : [`${folder} is not there yet, and will be made`]
}
