import { spawnSync } from 'node:child_process'
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

/** OpenStack Swift with its S3 API, empty, in a temporary folder: one process of each kind on ports of its own. */
export async function startSwift(): Promise<S3Server> {
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
    buildRings(
      folder,
      SERVICES.map(({ service }, n) => `${service}=${storage[n]}`),
    )
    for (const [n, { service, program }] of SERVICES.entries()) {
      const conf = join(folder, `${service}.conf`)
      await writeFile(conf, storageConf(folder, service, storage[n] ?? 0))
      children.start(programPath(program), conf)
    }
    const conf = join(folder, 'proxy.conf')
    await writeFile(conf, proxyConf(folder, proxy, memcached))
    const listens = ['-l', '127.0.0.1', '-p', String(memcached), '-U', '0', '-u', userInfo().username]
    children.start(programPath('memcached'), ...listens)
    children.start(programPath('swift-proxy-server'), conf)
    await children.listening([memcached, ...storage, proxy])
  } catch (error) {
    await stop()
    throw error
  }
  return {
    endpoint: `http://127.0.0.1:${proxy}`,
    region: REGION,
    accessKeyId: 'test:tester',
    secretAccessKey: 'testing',
    stranger: { accessKeyId: 'test:stranger', secretAccessKey: 'unloved' },
    stop,
  }
}

/** Where Swift looks things up: one device, one copy, few partitions. One Python for all three, to be quick. */
const BUILD_RINGS = `
import sys
from swift.common.ring import RingBuilder
folder, *services = sys.argv[1:]
for service, port in (text.split('=') for text in services):
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1, 'ip': '127.0.0.1', 'port': int(port), 'device': 'd1'})
    builder.rebalance(seed=1)
    builder.get_ring().save(folder + '/' + service + '.ring.gz')
`

function buildRings(folder: string, services: readonly string[]): void {
  const { status, stderr } = spawnSync(programPath('swift'), ['-c', BUILD_RINGS, folder, ...services], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`cannot build Swift's rings: ${stderr}`)
}

const common = (folder: string, port: number) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
workers = 0
swift_dir = ${folder}
log_level = ERROR
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

const proxyConf = (folder: string, port: number, memcached: number) => `${common(folder, port)}
[pipeline:main]
pipeline = catch_errors proxy-logging cache s3api tempauth bulk slo dlo proxy-logging proxy-server

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
user_test_tester = testing .admin
user_test_stranger = unloved
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
`
