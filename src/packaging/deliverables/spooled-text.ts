import type { WholeFileBody } from '../output-format.ts'
import type { OpenSpool } from '../spool.ts'

/** A file of text that is written piece by piece, of which nothing stays in memory but what comes first. */
export type SpooledText = {
  readonly contentType: string
  readonly pieces: AsyncIterable<string>
  /** What comes before all pieces; asked for when the last one is there. */
  readonly head?: () => string
}

/** Writes the pieces into a spool, which `close` frees. Throws as the pieces do. */
export async function spooledText(
  openSpool: OpenSpool,
  { contentType, pieces, head = () => '' }: SpooledText,
): Promise<WholeFileBody> {
  const spool = openSpool()
  const encoder = new TextEncoder()
  let size = 0
  try {
    for await (const piece of pieces) {
      const bytes = encoder.encode(piece)
      await spool.append(bytes)
      size += bytes.length
    }
  } catch (error) {
    await spool.close()
    throw error
  }
  const first = encoder.encode(head())
  return {
    contentType,
    size: first.length + size,
    async *open() {
      if (first.length > 0) yield first
      yield* spool.read()
    },
    close: () => spool.close(),
  }
}
