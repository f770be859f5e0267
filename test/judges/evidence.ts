/** What is kept of a test file that fails: logs, screenshots, and whatever else tells what went wrong. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the runner wants the folders of all test files. */
export const EVIDENCE_VARIABLE = 'WINDROW_TEST_EVIDENCE'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The name of a test file's folder. */
export function evidenceFolderName(file: string): string {
  return file.replace(/\.test\.ts$/, '').replaceAll(/[^\w.-]+/g, '-')
}

let folder: string | undefined
const counts = new Map<string, number>()

/**
 * The path of a new file in the folder of this process: `purpose-1.ending`, then `purpose-2.ending`. Without the runner
 * the folder is a temporary one, which stays when the process fails, and is told of.
 */
export function evidenceFile(purpose: string, ending: string): string {
  folder ??= makeFolder()
  const kind = `${purpose}.${ending}`
  const count = (counts.get(kind) ?? 0) + 1
  counts.set(kind, count)
  return join(folder, `${purpose}-${count}.${ending}`)
}

function makeFolder(): string {
  const started = process.argv[1] ?? ''
  const parent = process.env[EVIDENCE_VARIABLE]
  if (parent !== undefined) {
    const made = join(parent, evidenceFolderName(relative(root, started)))
    mkdirSync(made, { recursive: true })
    return made
  }
  const made = mkdtempSync(join(tmpdir(), `windrow-evidence-${evidenceFolderName(basename(started))}-`))
  process.on('exit', (code) => {
    if (code === 0) rmSync(made, { recursive: true, force: true })
    else process.stderr.write(`logs and screenshots: ${made}\n`)
  })
  return made
}
