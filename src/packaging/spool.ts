/** The bytes of a file from `start` on, up to `end`. */
export type FileRange = { readonly start: number; readonly end: number }

/** Port: keeps bytes that are appended, in their order, in memory or on disk. */
export type Spool = {
  /** The bytes are copied; the caller may use them again. */
  append(bytes: Uint8Array): Promise<void>
  /** All bytes, or a range, in pieces that are valid until the next is requested. It may be read repeatedly. */
  read(range?: FileRange): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

export type SpoolOptions = {
  /** True of what can be done without: `append` rejects where the disk would have less left than the spool takes. */
  readonly isOptional?: boolean
}

export type OpenSpool = (options?: SpoolOptions) => Spool
