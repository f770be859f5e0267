/** Windrow as a system has it, with the Node that it runs on: the same in the Debian package and the image. */
import { join } from 'node:path'
import { below, copied, type Entry, link } from './entry.ts'
import { type Product, programFiles } from './product.ts'

const FOLDER = 'usr/lib/windrow'
const NODE_PROGRAM = `${FOLDER}/bin/node`
export const DOCUMENTS = 'usr/share/doc/windrow'

/** As Debian calls it, and OCI too. */
export const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch

/** Of this machine's architecture; it needs the licence beside it, `NODE-LICENCE`. */
export const nodeProgram = (root: string, path: string): Entry =>
  copied(path, join(root, 'node_modules/node/bin/node'), 0o755)

export const nodeLicence = (root: string): Entry => copied('NODE-LICENCE', join(root, 'deploy/node/LICENSE'))

export const nodeFiles = ({ root }: Product): Entry[] => [
  nodeProgram(root, NODE_PROGRAM),
  ...below(DOCUMENTS, [nodeLicence(root)]),
]

/** Everything but Node. */
export const windrowFiles = (product: Product): Entry[] => [
  ...below(FOLDER, programFiles(product).map(underOwnNode)),
  link('usr/bin/windrow', '../lib/windrow/bin/windrow'),
]

/** The first line of the launcher names the Node that comes with it, whatever is on the path. */
function underOwnNode(entry: Entry): Entry {
  if (entry.path !== 'bin/windrow' || entry.kind !== 'file') return entry
  const text = Buffer.from(entry.bytes).toString()
  return { ...entry, bytes: Buffer.from(text.replace(/^#!.*/, `#!/${NODE_PROGRAM}`)) }
}
