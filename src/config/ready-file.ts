import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The file that is there while a server is ready, if the settings name one. */
export class ReadyFile {
  private readonly path: string | undefined

  constructor(path: string | undefined) {
    this.path = path && resolve(path)
  }

  /** Says where the API is; whoever sees the file reads a whole line. */
  write(apiUrl: string): void {
    if (this.path === undefined) return
    writeFileSync(`${this.path}.new`, `${apiUrl}\n`)
    renameSync(`${this.path}.new`, this.path)
  }

  /** Also at a start: one is left where a server was killed. */
  remove(): void {
    if (this.path !== undefined) rmSync(this.path, { force: true })
  }
}
