export type S3Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** An S3 API of other people's making, running for a test. */
export type S3Server = S3Credentials & {
  readonly endpoint: string
  readonly region: string
  /** Known to the server, but no owner of anything. */
  readonly stranger: S3Credentials
  /** Of the processes it was started as; others are their children. */
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** What tells Windrow to harvest into it; `endpoint` where something stands between them. */
export function harvestsTo(server: S3Server, endpoint = server.endpoint): Readonly<Record<string, string>> {
  return {
    WINDROW_HARVEST_STORE: 's3',
    WINDROW_S3_ENDPOINT: endpoint,
    WINDROW_S3_REGION: server.region,
    WINDROW_S3_FORCE_PATH_STYLE: 'true',
    WINDROW_S3_ACCESS_KEY_ID: server.accessKeyId,
    WINDROW_S3_SECRET_ACCESS_KEY: server.secretAccessKey,
  }
}
