export type EncryptionContractConfiguration = {
  readonly presetSpeke20Audio: 'SHARED' | 'UNENCRYPTED' | `PRESET-AUDIO-${1 | 2 | 3}`
  readonly presetSpeke20Video: 'SHARED' | 'UNENCRYPTED' | `PRESET-VIDEO-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`
}

/** The SPEKE server that provides the keys of an endpoint. */
export type SpekeKeyProvider = {
  readonly certificateArn?: string
  /** Present with SPEKE 2.0 only. */
  readonly encryptionContractConfiguration?: EncryptionContractConfiguration
  readonly resourceId: string
  readonly roleArn: string
  readonly systemIds: readonly string[]
  readonly url: string
}

/** The encryption of an endpoint's segments. */
export type Encryption<Method extends string = string> = {
  readonly method: Method
  readonly constantInitializationVector?: string
  /** Seconds after which the key changes; 0 for never. */
  readonly keyRotationIntervalSeconds: number
  readonly spekeKeyProvider: SpekeKeyProvider
}
