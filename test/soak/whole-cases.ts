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
  'src/media/mp4/audio-entry.test.ts',
  'src/media/ts/audio-track.test.ts',
  'src/media/ts/demuxer.test.ts',
  'src/media/ts/video-probe.test.ts',
  'src/media/ts/video-track.test.ts',
  'src/packaging/ads/random-inputs.test.ts',
  'src/packaging/protected-formats.test.ts',
  'src/stores/sqlite/sqlite-store.test.ts',
  'test/e2e/any-node.test.ts',
  'test/e2e/assets.test.ts',
  'test/e2e/deliverables.test.ts',
  'test/e2e/harvest-crash.test.ts',
  'test/e2e/harvest-faults.test.ts',
  'test/e2e/muxed-sound.test.ts',
  'test/e2e/odd-cuts.test.ts',
  'test/e2e/protected-players.test.ts',
  'test/e2e/protection.test.ts',
  'test/encoders/random-encoders.test.ts',
  'test/fixtures/catalogue.test.ts',
  'test/harvest/cut-edges.test.ts',
  'test/harvest/encrypted-assets.test.ts',
  'test/harvest/exact-cut.test.ts',
  'test/harvest/frame-exact.test.ts',
  'test/harvest/segment-batches.test.ts',
  'test/harvest/trimmed-tail.test.ts',
  'test/judges/player.test.ts',
  'test/matrix/matrix.test.ts',
  'test/origin/encrypted-hls.test.ts',
  'test/timeline/random-simulations.test.ts',
]

/** What scripts/test.ts writes to the path in WINDROW_GATE_REPORT, as far as it is used here. */
type Report = {
  readonly files: readonly { readonly file: string; readonly passed: number; readonly skipped: number }[]
}

/** Every case of kinds of which the gate has some: of encryption, of encoded streams, of cuts, of players. */
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
