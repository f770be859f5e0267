/**
 * Builds the server into `dist`, unless that was built of the same bytes: `npm run build`. Of 800 files, a start would
 * spend a third of its time on finding them (decision 106). What is loaded together is in one file here, and what is
 * imported when it is needed in others. Packages of npm stay in node_modules; names and comments stay as they are.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STAMP = '.server-inputs'
/** The program, and each of its threads: by the name under which `new Worker` finds it. */
const ENTRIES = {
  main: 'src/main.ts',
  worker: 'src/stores/sqlite/worker.ts',
  'worker-thread': 'src/origin/manifests/worker-thread.ts',
}
/** In `dist`, and made by others. */
const KEPT = ['console']

async function buildServer(to: string): Promise<void> {
  const made = join(to, `.server-${process.pid}`)
  const build = await rolldown({
    cwd: ROOT,
    input: ENTRIES,
    platform: 'node',
    external: /^[^./]/,
    checks: { circularDependency: true },
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message)
    },
  })
  // Digests in names would differ from folder to folder, and packages with them.
  const names = { chunkFileNames: 'part-[name].js', keepNames: true }
  await build.write({ dir: made, format: 'esm', sourcemap: true, ...names })
  await build.close()
  const built = new Set(readdirSync(made))
  for (const name of built) renameSync(join(made, name), join(to, name))
  rmSync(made, { recursive: true })
  for (const name of readdirSync(to)) {
    const isOurs = built.has(name) || KEPT.includes(name) || name.startsWith('.')
    if (!isOurs) rmSync(join(to, name), { recursive: true })
  }
}

function inputDigest(): string {
  const hash = createHash('sha256')
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  const paths = sources.filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts')).sort()
  for (const path of [...paths.map((path) => `src/${path}`), 'scripts/build-server.ts', 'package-lock.json']) {
    const bytes = readFileSync(join(ROOT, path))
    hash.update(`${path}\n${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

const to = join(ROOT, 'dist')
const [stamp, inputs] = [join(to, STAMP), inputDigest()]
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== inputs) {
  mkdirSync(to, { recursive: true })
  rmSync(stamp, { force: true })
  await buildServer(to)
  writeFileSync(stamp, inputs)
}
