import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort, temporaryFolder } from '../judges/processes.ts'
import { TIMEOUT_MS } from '../judges/timeout.ts'
import { programPath } from '../programs.ts'
import { ChildProcesses } from './child-processes.ts'

/** A real PostgreSQL, from npm. */
export type PostgresServer = {
  /** A new, empty database, as a connection URL with its password. */
  createDatabase(): Promise<string>
  /** Of the processes it was started as; others are their children. */
  pids(): readonly number[]
  /** kill -9 of every process it has. */
  kill(): Promise<void>
  /** Ends it as an administrator does, without waiting for its clients. */
  shutDown(): Promise<void>
  /** Starts it again after `kill` or `shutDown`, on the same port and files; resolves when it listens. */
  start(): Promise<void>
  /** Stops every process it has; what is given makes them go on. */
  freeze(): Promise<() => void>
  stop(): Promise<void>
}

const PASSWORD = 'p@ss/word?'
/** Clusters as they are made, kept between runs. */
const CLUSTERS = fileURLToPath(new URL('../../node_modules/.cache/windrow-postgres', import.meta.url))
/** PostgreSQL refuses to run as root; this user owns nothing else. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const asNobody = isRoot ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'] : []

/**
 * A cluster of its own in a temporary folder, on a free port of the loopback interface. What it acknowledges outlives
 * its processes; one that is durable syncs it too, as PostgreSQL does by default, which is for measuring what it costs.
 */
export async function startPostgres({ isDurable = false } = {}): Promise<PostgresServer> {
  const folder = temporaryFolder('postgres')
  const port = await freePort()
  const data = join(folder, 'data')
  let children = new ChildProcesses()
  let databases = 0

  const run = (...command: string[]) => {
    const [program = '', ...args] = [...asNobody, ...command]
    return promisify(execFile)(program, args, { cwd: folder, timeout: TIMEOUT_MS })
  }
  const start = async () => {
    children = new ChildProcesses()
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=300',
      // Shared memory of a server that is killed goes with its folder.
      'dynamic_shared_memory_type=mmap',
      // After a kill it syncs all it has, and one call does that sooner than one for each of thousands of files.
      'recovery_init_sync_method=syncfs',
    ]
    if (!isDurable) settings.push('fsync=off', 'full_page_writes=off')
    const command = [join(folder, 'bin/postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])]
    // A process no longer dies with its parent when it changes its user.
    const dying = ['setpriv', '--pdeathsig=KILL', '--', ...command]
    children.start('env', '--chdir', folder, ...asNobody, ...dying)
    await children.listening([port])
    await ready()
  }
  const url = (database: string) =>
    `postgres://windrow:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
  const query = async (sql: string) => {
    const client = new pg.Client({ connectionString: url('postgres') })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  /** It listens before it has recovered what a crash left. */
  const ready = async () => {
    const deadline = performance.now() + TIMEOUT_MS
    for (;;) {
      try {
        return await query('SELECT 1')
      } catch (error) {
        if (performance.now() > deadline) throw error
        await sleep(20)
      }
    }
  }
  const postmaster = async () => Number.parseInt(await readFile(join(data, 'postmaster.pid'), 'utf8'), 10)
  /** All its processes, of which the first makes no more. */
  const stopped = async () => {
    const first = await postmaster()
    process.kill(first, 'SIGSTOP')
    const list = await readFile(`/proc/${first}/task/${first}/children`, 'utf8')
    return [first, ...list.split(' ').filter(Boolean).map(Number)]
  }
  /** What still dies holds the shared memory that the next start asks for. */
  const gone = async (pids: readonly number[]) => {
    for (const pid of pids) while (await isAlive(pid)) await sleep(5)
  }
  const kill = async () => {
    const all = await stopped()
    for (const pid of all) signal(pid, 'SIGKILL')
    await children.stop()
    await gone(all)
  }
  const shutDown = async () => {
    const first = await postmaster()
    process.kill(first, 'SIGINT')
    await gone([first])
    await children.stop()
  }
  const freeze = async () => {
    const all = await stopped()
    for (const pid of all) signal(pid, 'SIGSTOP')
    return () => {
      for (const pid of all) signal(pid, 'SIGCONT')
    }
  }

  try {
    await copyPrograms(folder)
    if (isRoot) await chown(folder, NOBODY, NOBODY)
    await makeCluster(data, run)
    await start()
  } catch (error) {
    await children.stop()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  return {
    async createDatabase() {
      const name = `windrow ${++databases}`
      await query(`CREATE DATABASE "${name}"`)
      return url(name)
    },
    pids: () => children.pids,
    kill,
    shutDown,
    start,
    freeze,
    async stop() {
      if (children.areRunning) await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when `count` statements wait for locks that the client's transaction has. */
export async function isWaitedForBy(client: pg.Client, count: number): Promise<void> {
  const sql = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
  do await client.query('SELECT pg_stat_clear_snapshot()')
  while ((await client.query(sql)).rowCount !== count)
}

/** The deadlocks that PostgreSQL has resolved in a database: all of them when no connection to it is left. */
export async function deadlocksIn(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const sql = 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()'
  const { rows } = await client.query<{ deadlocks: number }>(sql)
  await client.end()
  return rows[0]?.deadlocks ?? NaN
}

/** To a process that may have ended by itself. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A dead process without a parent to ask for it stays listed for a while, as a zombie. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined)
  return status !== undefined && !/^State:\s+[ZX]/m.test(status)
}

/** Tests open thousands of connections: each would hash its password as often as PostgreSQL has it by default. */
const HASHING = ['--auth=scram-sha-256', '--set', 'scram_iterations=1']
const SMALL = ['--wal-segsize=1', '--locale=C', '--no-instructions']
const CLUSTER = [...HASHING, ...SMALL, '--username=windrow', '--encoding=UTF8']

/** Makes a cluster, or copies one: to make it takes as long as most tests of it. */
async function makeCluster(data: string, run: (...command: string[]) => Promise<unknown>): Promise<void> {
  const initdb = join(dirname(data), 'bin/initdb')
  const { size, mtimeMs } = await stat(programPath('postgres'))
  const identity = JSON.stringify([CLUSTER, PASSWORD, size, mtimeMs, process.getuid?.()])
  const kept = join(CLUSTERS, createHash('sha256').update(identity).digest('hex').slice(0, 16))
  const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', '--reflink=auto', from, to])
  if (existsSync(kept)) {
    await copy(kept, data)
    return
  }
  const password = join(dirname(data), 'password')
  await writeFile(password, `${PASSWORD}\n`)
  await run(initdb, '-D', data, `--pwfile=${password}`, ...CLUSTER)
  const draft = `${kept}-${process.pid}`
  const keep = async () => {
    await mkdir(CLUSTERS, { recursive: true })
    await copy(data, draft)
    await rename(draft, kept)
  }
  // Another process may have been faster, or this one may not write there: then it was made for nothing but itself.
  await keep().catch(() => rm(draft, { recursive: true, force: true }))
}

/**
 * A copy, because the user it runs as need not be allowed to read where this repository is. Its package leaves the
 * links between libraries to an install script, which is not run.
 */
async function copyPrograms(folder: string): Promise<void> {
  const { postgres } = (await import(pathToFileURL(programPath('postgres')).href)) as { postgres: string }
  const native = dirname(dirname(postgres))
  for (const part of ['bin', 'lib', 'share']) {
    const copy = (how: string) => promisify(execFile)('cp', [how, join(native, part), folder])
    // By links, where both are on one file system.
    await copy('-al').catch(() => copy('-a'))
  }
  const links = await readFile(join(native, 'pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[]) {
    const path = join(folder, target.replace(/^native\//, ''))
    await symlink(basename(source), path).catch((error: { code?: string }) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}
