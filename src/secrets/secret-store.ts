/** The versions of a secret that are in force, as a store has them. */
export type StoredSecret = {
  /** Absent where the store has no text under that label. */
  readonly current?: string | undefined
  readonly previous?: string | undefined
  /** True where a version is the JSON document of AWS, and nothing else will do. */
  readonly isDocument?: boolean
  /** Milliseconds for which nobody has to look whether it has changed. */
  readonly freshMs: number
  /** When it was last known to be so, by the clock that the store was given; absent for now. */
  readonly asOf?: number
}

/**
 * Port: a store of the secrets that origin endpoints name. Resolves to undefined where it has no such secret. Throws
 * SecretStoreFailed where that cannot be known.
 */
export type SecretStore = {
  get(arn: string, roleArn: string, signal: AbortSignal): Promise<StoredSecret | undefined>
}

/** Thrown when a store gives no answer. The message is a sentence without any part of a secret. */
export class SecretStoreFailed extends Error {
  override readonly name = 'SecretStoreFailed'
}

/** Stores one behind the other: the first that has a secret gives it. */
export function firstOf(stores: readonly SecretStore[]): SecretStore {
  return {
    async get(arn, roleArn, signal) {
      for (const store of stores) {
        const found = await store.get(arn, roleArn, signal)
        if (found) return found
      }
      return undefined
    },
  }
}
