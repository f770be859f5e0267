import { roleOptions } from './assumed-role.ts'
import type { Clock } from './clock.ts'
import { ConfigurationError } from './config/read-settings.ts'
import { SETTINGS, type Settings } from './config/settings.ts'
import type { Log } from './log.ts'
import { CdnIdentifiers } from './secrets/cdn-identifiers.ts'
import { firstOf, type SecretStore } from './secrets/secret-store.ts'
import { SecretsFile } from './secrets/secrets-file.ts'
import { secretsFolder } from './secrets/secrets-folder.ts'
import { SecretsManager } from './secrets/secrets-manager.ts'
import type { Stopping } from './stopping.ts'

type SecretsSettings = Pick<
  Settings,
  | 'region'
  | 's3RoleExternalId'
  | 's3RoleSessionName'
  | 'secretsAssumeRole'
  | 'secretsFile'
  | 'secretsFolder'
  | 'secretsManager'
  | 'secretsManagerEndpoint'
  | 'stsEndpoint'
>

type Deps = { readonly steady: Clock; readonly log: Log; readonly reloaders: (() => Promise<void> | void)[] }

/**
 * The stores of secrets that the settings name, and what CDNs send judged by them. Throws ConfigurationError for a file
 * that cannot be read when the server starts.
 */
export async function openCdnIdentifiers(
  settings: SecretsSettings,
  { steady, log, reloaders }: Deps,
  { closers }: Pick<Stopping, 'closers'>,
): Promise<CdnIdentifiers> {
  const stores: SecretStore[] = []
  if (settings.secretsFile !== undefined) {
    const file = new SecretsFile(settings.secretsFile, { clock: steady, log })
    await file.open().catch((error: Error) => {
      throw new ConfigurationError(`${SETTINGS.secretsFile.name}: ${error.message}`)
    })
    stores.push(file)
  }
  if (settings.secretsFolder !== undefined) stores.push(secretsFolder(settings.secretsFolder))
  if (settings.secretsManager) stores.push(new SecretsManager(managerOptions(settings)))
  const identifiers = new CdnIdentifiers({ store: firstOf(stores), clock: steady, log })
  reloaders.push(() => identifiers.doubt())
  closers.push(() => identifiers.close())
  return identifiers
}

function managerOptions(settings: SecretsSettings) {
  const { region, secretsManagerEndpoint, secretsAssumeRole } = settings
  return {
    region,
    ...(secretsManagerEndpoint !== undefined && { endpoint: secretsManagerEndpoint }),
    ...(secretsAssumeRole && { role: roleOptions(settings) }),
  }
}
