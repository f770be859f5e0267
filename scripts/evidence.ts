import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { evidenceFolderName } from '../test/judges/evidence.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The folders in which test processes leave logs and screenshots, of one run of the gate. */
export class Evidence {
  /** Absolute. */
  readonly folder: string
  private readonly path: string

  constructor(began: Date) {
    this.path = join('reports', `gate-${began.toISOString().replaceAll(/[:.]/g, '-')}`)
    this.folder = join(root, this.path)
  }

  /** Removes what other files left. */
  keepOnly(files: readonly string[]): void {
    if (!existsSync(this.folder)) return
    const kept = new Set(files.map(evidenceFolderName))
    for (const name of readdirSync(this.folder)) {
      if (!kept.has(name)) rmSync(join(this.folder, name), { recursive: true, force: true })
    }
    for (const folder of [this.folder, join(root, 'reports')]) {
      if (readdirSync(folder).length === 0) rmdirSync(folder)
    }
  }

  /** Where that of a file lies, as lines to print: none if there is none. */
  of(file: string): readonly string[] {
    const path = join(this.path, evidenceFolderName(file))
    return existsSync(join(root, path)) ? [`logs and screenshots: ${path}`] : []
  }
}
