import { join } from 'node:path'
import { readPrivateText } from '../config/private-file.ts'
import { ConfigurationError } from '../config/read-settings.ts'
import { fileNamesOf } from './secret-name.ts'
import { type SecretStore, SecretStoreFailed, type StoredSecret } from './secret-store.ts'
import { FILE_FRESH_MS } from './secrets-file.ts'

/** Files that others may write are refused. Kubernetes lets a group, or everybody in the container, read them. */
const WRITABLE_BY_OTHERS = 0o022

/** How often a secret is read again whose files have been exchanged meanwhile. */
const MOST_ATTEMPTS = 3

/**
 * Secrets in a folder, as Kubernetes mounts them: `<name>` is the current version, `<name>.previous` the one before.
 * Files may be exchanged at any time, also by exchanging a symbolic link to their folder.
 */
export function secretsFolder(folder: string): SecretStore {
  const read = async (name: string) => {
    try {
      return await readPrivateText(join(folder, name), { forbidden: WRITABLE_BY_OTHERS })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const reason = error instanceof ConfigurationError ? `${message}.` : `${join(folder, name)}: ${code}.`
      throw new SecretStoreFailed(reason, { cause: error })
    }
  }

  /** Both versions as they were at one time: of an exchange that comes between, none would be missing otherwise. */
  async function versionsOf(name: string): Promise<StoredSecret | undefined> {
    for (let attempt = 1; ; attempt++) {
      const current = await read(name)
      const previous = await read(`${name}.previous`)
      const again = await read(name)
      if (current?.version !== again?.version && attempt < MOST_ATTEMPTS) continue
      return again && { current: again.text, previous: previous?.text, freshMs: FILE_FRESH_MS }
    }
  }

  return {
    async get(arn) {
      for (const name of fileNamesOf(arn)) {
        const found = await versionsOf(name)
        if (found) return found
      }
      return undefined
    },
  }
}
