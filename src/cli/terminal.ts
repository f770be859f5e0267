/** What a command may do to the outside world, passed in so that tests can observe it. */
export type Terminal = {
  readonly isTerminal: boolean
  /** Width of the terminal in characters. */
  readonly columns: number
  readonly write: (text: string) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** Moves to the beginning of the line, and clears it. */
export const CLEAR_LINE = '\r\u001b[K'

/** Thrown when a command cannot be carried out. The message is one line. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
}

/** Thrown when a command was not understood. The message is one line. */
export class CommandMisused extends Error {
  override readonly name = 'CommandMisused'
}
