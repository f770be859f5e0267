import type { AccessKeyPair } from './credentials.ts'
import type { Settings } from './settings.ts'

/** Everything the server is told: the settings, with the key pair settled. */
export type Config = Omit<Settings, 'accessKeyId' | 'secretAccessKey'> & {
  readonly credentials: AccessKeyPair
}
