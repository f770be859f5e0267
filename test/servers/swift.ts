import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../judges/processes.ts'
import { programPath } from '../programs.ts'
import { ChildProcesses } from './child-processes.ts'
import type { S3Server } from './s3-server.ts'

export type { S3Server } from './s3-server.ts'

const REGION = 'us-east-1'
const SERVICES = [
  { service: 'account', program: 'swift-account-server' },
  { service: 'container', program: 'swift-container-server' },
  { service: 'object', program: 'swift-object-server' },
] as const

/** Names, for test processes, a Swift that they share; the value is JSON of a `SharedSwift`. */
export const SHARED_SWIFT_VARIABLE = 'WINDROW_TEST_SWIFT'

/** Accounts of one Swift, each with buckets of its own. */
const ACCOUNTS = 64
const accountName = (n: number) => `test${n}`

/** A Swift that runs, and the folder in which accounts are claimed. */
type SharedSwift = { readonly endpoint: string; readonly claims: string; readonly pids: readonly number[] }

/**
 * OpenStack Swift with its S3 API, empty. Where test processes share one, it is an account of that, since its start
 * takes seconds of CPU; otherwise one of its own.
 */
export async function startSwift(): Promise<S3Server> {
  const shared = process.env[SHARED_SWIFT_VARIABLE]
  if (shared === undefined) return startOwnSwift()
  const { endpoint, claims, pids } = JSON.parse(shared) as SharedSwift
  for (let n = 1; n < ACCOUNTS; n++) {
    const isClaimed = await mkdir(join(claims, `${n}`)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return 'by another'
      throw error
    })
    if (isClaimed === undefined) return { ...accountOf(n, endpoint), pids, stop: async () => {} }
  }
  return startOwnSwift()
}

/** A Swift for test processes to share; `shared` is for `SHARED_SWIFT_VARIABLE`. */
export async function startSharedSwift(): Promise<{ readonly shared: string; stop(): Promise<void> }> {
  const { endpoint, pids, stop } = await startOwnSwift()
  const claims = await mkdtemp(join(tmpdir(), 'swift-accounts-'))
  const shared: SharedSwift = { endpoint, claims, pids }
  return {
    shared: JSON.stringify(shared),
    async stop() {
      await stop()
      await rm(claims, { recursive: true, force: true })
    },
  }
}

function accountOf(n: number, endpoint: string): Omit<S3Server, 'pids' | 'stop'> {
  const account = accountName(n)
  return {
    endpoint,
    region: REGION,
    accessKeyId: `${account}:tester`,
    secretAccessKey: 'testing',
    stranger: { accessKeyId: `${account}:stranger`, secretAccessKey: 'unloved' },
  }
}

/** In a temporary folder: one process of each kind on ports of its own. */
async function startOwnSwift(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'swift-'))
  const [proxy, memcached] = [await freePort(), await freePort()]
  const storage = await Promise.all(SERVICES.map(freePort))
  const children = new ChildProcesses()
  const stop = async () => {
    await children.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await mkdir(join(folder, 'devices', 'd1'), { recursive: true })
    await writeFile(join(folder, 'swift.conf'), SWIFT_CONF)
    const servers = SERVICES.map(({ service, program }, n) => `${service},${storage[n]},${programPath(program)}`)
    for (const [n, { service }] of SERVICES.entries()) {
      await writeFile(join(folder, `${service}.conf`), storageConf(folder, service, storage[n] ?? 0))
    }
    await writeFile(join(folder, 'proxy.conf'), proxyConf(folder, proxy, memcached))
    const proxyServer = `proxy,${proxy},${programPath('swift-proxy-server')}`
    children.start(programPath('swift'), '-c', SERVE, folder, ...servers, proxyServer)
    const listens = ['-l', '127.0.0.1', '-p', String(memcached), '-U', '0', '-u', userInfo().username]
    children.start(programPath('memcached'), ...listens)
    await children.listening([memcached, ...storage, proxy])
  } catch (error) {
    await stop()
    throw error
  }
  return { ...accountOf(0, `http://127.0.0.1:${proxy}`), pids: children.pids, stop }
}

/**
 * Builds the rings, where Swift looks things up (one device, one copy, few partitions), and serves. One Python loads
 * what all servers need, which takes longer than what they do; each is a process made of it, and dies with it. They
 * make locks and sockets those of eventlet, for which it goes through all objects once for each lock: before there are
 * many of either, that costs nothing. They look no names up.
 */
const SERVE = `
import ctypes, os, runpy, signal, sys
os.environ['EVENTLET_NO_GREENDNS'] = 'yes'
import eventlet.patcher
eventlet.patcher.monkey_patch(all=False, socket=True, select=True, thread=True)
from swift.common.ring import RingBuilder
import swift.account.server, swift.container.server, swift.obj.server, swift.proxy.server
import swift.common.middleware.s3api.s3api
folder, *servers = sys.argv[1:]
servers = [server.split(',') for server in servers]
for service, port, _ in servers[:3]:
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1, 'ip': '127.0.0.1', 'port': int(port), 'device': 'd1'})
    builder.rebalance(seed=1)
    builder.get_ring().save(folder + '/' + service + '.ring.gz')
for service, _, program in servers:
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        sys.argv = [program, folder + '/' + service + '.conf']
        runpy.run_path(program, run_name='__main__')
os.wait()
sys.exit('a server of Swift has ended')
`

/** With its own timeouts, Swift on a busy machine answers before its listings have an object, and they never get it. */
const common = (folder: string, port: number) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
workers = 0
swift_dir = ${folder}
log_level = ERROR
conn_timeout = 60
node_timeout = 60
container_update_timeout = 60
`

const SWIFT_CONF = `[swift-hash]
swift_hash_path_prefix = windrow
swift_hash_path_suffix = windrow

[storage-policy:0]
name = only
default = yes
`

const storageConf = (folder: string, service: string, port: number) => `${common(folder, port)}
devices = ${join(folder, 'devices')}
mount_check = false
fallocate_reserve = 0
recon_cache_path = ${folder}

[pipeline:main]
pipeline = ${service}-server

[app:${service}-server]
use = egg:swift#${service}
`

const users = Array.from({ length: ACCOUNTS }, (_, n) => {
  const account = accountName(n)
  return `user_${account}_tester = testing .admin\nuser_${account}_stranger = unloved`
}).join('\n')

const proxyConf = (folder: string, port: number, memcached: number) => `${common(folder, port)}
[pipeline:main]
pipeline = catch_errors proxy-logging cache s3api tempauth bulk copy slo dlo proxy-logging proxy-server

[filter:catch_errors]
use = egg:swift#catch_errors
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${memcached}
[filter:s3api]
use = egg:swift#s3api
location = ${REGION}
[filter:tempauth]
use = egg:swift#tempauth
${users}
[filter:bulk]
use = egg:swift#bulk
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
`
