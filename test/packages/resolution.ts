/** Whether packed code finds what it asks for: every module that it names, as in the tree that it was packed from. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'

const NAMED = /(?:\b(?:require|import)\(\s*|\bfrom\s*|^import\s*)["']([@.\w][@\w./:-]*)["']/gm

/** The modules of packages that code below a folder imports. */
export function bareImports(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((each) => each.endsWith('.js'))
  const named = files.flatMap((file) => [...namedIn(join(folder, file))])
  return [...new Set(named)].filter((each) => !/^(\.|node:)/.test(each)).sort()
}

/** What is resolved below `from` and not below `packed`, each with the file that names it. */
export function resolutionFaults(from: string, packed: string): string[] {
  const files = readdirSync(packed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?js$/.test(entry.name))
    .map((entry) => relative(packed, join(entry.parentPath, entry.name)))
  return files.flatMap((file) => {
    const lost = [...namedIn(join(packed, file))].filter((each) => {
      const wanted = resolved(from, file, each)
      return wanted !== undefined && resolved(packed, file, each) !== wanted
    })
    return lost.map((each) => `${file}: ${each}`)
  })
}

function namedIn(file: string): ReadonlySet<string> {
  const found = readFileSync(file, 'utf8').matchAll(NAMED)
  return new Set([...found].map(([, name]) => name!))
}

function resolved(root: string, file: string, specifier: string): string | undefined {
  try {
    const found = createRequire(join(root, file)).resolve(specifier)
    // The folder of packages may be a link to another tree's.
    const packages = found.indexOf('/node_modules/')
    return packages === -1 ? found.replace(root, '') : found.slice(packages)
  } catch {
    return undefined
  }
}
