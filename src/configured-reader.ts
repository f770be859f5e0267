import type { OpenBucket } from './cli/asset-place.ts'
import { CommandFailed } from './cli/terminal.ts'
import { readSettings, type SettingSources } from './config/read-settings.ts'
import { openBucketReader } from './stores/bucket-settings.ts'
import { BucketRefused } from './stores/buckets.ts'
import { StoreUnavailable } from './stores/resources.ts'

/** Opens buckets of S3 to be read, with the settings that a server has for them. Throws ConfigurationError. */
export function bucketsRead(sources: SettingSources): OpenBucket {
  const settings = readSettings(sources)
  return async (bucket) => {
    try {
      const reader = await openBucketReader(settings, bucket)
      return {
        read: (key) => reader.open(key).catch(refuse),
        close: () => reader.close(),
      }
    } catch (error) {
      return refuse(error)
    }
  }
}

function refuse(error: unknown): never {
  if (error instanceof StoreUnavailable || error instanceof BucketRefused) {
    throw new CommandFailed(error.message.replace(/\.$/, ''))
  }
  throw error
}
