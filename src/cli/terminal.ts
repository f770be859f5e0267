/** What a command may do to the outside; handed in, so that tests can look. */
export type Terminal = {
  readonly isTerminal: boolean
  /** Columns of the terminal. */
  readonly columns: number
  readonly write: (text: string) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** A command that cannot be done. The message is one line. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
}

/** A command that was not understood. The message is one line. */
export class CommandMisused extends Error {
  override readonly name = 'CommandMisused'
}
