/**
 * Makes what people install, in `build/`: `npm run package [-- --only npm,archive,deb,image] [--version V]
 * [--source DIR] [--to DIR]`. The same sources give the same bytes: dates are SOURCE_DATE_EPOCH, or that of the newest
 * commit.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { debianName, debianPackage } from './packages/debian.ts'
import { image, imageName } from './packages/image.ts'
import { thirdPartyLicences } from './packages/licences.ts'
import { npmName, npmPackage } from './packages/npm.ts'
import { archiveName, oneArchive } from './packages/one-archive.ts'
import { aboutOf, type Product } from './packages/product.ts'
import { billOfMaterials } from './packages/sbom.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const PACKAGES: Readonly<Record<string, { name: (version: string) => string; make: (product: Product) => Buffer }>> = {
  npm: { name: npmName, make: npmPackage },
  archive: { name: archiveName, make: oneArchive },
  deb: { name: debianName, make: debianPackage },
  image: { name: imageName, make: image },
}

const option = { type: 'string' } as const
const { values } = parseArgs({ options: { only: option, version: option, source: option, to: option } })
const source = resolve(values.source ?? root)
const to = resolve(values.to ?? join(root, 'build'))
const product: Product = { version: values.version ?? aboutOf(source).version, date: dateOf(source), root, source }

mkdirSync(to, { recursive: true })
const sums: string[] = []
for (const kind of values.only?.split(',') ?? Object.keys(PACKAGES)) {
  const wanted = PACKAGES[kind]
  if (!wanted) throw new Error(`no package "${kind}"; there are: ${Object.keys(PACKAGES).join(', ')}`)
  write(wanted.name(product.version), wanted.make(product))
}
write(`windrow-${product.version}.cdx.json`, Buffer.from(billOfMaterials(product)))
write('THIRD-PARTY-LICENCES', Buffer.from(thirdPartyLicences(product)))
writeFileSync(join(to, 'SHA256SUMS'), sums.join(''))

function write(name: string, bytes: Uint8Array): void {
  writeFileSync(join(to, name), bytes)
  sums.push(`${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`)
  console.log(`${name}: ${(bytes.length / 1e6).toFixed(1)} MB`)
}

/** Seconds since 1970. */
function dateOf(folder: string): number {
  const given = process.env['SOURCE_DATE_EPOCH']
  if (given === undefined) return Number(execFileSync('git', ['-C', folder, 'log', '-1', '--format=%ct']))
  if (!/^\d+$/.test(given)) throw new Error(`SOURCE_DATE_EPOCH must be seconds since 1970, not "${given}"`)
  return Number(given)
}
