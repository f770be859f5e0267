import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../judges/processes.ts'
import { TIMEOUT_MS } from '../judges/timeout.ts'
import { type Command, programPath } from '../programs.ts'
import { ChildProcesses } from './child-processes.ts'
import type { S3Credentials, S3Server } from './s3-server.ts'

const OWNER = { accessKeyId: 'owner', secretAccessKey: 'owner-secret' }
const STRANGER = { accessKeyId: 'stranger', secretAccessKey: 'stranger-secret' }

/** Ceph with its S3 gateway, empty, in a temporary folder: a monitor, an OSD and the gateway. It needs no manager. */
export async function startRadosgw(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'ceph-'))
  const [monitor, gateway] = [await freePort(), await freePort()]
  const children = new ChildProcesses()
  const stop = async () => {
    await children.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const conf = join(folder, 'ceph.conf')
  const fsid = randomUUID()
  const run = (name: Command, ...args: string[]) => {
    const dying = ['--pdeathsig', 'KILL', '--', programPath(name), ...args]
    return children.during(promisify(execFile)('setpriv', dying, { cwd: folder, timeout: TIMEOUT_MS }))
  }
  const serve = (name: Command, ...args: string[]) => children.start(programPath(name), '-f', '-c', conf, ...args)
  const addUser = (uid: string, { accessKeyId, secretAccessKey }: S3Credentials) => {
    const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]
    return run('radosgw-admin', '-c', conf, 'user', 'create', `--uid=${uid}`, `--display-name=${uid}`, ...keys)
  }
  try {
    await Promise.all(['mon', 'osd'].map((name) => mkdir(join(folder, name))))
    await writeFile(conf, cephConf(folder, fsid, monitor))
    await run('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', `[v1:127.0.0.1:${monitor}]`, 'monmap')
    await run('ceph-mon', '-c', conf, '--mkfs', '-i', 'a', '--monmap', 'monmap')
    serve('ceph-mon', '-i', 'a')
    await children.listening([monitor])
    await run('ceph-osd', '-c', conf, '-i', '0', '--mkfs', '--osd-uuid', randomUUID())
    // A client that asks the monitor for its configuration forgets the fsid that it has from its file, and is refused
    // when its first command goes out before the monitor has told it the fsid again. An OSD gives up then, and so does
    // `ceph`; so the OSD does not ask, and registers itself.
    serve('ceph-osd', '-i', '0', '--no-mon-config')
    await addUser('owner', OWNER)
    await addUser('stranger', STRANGER)
    serve('radosgw', '-n', 'client.rgw', '--rgw-frontends', `beast endpoint=127.0.0.1:${gateway}`)
    await children.listening([gateway])
  } catch (error) {
    await stop()
    throw error
  }
  const { pids } = children
  return { endpoint: `http://127.0.0.1:${gateway}`, region: 'us-east-1', ...OWNER, stranger: STRANGER, pids, stop }
}

const cephConf = (folder: string, fsid: string, port: number) => `[global]
fsid = ${fsid}
mon host = v1:127.0.0.1:${port}
public addr = 127.0.0.1
# By default the monitor gathers for a second what it decides in one go, and there are a dozen such seconds in a start.
paxos propose interval = 0.05
paxos min wait = 0.01
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
osd crush chooseleaf type = 0
osd objectstore = bluestore
bluestore block size = 2147483648
mon data = ${folder}/mon
osd data = ${folder}/osd
rgw data = ${folder}
log file = ${folder}/$name.log
pid file = ${folder}/$name.pid
admin socket = ${folder}/$name.$pid.sock
crash dir = ${folder}
`
