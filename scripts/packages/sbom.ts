/** The software bill of materials, in CycloneDX 1.6 (ECMA-424): what a package is made of, with hashes and licences. */
import { createHash } from 'node:crypto'
import { bundledIn, shipped } from './bundled.ts'
import { ALLOWED_LICENCES, type Dependency, NODE, neededBy, readLock } from './dependencies.ts'

/** JSON whose bytes follow from package-lock.json, what is in the console, the version and the date. */
export function billOfMaterials(product: {
  readonly root: string
  readonly source: string
  readonly version: string
  readonly date: number
}): string {
  const { root, version, date } = product
  const packages = readLock(root)
  const all = shipped(product)
  const windrow = {
    type: 'application',
    'bom-ref': `pkg:npm/windrow@${version}`,
    name: 'windrow',
    version,
    licenses: [{ license: { id: 'Apache-2.0' } }],
    purl: `pkg:npm/windrow@${version}`,
  }
  const runtime = nodeComponent(packages[`node_modules/${NODE}`]!)
  const components = [...unique(all).map(component), runtime]
  const refs = new Map(all.map((dependency) => [dependency.path, refOf(dependency)]))
  const needed = (paths: readonly string[]) => [...new Set(paths.flatMap((path) => refs.get(path) ?? []))].sort()
  const direct = [...neededBy('', packages), ...bundledIn(product).map(({ path }) => path)]
  return `${JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: `urn:uuid:${uuidOf(JSON.stringify([version, components]))}`,
      version: 1,
      metadata: { timestamp: new Date(date * 1000).toISOString(), component: windrow },
      components,
      dependencies: [
        { ref: windrow['bom-ref'], dependsOn: [...needed(direct), runtime['bom-ref']].sort() },
        ...unique(all).map((dependency) => ({ ref: refOf(dependency), dependsOn: needed(needsOf(all, dependency)) })),
        { ref: runtime['bom-ref'], dependsOn: [] },
      ],
    },
    null,
    1,
  )}\n`
}

/** The same version may be installed in several places; it is one component. */
function unique(all: readonly Dependency[]): Dependency[] {
  return [...new Map(all.map((dependency) => [refOf(dependency), dependency])).values()]
}

const needsOf = (all: readonly Dependency[], one: Dependency): readonly string[] =>
  all.filter((other) => refOf(other) === refOf(one)).flatMap(({ needs }) => needs)

const refOf = ({ name, version }: Pick<Dependency, 'name' | 'version'>) =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`

function component(dependency: Dependency): object {
  const { name, version, licence, integrity } = dependency
  const [, group, rest] = /^(@[^/]+)\/(.*)$/.exec(name) ?? [undefined, undefined, name]
  return {
    type: 'library',
    'bom-ref': refOf(dependency),
    ...(group !== undefined && { group }),
    name: rest,
    version,
    hashes: [{ alg: 'SHA-512', content: sha512Of(integrity, name) }],
    licenses: [ALLOWED_LICENCES.has(licence) ? { license: { id: licence } } : { expression: licence }],
    purl: refOf(dependency),
  }
}

/** Node comes from its own builds, as the npm package of that name brings them. */
function nodeComponent({ version }: { readonly version: string }): {
  readonly 'bom-ref': string
  readonly [field: string]: unknown
} {
  return {
    type: 'platform',
    'bom-ref': `pkg:generic/node@${version}`,
    name: NODE,
    version,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    licenses: [{ license: { id: 'MIT' } }],
    purl: `pkg:generic/node@${version}`,
  }
}

/** Of the archive on the registry, as hexadecimal digits. */
function sha512Of(integrity: string, name: string): string {
  const [, digest] = /^sha512-([\w+/]+=*)$/.exec(integrity) ?? []
  if (digest === undefined) throw new Error(`${name} has no SHA-512 in package-lock.json`)
  return Buffer.from(digest, 'base64').toString('hex')
}

/** A UUID made of a text (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)]
  return parts.join('-')
}
