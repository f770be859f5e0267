/** One archive that runs where it is unpacked: Windrow, and the Node that it runs on. */
import { join } from 'node:path'
import { below, copied } from './entry.ts'
import { nodeLicence, nodeProgram } from './installed.ts'
import { type Product, programFiles, textFiles } from './product.ts'
import { tarGz } from './tar.ts'

const folderName = (version: string) => `windrow-${version}-linux-${process.arch}`

export const archiveName = (version: string): string => `${folderName(version)}.tar.gz`

export function oneArchive(product: Product): Buffer {
  const { root, version, date } = product
  const entries = [
    copied('windrow', join(root, 'deploy/archive/windrow'), 0o755),
    nodeProgram(root, 'bin/node'),
    nodeLicence(root),
    ...programFiles(product),
    ...textFiles(product),
  ]
  return tarGz(below(folderName(version), entries), { date })
}
