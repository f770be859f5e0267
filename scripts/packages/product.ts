/** What every package of Windrow holds: the program, what it needs of npm, and the texts that go with it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { type Dependency, dependencies, isLicence, readJson } from './dependencies.ts'
import { copied, type Entry, file } from './entry.ts'
import { thirdPartyLicences } from './licences.ts'
import { billOfMaterials } from './sbom.ts'

export type Product = {
  readonly version: string
  /** Seconds since 1970: the date of every file. */
  readonly date: number
  /** Where the packages of npm are installed, and package-lock.json is. */
  readonly root: string
  /** Where the program is, built; as a rule the same. */
  readonly source: string
}

export type About = {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
}

export const aboutOf = (root: string): About => readJson(join(root, 'package.json')) as About

/**
 * `bin`, `dist` with the console, `test-stream`, `node_modules`, and a package.json that says no more than what is used
 * of it.
 */
export function programFiles({ root, source, version }: Product): Entry[] {
  const { name, description, license } = aboutOf(source)
  const about = { name, version, description, license, private: true, type: 'module' }
  return [
    copied('bin/windrow', join(source, 'bin/windrow'), 0o755),
    copied('bin/package.json', join(source, 'bin/package.json')),
    file('package.json', `${JSON.stringify(about, null, 2)}\n`),
    ...builtFiles(source),
    ...consoleFiles(source),
    ...recordedFiles(source),
    ...dependencies(root).flatMap((dependency) => dependencyFiles(root, dependency)),
  ]
}

/** What is built of the sources; builds from before they were bundled have a file for each. */
function builtFiles(source: string): Entry[] {
  const folder = join(source, 'dist')
  return filesBelow(folder)
    .filter((path) => path.endsWith('.js') && !/^(console\/|\.)/.test(path))
    .map((path) => copied(`dist/${path}`, join(folder, path)))
}

/** What browsers are sent, without what only builds and packages need; builds from before it have nothing. */
function consoleFiles(source: string): Entry[] {
  const folder = join(source, 'dist/console')
  const paths = existsSync(folder) ? filesBelow(folder) : []
  return paths
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')))
    .map((path) => copied(`dist/console/${path}`, join(folder, path)))
}

/** What `windrow feed` sends; builds from before it have nothing. */
function recordedFiles(source: string): Entry[] {
  const folder = join(source, 'test-stream')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.m2t')) : []
  return names.map((name) => copied(`test-stream/${name}`, join(folder, name)))
}

/** For those who read. */
export function textFiles(product: Product): Entry[] {
  const { source } = product
  const pages = readdirSync(join(source, 'docs')).filter((name) => name.endsWith('.md'))
  return [
    ...['README.md', 'CHANGELOG.md', 'LICENSE'].map((name) => copied(name, join(source, name))),
    ...pages.map((name) => copied(`docs/${name}`, join(source, 'docs', name))),
    ...pictures(source),
    file('THIRD-PARTY-LICENCES', thirdPartyLicences(product)),
    file('sbom.cdx.json', billOfMaterials(product)),
  ]
}

/** What pages show; builds from before there were any have none. */
function pictures(source: string): Entry[] {
  const folder = join(source, 'docs/images')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(png|svg)$/.test(name)) : []
  return names.map((name) => copied(`docs/images/${name}`, join(folder, name)))
}

function dependencyFiles(root: string, { path }: Dependency): Entry[] {
  const used = filesBelow(join(root, path)).filter(isUsed)
  return used.map((name) => {
    const bytes = readFileSync(join(root, path, name))
    return file(posix.join(path, name), bytes, bytes.subarray(0, 2).toString() === '#!' ? 0o755 : 0o644)
  })
}

/** What is for those who change a package of npm: folders at its top, tests, and files of tools. */
const FOR_DEVELOPERS = /^(__tests__|benchmarks?|coverage|docs|examples?|tests?)\/|(^|\/)\.|\.test\.[cm]?js$/
/**
 * The same code for bundlers and browsers: Node takes neither `module` of package.json nor any of these, since all
 * packages that have them also have what their `node` or `require` names.
 */
const FOR_BUNDLERS = /^(dist-es|dist-types|build\/module|browser)\/|\.(browser|native)\.js$/
const FOR_READERS = /\.([cm]?ts|tsx|map|md|markdown|flow|ico|yml|html)$/i

/** Whether Node reads a file of a package of npm, or the law asks for it. */
export const isUsed = (path: string): boolean =>
  isLicence(path) || (!FOR_DEVELOPERS.test(path) && !FOR_BUNDLERS.test(path) && !FOR_READERS.test(path))

/** Relative, without those of packages installed inside it. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isFile()) return [entry.name]
    if (!entry.isDirectory() || entry.name === 'node_modules') return []
    return filesBelow(join(folder, entry.name)).map((name) => posix.join(entry.name, name))
  })
}
