import type { UtcMs } from '../media/time.ts'

export type Tags = Readonly<Record<string, string>>

export type IngestEndpoint = {
  /** 32 hexadecimal digits; the first endpoint's equals the channel's GUID. */
  readonly id: string
  readonly username: string
  readonly password: string
}

/** A MediaPackage Channel. URLs and ARNs are not stored: they follow from the GUIDs and the configuration. */
export type Channel = {
  /** 32 hexadecimal digits that identify the channel in ARNs and ingest URLs. */
  readonly guid: string
  /** The name the user chose; unique and immutable. */
  readonly id: string
  readonly description?: string
  readonly tags: Tags
  readonly createdAt: UtcMs
  readonly ingestEndpoints: readonly [IngestEndpoint, IngestEndpoint]
  readonly egressAccessLogs?: { readonly logGroupName: string }
  readonly ingressAccessLogs?: { readonly logGroupName: string }
  /** Increases by one with every change; a store refuses a write that is not the successor of the stored revision. */
  readonly revision: number
}
