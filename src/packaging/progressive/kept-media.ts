import type { FileRange, OpenSpool, Spool } from '../spool.ts'

/**
 * The first of a file's data, in the order of its chunks, kept in a spool while they are surveyed: they need not be
 * read and demuxed a second time. Where the spool takes no more, because others need the disk, nothing is kept.
 */
export class KeptMedia {
  private readonly spool: Spool
  private readonly mostBytes: number
  private bytes = 0
  private isOver = false

  constructor(openSpool: OpenSpool, mostBytes: number) {
    this.spool = openSpool({ isOptional: true })
    this.mostBytes = mostBytes
  }

  /** Of all data up to here, what is kept. */
  get size(): number {
    return this.bytes
  }

  /** Keeps the data of the next chunk, unless that is too much. */
  async add(pieces: Iterable<Uint8Array>, bytes: number): Promise<void> {
    this.isOver ||= this.bytes + bytes > this.mostBytes
    if (this.isOver) return
    try {
      for (const piece of pieces) await this.spool.append(piece)
      this.bytes += bytes
    } catch {
      // The file's tables need what is left of the disk, and fail if there is nothing.
      this.isOver = true
      this.bytes = 0
      await this.spool.close()
    }
  }

  /** A range of what is kept. */
  read(range: FileRange): AsyncIterable<Uint8Array> {
    return this.spool.read(range)
  }

  close(): Promise<void> {
    return this.spool.close()
  }
}
