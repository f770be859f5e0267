/** A half-open range of bytes: `start` up to but not including `end`. */
export type ByteRange = { readonly start: number; readonly end: number }

/** Thrown by reads of a key that names no object. */
export class NoSuchObject extends Error {
  override readonly name = 'NoSuchObject'
  readonly key: string

  constructor(key: string) {
    super(`no object ${key}`)
    this.key = key
  }
}

/** An object being written. It is not visible until `commit` resolves; then it is durable and never changes. */
export type ObjectWriter = {
  /** Takes the chunk over: the caller no longer touches its bytes. Resolves when more may be written. */
  write(chunk: Uint8Array): Promise<void>
  commit(): Promise<void>
  /** Leaves nothing behind. Safe to call after a failed write or commit. */
  abort(): Promise<void>
}

/**
 * An object on its way, in bounded memory: a piece is good until the next one is asked for. Whoever has it closes it.
 */
export type ObjectStream = AsyncIterable<Uint8Array> & { close(): Promise<void> }

/**
 * Port: immutable bytes by key. Keys are made by us, never by clients: segments of `[A-Za-z0-9._-]+` joined by `/`,
 * none beginning with a dot; anything else is a TypeError.
 */
export type Objects = {
  create(key: string): Promise<ObjectWriter>
  /**
   * The whole object, or the part of a range that it has; the bytes are shared and must not be changed. Throws
   * NoSuchObject.
   */
  read(key: string, range?: ByteRange): Promise<Uint8Array>
  /** The same for passing on: at once where the bytes are in memory, else piece by piece. Throws NoSuchObject. */
  open(key: string, range?: ByteRange): Promise<Uint8Array | ObjectStream>
  /** Path of a local, read-only file with exactly the object's bytes, where the adapter has one. */
  file(key: string): string | undefined
  /** Deleting what is not there is no error. */
  remove(key: string): Promise<void>
  /** All keys that begin with `prefix`, in no order. */
  list(prefix: string): AsyncIterable<string>
}
