export type S3Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** An S3 API of other people's making, running for a test. */
export type S3Server = S3Credentials & {
  readonly endpoint: string
  readonly region: string
  /** Known to the server, but no owner of anything. */
  readonly stranger: S3Credentials
  stop(): Promise<void>
}
