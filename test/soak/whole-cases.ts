import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnOwned } from '../judges/processes.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'whole-cases'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Of the kinds of cases in these files the gate has some. */
const FILES = [
  'src/keys/key-ledger.test.ts',
  'src/packaging/protected-formats.test.ts',
  'test/e2e/muxed-sound.test.ts',
  'test/e2e/odd-cuts.test.ts',
  'test/e2e/protected-players.test.ts',
  'test/e2e/protection.test.ts',
  'test/harvest/encrypted-assets.test.ts',
  'test/matrix/matrix.test.ts',
  'test/origin/encrypted-hls.test.ts',
]

/** What scripts/test.ts writes to the path in WINDROW_GATE_REPORT, as far as it is used here. */
type Report = {
  readonly files: readonly { readonly file: string; readonly passed: number; readonly skipped: number }[]
}

/** Every case of kinds of which the gate has some: of encryption, of the matrix, of players. */
export async function run({ seed, folder }: SoakContext): Promise<Record<string, string | number>> {
  const path = join(folder(), 'whole-cases.json')
  rmSync(path, { force: true })
  const env = { ...process.env, WINDROW_GATE_REPORT: path, WINDROW_TEST_WHOLE: '1' }
  const child = spawnOwned(process.execPath, ['scripts/test.ts', '--seed', String(seed), ...FILES], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`the tests ended with ${code}`)
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as Report
  return Object.fromEntries(files.map(({ file, passed, skipped }) => [file, `${passed} passed, ${skipped} skipped`]))
}
