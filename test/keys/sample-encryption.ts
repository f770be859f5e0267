import { AES_128 } from '../../src/model/drm-systems.ts'
import type { Encryption } from '../../src/model/encryption.ts'

/** An encryption of samples: one key for all, from a provider that is never asked. */
export function sampleEncryption<Method extends string>(
  method: Method,
  { systemIds = [AES_128], ...more }: EncryptionSketch = {},
): Encryption<Method> {
  const spekeKeyProvider = { resourceId: 'news', roleArn: 'r', url: 'https://keys.example/speke', systemIds }
  return { method, keyRotationIntervalSeconds: 0, spekeKeyProvider, ...more }
}

export type EncryptionSketch = Partial<Omit<Encryption, 'method' | 'spekeKeyProvider'>> & {
  readonly systemIds?: readonly string[]
}
