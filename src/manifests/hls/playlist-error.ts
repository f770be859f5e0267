/** Thrown for a playlist that breaks the format; holds the line, counted from 1, and the problem. */
export class MalformedPlaylist extends Error {
  override readonly name = 'MalformedPlaylist'
  readonly line: number

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`)
    this.line = line
  }
}
