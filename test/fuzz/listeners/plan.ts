/** What the program that breaks requests is told, as JSON. */
export type AttackPlan = {
  readonly seed: number
  readonly port: number
  readonly tlsPort: number
  readonly metricsPort: number
  /** As the Host header has it. */
  readonly host: string
  readonly connections: number
  readonly access: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Paths of manifests and segments of every format. */
  readonly playback: readonly string[]
  /** `url` is the path of the parent playlist. */
  readonly ingest: { readonly url: string; readonly username: string; readonly password: string }
  /** A parent playlist. */
  readonly playlist: string
  /** A segment, in base64. */
  readonly segment: string
}

/** What became of the requests. */
export type AttackCounts = {
  readonly requests: number
  readonly connections: number
  /** By status; `none` where the connection was closed, or nothing came. */
  readonly answers: Readonly<Record<string, number>>
  /** Of requests that were answered by 500: their first bytes in base64, some of them. */
  readonly failures: readonly string[]
}
