import type { AccessKeyPair } from './credentials.ts'
import type { Settings } from './settings.ts'

/** The server's whole configuration: the settings, with the key pair resolved. */
export type Config = Omit<Settings, 'accessKeyId' | 'secretAccessKey'> & {
  readonly credentials: AccessKeyPair
}
