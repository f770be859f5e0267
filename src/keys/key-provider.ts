import type { EncryptedPackaging } from '../model/packaging.ts'
import type { ContentKey } from '../packaging/content-keys.ts'

/** Port: a server that provides the keys of encrypted endpoints. */
export type KeyProvider = {
  /**
   * Requests the keys of a key period, one for each of the encryption's key rules, once and without trying again.
   * Throws KeyProviderFailed, and as the signal aborts. The packaging decides what is asked of each DRM system.
   */
  request(packaging: EncryptedPackaging, period: number, signal: AbortSignal): Promise<ProvidedKeys>
}

export type ProvidedKeys = {
  readonly keys: readonly ContentKey[]
  /** What the log has of the server that gave them. */
  readonly about: {
    readonly host?: string
    /** Of SPEKE. */
    readonly version?: string
    /** What the server says that it is. */
    readonly keyServer?: string
  }
}

/** Thrown when a provider gives no keys. The message is one sentence for the endpoint's owner, and holds no secret. */
export class KeyProviderFailed extends Error {
  override readonly name = 'KeyProviderFailed'
}
