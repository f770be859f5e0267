/** Texts that are kept, and the most characters of one. Memory: 2 MiB at most, where all are escaped. */
const MOST_TEXTS = 256
const MOST_LENGTH = 1024

/** Texts that come again and again, with the bytes that are written for them. */
export class RecurringText {
  private readonly write: (text: string) => string
  private readonly known = new Map<string, Uint8Array>()
  // Most texts are the one before.
  private last: { readonly text: string; readonly bytes: Uint8Array } | undefined

  /** `write` gives what is written for a text. */
  constructor(write: (text: string) => string) {
    this.write = write
  }

  bytesOf(text: string): Uint8Array {
    if (text === this.last?.text) return this.last.bytes
    const bytes = this.known.get(text) ?? this.written(text)
    this.last = { text, bytes }
    return bytes
  }

  private written(text: string): Uint8Array {
    const bytes = Buffer.from(this.write(text))
    if (text.length <= MOST_LENGTH) {
      if (this.known.size >= MOST_TEXTS) this.known.clear()
      this.known.set(text, bytes)
    }
    return bytes
  }
}
