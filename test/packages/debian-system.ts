/** A clean Debian of the release that this machine runs, in a folder: made once by debootstrap, then unpacked anew. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../judges/processes.ts'

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/windrow-packages', import.meta.url))
export const SYSTEM_PATH = ['/usr/local', '/usr', ''].flatMap((each) => [`${each}/sbin`, `${each}/bin`]).join(':')
export const SYSTEM_ENVIRONMENT = {
  PATH: SYSTEM_PATH,
  HOME: '/root',
  LC_ALL: 'C',
  DEBIAN_FRONTEND: 'noninteractive',
} as const

export class DebianSystem {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Needs root, debootstrap and the archive that apt-get knows. */
  static create(purpose: string): DebianSystem {
    const folder = join(temporaryFolder('system'), purpose)
    mkdirSync(folder)
    command('tar', ['--extract', '--numeric-owner', '--file', bootstrapped(), '--directory', folder])
    copyFileSync('/etc/resolv.conf', join(folder, 'etc/resolv.conf'))
    return new DebianSystem(folder)
  }

  path(inside: string): string {
    return join(this.folder, inside)
  }

  /** A command inside, with its arguments; as root, or as a user of the system. */
  under(user = 'root'): string[] {
    return ['chroot', `--userspec=${user}:${user}`, this.folder]
  }

  /** Runs a line of shell as root; gives what it says. Throws when it fails. */
  shell(line: string): string {
    const [program, ...args] = this.under()
    return command(program!, [...args, 'sh', '-ec', line], SYSTEM_ENVIRONMENT)
  }
}

function bootstrapped(): string {
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable'
  const archive = join(CACHE, `${suite}.tar`)
  if (existsSync(archive)) return archive
  mkdirSync(CACHE, { recursive: true })
  const folder = join(temporaryFolder('debootstrap'), 'system')
  command('debootstrap', ['--variant=minbase', suite, folder])
  command('chroot', [folder, 'apt-get', 'clean'])
  command('tar', ['--create', '--numeric-owner', '--file', `${archive}.new`, '--directory', folder, '.'])
  renameSync(`${archive}.new`, archive)
  return archive
}

/** Runs a program to its end; gives what it says, on both outputs. Throws when it fails. */
export function command(name: string, args: readonly string[], env?: NodeJS.ProcessEnv, cwd?: string): string {
  const options = { encoding: 'utf8', maxBuffer: 1 << 28, ...(env && { env }), ...(cwd && { cwd }) } as const
  const { status, stdout, stderr, error } = spawnSync(name, args, options)
  if (status === 0) return stdout + stderr
  throw new Error(`${name} ${args.join(' ')} ended with ${status}: ${error?.message ?? ''}\n${stdout}${stderr}`)
}
