/** A playlist that cannot be believed: the line (1-based) and what is wrong with it. */
export class MalformedPlaylist extends Error {
  override readonly name = 'MalformedPlaylist'
  readonly line: number

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`)
    this.line = line
  }
}
