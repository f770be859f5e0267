/** What the image has of Debian: the libraries that Node is linked to, and certificates. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, posix } from 'node:path'
import { copied, type Entry, file, link } from './entry.ts'

const PACKAGES = ['ca-certificates', 'libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6']
/** Shared libraries, without those for the conversion of character sets and for debuggers. */
const LIBRARY = /^(usr\/)?lib(64)?\/((?!gconv\/|audit\/|gdb\/).)*\.so(\.\d+)*$/
const COPYRIGHT = /^usr\/share\/doc\/[^/]+\/copyright$/
const CERTIFICATE = /^usr\/share\/ca-certificates\/mozilla\/.*\.crt$/

/** Downloads the packages of the Debian that this machine's apt-get knows; throws where there is none. */
export function baseFiles(): Entry[] {
  const folder = mkdtempSync(join(tmpdir(), 'windrow-image-'))
  try {
    run('apt-get', ['download', '-q', ...PACKAGES], folder)
    const archives = readdirSync(folder)
      .filter((name) => name.endsWith('.deb'))
      .sort()
    return [...archives.flatMap((name) => filesOf(join(folder, name))), ...certificates(folder, archives)]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Of a package, unpacked beside it: libraries, licence, and its record, by which scanners know it. */
function filesOf(archive: string): Entry[] {
  const unpacked = archive.replace(/\.deb$/, '')
  run('dpkg-deb', ['--extract', archive, unpacked])
  const [name] = basename(archive).split('_')
  const paths = pathsBelow(unpacked).filter((path) => LIBRARY.test(path) || COPYRIGHT.test(path))
  return [
    ...paths.map((path) => entryOf(unpacked, path)),
    file(`var/lib/dpkg/status.d/${name}`, run('dpkg-deb', ['--field', archive])),
  ]
}

function entryOf(folder: string, path: string): Entry {
  const from = join(folder, path)
  try {
    return link(path, readlinkSync(from))
  } catch {
    return copied(path, from, basename(path).startsWith('ld-') ? 0o755 : 0o644)
  }
}

/** All of them in one file, as `update-ca-certificates` makes it. */
function certificates(folder: string, archives: readonly string[]): Entry[] {
  const unpacked = archives.map((name) => join(folder, name.replace(/\.deb$/, '')))
  const paths = unpacked.flatMap((each) =>
    pathsBelow(each)
      .filter((path) => CERTIFICATE.test(path))
      .map((path) => join(each, path)),
  )
  const text = paths.sort().map((path) => `${readFileSync(path, 'utf8').trimEnd()}\n`)
  return [file('etc/ssl/certs/ca-certificates.crt', text.join(''))]
}

/** Of files and symbolic links. */
function pathsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? pathsBelow(join(folder, entry.name)).map((path) => posix.join(entry.name, path))
      : [entry.name],
  )
}

function run(command: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}; the image needs apt-get and dpkg-deb`)
}
