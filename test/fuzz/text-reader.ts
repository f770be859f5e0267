/** A reader of text from outside, as the fuzz tests try it. */
export type TextReader = {
  /** Texts that are right, or nearly, from which mutants are made. */
  readonly samples: readonly string[]
  /**
   * What it makes of a text. Throws what the reader refuses with, and an Error where it breaks a promise of its own,
   * such as a path that leaves its folder. May give the work in steps (`src/media/steps.ts`) instead, or a promise.
   */
  readonly read: (text: string) => unknown
  /** True of what is in a request line or a header field, of which Node has each byte as a character. */
  readonly isLatin1?: boolean
  /** Mutants for each of the others' thousand; 1000 where absent, and fewer for readers that are slow by nature. */
  readonly share?: number
}

export type TextReaders = Readonly<Record<string, TextReader>>

/** Throws where a reader has broken a promise. */
export function promised(isKept: boolean, promise: string): void {
  if (!isKept) throw new Error(`broken: ${promise}`)
}

/** Lines `Name: value` as node:http gives them: names in lower case, and what is given twice with a comma between. */
export function headersOf(text: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return headers
}
