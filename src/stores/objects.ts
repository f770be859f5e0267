import { StoreUnavailable } from './resources.ts'

/** A half-open range of bytes: `start` up to but not including `end`. */
export type ByteRange = { readonly start: number; readonly end: number }

/** The part of a range that lies within `size` bytes; all of them when there is no range. */
export function cut(range: ByteRange | undefined, size: number): ByteRange {
  const end = Math.min(range?.end ?? size, size)
  return { start: Math.min(range?.start ?? 0, end), end }
}

/** Thrown by reads of a key that has no object. */
export class NoSuchObject extends Error {
  override readonly name = 'NoSuchObject'
  readonly key: string

  constructor(key: string) {
    super(`no object ${key}`)
    this.key = key
  }
}

/**
 * Thrown when the store of the objects does not answer, or not as it should; the message says why. It tells nothing of
 * the objects: one that could not be read is not lost.
 */
export class ObjectsUnavailable extends StoreUnavailable {
  override readonly name = 'ObjectsUnavailable'
}

/** What a store tells of an object that it has taken in. */
export type CommittedObject = {
  /** The entity tag that the store gave it, without quotation marks, where it gives one. */
  readonly tag?: string
}

/** An object being written. It is invisible until `commit` resolves; then it is durable and never changes. */
export type ObjectWriter = {
  /** Takes ownership of the chunk: the caller must no longer touch its bytes. Resolves when more may be written. */
  write(chunk: Uint8Array): Promise<void>
  commit(): Promise<CommittedObject>
  /** Leaves nothing behind. Safe to call after a failed write or commit. */
  abort(): Promise<void>
}

/**
 * The largest piece of an ObjectStream, which is also the memory that one takes: large enough that a segment takes few
 * reads, small enough that many slow readers cost little.
 */
export const MOST_PIECE_BYTES = 512 * 1024

/**
 * An object read in pieces, in bounded memory: a piece is valid until the next is requested. The holder closes it.
 */
export type ObjectStream = AsyncIterable<Uint8Array> & { close(): Promise<void> }

/** Where an object lies, whole and unchanged: in a local, read-only file, or in a bucket of an S3 API. */
export type ObjectLocation =
  | { readonly kind: 'file'; readonly path: string }
  /** `host` names the S3 API: its address, or of AWS its region. */
  | { readonly kind: 's3'; readonly host: string; readonly bucket: string; readonly key: string }

/** Objects, some of which may be kept nearer than in their store. */
export type CachedObjects = Objects & {
  /** Drops what is kept of an object whose bytes were found to be wrong: the next read is of the store. */
  forget(key: string): Promise<void>
  /** Opens an object that is not expected to be wanted soon again: what is not in memory is not kept there. */
  openOnce?(key: string): Promise<Uint8Array | ObjectStream>
}

/**
 * Port: immutable bytes by key. Keys are generated, never taken from clients: segments of `[A-Za-z0-9._-]+` joined by
 * `/`, none beginning with a dot; anything else is a TypeError. Any call
 * may reject with ObjectsUnavailable where the objects are in another process.
 */
export type Objects = {
  create(key: string): Promise<ObjectWriter>
  /**
   * Reads the whole object, or the part of a range that it has. The bytes are shared and must not be changed. Throws
   * NoSuchObject.
   */
  read(key: string, range?: ByteRange): Promise<Uint8Array>
  /**
   * Opens an object to be passed on: as bytes when they are in memory, otherwise piece by piece. Throws NoSuchObject.
   */
  open(key: string, range?: ByteRange): Promise<Uint8Array | ObjectStream>
  /** Where exactly the object's bytes lie, for those who can take them from there. */
  location(key: string): ObjectLocation | undefined
  /** Deletes an object; an absent one is no error. */
  remove(key: string): Promise<void>
  /** All keys that begin with `prefix`, in any order. */
  list(prefix: string): AsyncIterable<string>
}
