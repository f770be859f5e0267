import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../dist/console', import.meta.url))

/** A file of the console, and what is loaded with it, as Vite's manifest says. */
type Chunk = {
  readonly file: string
  readonly isEntry?: boolean
  readonly src?: string
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

/** Of the fonts, regular and bold are shown. */
const FONTS = 2

/** The names and gzipped sizes of what a browser loads for a page, with nothing of the console in its cache. */
export function firstLoad(page: string): ReadonlyMap<string, number> {
  const manifest = JSON.parse(readFileSync(join(FOLDER, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>
  const files = new Set(['index.html', 'windrow.svg'])
  const seen = new Set<string>()
  const load = (name: string) => {
    const chunk = manifest[name]
    if (!chunk) throw new Error(`the manifest has no ${name}`)
    if (seen.has(name)) return
    seen.add(name)
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file)
    for (const each of chunk.imports ?? []) load(each)
  }
  load('index.html')
  load(page)
  const fonts = readdirSync(join(FOLDER, 'assets')).filter((name) => name.endsWith('.woff2'))
  for (const font of fonts.slice(0, FONTS)) files.add(`assets/${font}`)
  return new Map([...files].map((file) => [file, sizeOf(file)]))
}

function sizeOf(file: string): number {
  const gzipped = statSync(join(FOLDER, `${file}.gz`), { throwIfNoEntry: false })
  return (gzipped ?? statSync(join(FOLDER, file))).size
}
