/** The packages of npm that are in what browsers are sent: they are installed nowhere else than where that is built. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Dependency, dependencies, dependencyAt, readJson, readLock } from './dependencies.ts'

/** In the folder of a built console: their paths in package-lock.json, as JSON. */
export const BUNDLED_FILE = '.packages.json'

/** Throws where something else is installed than package-lock.json names. */
export function bundledPackages(root: string, paths: readonly string[]): Dependency[] {
  const packages = readLock(root)
  return paths.map((path) => dependencyAt(root, path, packages))
}

/** Those in the console that was built in `source`; none in builds from before there was one. */
export function bundledIn({ root, source }: { readonly root: string; readonly source: string }): Dependency[] {
  const path = join(source, 'dist/console', BUNDLED_FILE)
  return existsSync(path) ? bundledPackages(root, readJson(path) as readonly string[]) : []
}

/** What packages of Windrow hold of npm: what the server needs, and what is in the console. */
export function shipped(product: { readonly root: string; readonly source: string }): Dependency[] {
  const needed = dependencies(product.root)
  const known = new Set(needed.map(({ path }) => path))
  return [...needed, ...bundledIn(product).filter(({ path }) => !known.has(path))].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  )
}
