/**
 * Builds the console (`console/`) into `dist/console`, unless that was built of the same bytes: `npm run build`. Beside
 * what Vite makes there are the same files compressed, and what is told of the packages of npm that are in them.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'
import { BUNDLED_FILE, bundledPackages } from './packages/bundled.ts'
import { licencePage } from './packages/licences.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STAMP = '.inputs'
/** Everything that the bytes of the console follow from: what is installed is as package-lock.json says. */
const INPUTS = ['console', 'scripts/build-console.ts', 'scripts/packages', 'package-lock.json', 'tsconfig.base.json']

const COMPRESSED = /\.(css|html|js|json|svg|txt)$/
/** Smaller files gain nothing that a client would notice. */
const LEAST_COMPRESSED = 1024

/** Builds into `to`, which is replaced as a whole; `root` has `console/` and `node_modules`. */
export async function buildConsole(to: string, root = ROOT): Promise<void> {
  const { build } = await import('vite')
  const outDir = join(to, '..', `.console-${process.pid}`)
  const modules = new Set<string>()
  const inputs = inputDigest(root)
  // Digests of the bundler differ where the folder does, and with them every file that names another.
  const named = (name: string, ending = '.js') => `assets/${name}-${inputs.slice(0, 8)}${ending}`
  const output = {
    entryFileNames: named('[name]'),
    chunkFileNames: ({ name, facadeModuleId }: { readonly name: string; readonly facadeModuleId: string | null }) =>
      named(name === 'page' && facadeModuleId ? basename(dirname(facadeModuleId)) : name),
    // Sheets of several pages have one name, and differ by what is in them.
    assetFileNames: named('[name]-[hash]', '[extname]'),
  }
  await build({
    configFile: join(root, 'console/vite.config.ts'),
    configLoader: 'native',
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true, rolldownOptions: { output } },
    plugins: [modulesIn(modules)],
  })
  const packages = packagesOf(modules, root)
  writeFileSync(join(outDir, BUNDLED_FILE), `${JSON.stringify(packages, null, 1)}\n`)
  writeFileSync(join(outDir, 'licences.txt'), licencePage(root, bundledPackages(root, packages)))
  await compress(outDir)
  writeFileSync(join(outDir, STAMP), inputs)
  const before = `${outDir}-before`
  if (existsSync(to)) renameSync(to, before)
  renameSync(outDir, to)
  rmSync(before, { recursive: true, force: true })
}

/** Whether what is in `to` was built of the inputs as they are now. */
function isCurrent(to: string, root = ROOT): boolean {
  const stamp = join(to, STAMP)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === inputDigest(root)
}

function inputDigest(root: string): string {
  const hash = createHash('sha256')
  for (const path of INPUTS.flatMap((each) => filesAt(root, each))) {
    const bytes = readFileSync(join(root, path))
    hash.update(`${path}\n${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

function filesAt(root: string, path: string): string[] {
  const entries = /\.\w+$/.test(path) ? [] : readdirSync(join(root, path), { recursive: true, withFileTypes: true })
  if (entries.length === 0) return [path]
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort()
}

/** Notes the modules that a build reads, also those of which nothing is left. */
const modulesIn = (modules: Set<string>): Plugin => ({
  name: 'modules',
  generateBundle() {
    for (const id of this.getModuleIds()) modules.add(id)
  },
})

/** Paths of package-lock.json: `node_modules/react`. */
function packagesOf(modules: ReadonlySet<string>, root: string): string[] {
  const paths = new Set<string>()
  for (const id of modules) {
    const path = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll('\\', '/').replace(/^\0/, ''))?.[0]
    const at = path?.indexOf('/node_modules/')
    if (path !== undefined && at !== undefined) paths.add(path.slice(at + 1))
  }
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: object }
  return [...paths].filter((path) => path in locked.packages).sort()
}

/** As small as it gets: what is built once is sent often. */
async function compress(folder: string): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const texts = names.filter((name) => COMPRESSED.test(name) && !name.split(sep).some((part) => part.startsWith('.')))
  await Promise.all(
    texts.map(async (name) => {
      const path = join(folder, name)
      const bytes = await readFile(path)
      if (bytes.length < LEAST_COMPRESSED) return
      const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_QUALITY]: 9 }
      await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, { params }))
      await writeFile(`${path}.gz`, await promisify<Buffer, object, Buffer>(gzip)(bytes, { level: 9 }))
    }),
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const to = join(ROOT, 'dist/console')
  if (!isCurrent(to)) await buildConsole(to)
}
