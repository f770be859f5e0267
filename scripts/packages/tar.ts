/** Archives whose bytes follow from what is in them: tar (ustar, IEEE Std 1003.1) and ar, as Debian has it. */
import { gzipSync } from 'node:zlib'
import { complete, type Entry } from './entry.ts'

const BLOCK = 512
/** GNU tar pads archives to records of so many blocks; some readers complain of less. */
const RECORD = 20 * BLOCK
const MOST_NAME = 100
const MOST_PREFIX = 155
const TYPES = { file: '0', link: '2', folder: '5' } as const

export type TarOptions = {
  /** Of every entry: seconds since 1970. */
  readonly date: number
  /** Before every path: `./` in Debian packages. */
  readonly prefix?: string
}

/** Throws for a path that does not fit into a header of ustar. */
export function tar(entries: readonly Entry[], { date, prefix = '' }: TarOptions): Buffer {
  const blocks: Uint8Array[] = []
  let size = 0
  const add = (bytes: Uint8Array) => {
    blocks.push(bytes)
    size += bytes.length
  }
  for (const entry of complete(entries)) {
    add(header(entry, prefix + entry.path, date))
    if (entry.kind !== 'file') continue
    add(entry.bytes)
    add(Buffer.alloc(-entry.bytes.length & (BLOCK - 1)))
  }
  add(Buffer.alloc(2 * BLOCK))
  add(Buffer.alloc((RECORD - (size % RECORD)) % RECORD))
  return Buffer.concat(blocks)
}

/** As `tar`, compressed. */
export const tarGz = (entries: readonly Entry[], options: TarOptions): Buffer => gzip(tar(entries, options))

/** Node's zlib writes neither a time nor a name into the header. */
export const gzip = (bytes: Uint8Array): Buffer => gzipSync(bytes, { level: 9 })

function header(entry: Entry, path: string, date: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  const { name, prefix } = nameParts(entry.kind === 'folder' ? `${path}/` : path)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  const owner = octal(entry.owner ?? 0, 7)
  const target = entry.kind === 'link' ? entry.target : ''
  if (Buffer.byteLength(target) > MOST_NAME) throw new Error(`${path}: the target of the link is too long for ustar`)
  block.write(name, 0)
  block.write(octal(entry.mode, 7), 100)
  block.write(owner, 108)
  block.write(owner, 116)
  block.write(octal(entry.kind === 'file' ? entry.bytes.length : 0, 11), 124)
  block.write(octal(date, 11), 136)
  // The checksum is that of the header with spaces in its place.
  block.write(' '.repeat(8), 148)
  block.write(TYPES[entry.kind], 156)
  block.write(target, 157)
  block.write('ustar\x0000', 257)
  block.write(prefix, 345)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** A path of up to 100 bytes as it is; a longer one in two parts, which readers join by `/`. */
function nameParts(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= MOST_NAME) return { name: path, prefix: '' }
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (name === '' || Buffer.byteLength(prefix) > MOST_PREFIX) break
    if (Buffer.byteLength(name) <= MOST_NAME) return { name, prefix }
  }
  throw new Error(`${path}: the path is too long for ustar`)
}

/** The archive that a Debian package is: deb(5). */
export function ar(members: readonly (readonly [name: string, bytes: Uint8Array])[], date: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from('!<arch>\n')]
  for (const [name, bytes] of members) {
    const fields = [
      name.padEnd(16),
      String(date).padEnd(12),
      '0     ',
      '0     ',
      '100644  ',
      `${bytes.length}`.padEnd(10),
    ]
    parts.push(Buffer.from(`${fields.join('')}\`\n`), bytes, Buffer.alloc(bytes.length % 2, '\n'))
  }
  return Buffer.concat(parts)
}
