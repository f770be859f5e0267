/** The release before, built: what WINDROW_BEFORE names, or else the newest tag, or the commit below. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../judges/processes.ts'
import type { SoakContext } from '../soak-plan.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** The first whose nodes can be started on a schema that a newer release has added to. */
const FIRST = 'a62d299'

/** A folder with the build before. */
export function buildBefore(log: SoakContext['log']): string {
  const given = process.env['WINDROW_BEFORE']
  if (given !== undefined) return resolve(given)
  const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { maxBuffer: 1 << 30 })
  const [tag = ''] = git('tag', '--list', 'v*', '--sort=-version:refname', '--merged').toString().split('\n')
  const commit = tag === '' ? FIRST : tag
  const folder = join(temporaryFolder('before'), commit)
  mkdirSync(folder)
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', commit) })
  // Its packages are believed to be those of this one.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  execFileSync(process.execPath, ['scripts/run.mjs', 'build'], { cwd: folder, stdio: 'pipe' })
  log(`built ${commit}`)
  return folder
}
