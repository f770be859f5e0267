import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

/** Three times what the console and its players have, in all encodings. */
const MOST_BYTES = 32 << 20
const MOST_FILES = 2000
/** Files are opened so many at a time. */
const AT_ONCE = 32

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}
const COMPRESSED = { '.br': 'br', '.gz': 'gzip' } as const

/** A file of a site, in memory. */
export type SiteFile = {
  /** As Content-Type has it. */
  readonly type: string
  /** Follows from the bytes; without quotes. */
  readonly digest: string
  readonly plain: Buffer
  /** The same, compressed when the site was built. */
  readonly br?: Buffer
  readonly gzip?: Buffer
}

/** By paths, relative to the folder, with `/` between their parts. */
export type Site = ReadonlyMap<string, SiteFile>

/**
 * Reads all files below a folder; `name.br` and `name.gz` are what `name` is in that encoding. Names that begin with a
 * dot are left out. Throws where there is no such folder, or more in it than a site may have.
 */
export async function readSite(folder: string): Promise<Site> {
  const bytes = await readAll(folder)
  const site = new Map<string, SiteFile>()
  for (const [path, plain] of bytes) {
    if (extname(path) in COMPRESSED && bytes.has(path.slice(0, -extname(path).length))) continue
    const [br, gzip] = [bytes.get(`${path}.br`), bytes.get(`${path}.gz`)]
    site.set(path, {
      type: TYPES[extname(path)] ?? 'application/octet-stream',
      digest: createHash('sha256').update(plain).digest('base64url').slice(0, 22),
      plain,
      ...(br && { br }),
      ...(gzip && { gzip }),
    })
  }
  return site
}

async function readAll(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length))
    .filter((name) => !name.split(sep).some((part) => part.startsWith('.')))
    .sort()
  if (names.length > MOST_FILES) throw new Error(`${folder} has more than ${MOST_FILES} files`)
  let total = 0
  const found: [string, Buffer][] = []
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE)
    const sizes = await Promise.all(some.map(async (name) => (await stat(join(folder, name))).size))
    total += sizes.reduce((sum, size) => sum + size, 0)
    if (total > MOST_BYTES) throw new Error(`${folder} has more than ${MOST_BYTES} bytes`)
    const read = await Promise.all(some.map((name) => readFile(join(folder, name))))
    for (const [n, name] of some.entries()) found.push([name.split(sep).join('/'), read[n]!])
  }
  return new Map(found)
}
