import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  EGRESS_GROUP,
  foundIn,
  type LoggedChannel,
  logFilesIn,
  openLoggedChannel,
  PlayerRecord,
  readLines,
} from '../e2e/access-logs.ts'
import { MachineWatch } from '../judges/machine.ts'
import { eventually, run as runProgram, temporaryFolder } from '../judges/processes.ts'
import { Windrow, type WindrowOptions } from '../judges/windrow.ts'
import { Cluster } from '../nodes/cluster.ts'
import { programPath } from '../programs.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'access-log'

const REQUESTS = Number(process.env['WINDROW_TEST_REQUESTS'] ?? 100_000)
const PER_SECOND = 2000
/** What a process that is killed may lose, and how long an answer may be on its way to the client. */
const [LOST_MS, CLIENT_MS] = [200, 50]
/** How long before a kill the machine's lateness counts. */
const LOOKED_AT_MS = 1000

/** Debian's logrotate over all logs of a server, again and again until it is stopped. */
async function rotateUntil(stopped: () => boolean, logs: string, directives: string): Promise<number> {
  const folder = temporaryFolder('logrotate')
  const config = join(folder, 'windrow.conf')
  let rotations = 0
  for (; !stopped(); rotations++) {
    await sleep(1000)
    const files = logFilesIn(logs).filter((path) => path.endsWith('.jsonl'))
    const quoted = files.map((path) => `"${path}"`).join(' ')
    writeFileSync(config, `${quoted} {\nrotate 1000\n${directives}\n}\n`, { mode: 0o644 })
    await runProgram(programPath('logrotate'), ['--force', '--state', join(folder, 'state'), config])
  }
  return rotations
}

type Logged = {
  readonly windrow: Windrow
  readonly record: PlayerRecord
  /** The folder of the server's access logs. */
  readonly logs: string
  readonly asks: LoggedChannel['asks']
}

/** What `work` makes of a server that has a channel with access logs, which is stopped after it. */
async function withLogs<T>(options: WindrowOptions, work: (logged: Logged) => Promise<T>): Promise<T> {
  const windrow = await Windrow.start(options)
  const record = new PlayerRecord()
  try {
    const { asks, pusher } = await openLoggedChannel(windrow)
    pusher.close()
    return await work({ windrow, record, logs: join(windrow.dataFolder, 'logs'), asks })
  } finally {
    record.close()
    await windrow.stop()
  }
}

/** Plays while logs are rotated; resolves to the number of rotations and the lines that are there. */
async function rotated(requests: number, directives: (pid: number) => string) {
  return withLogs({}, async ({ windrow, record, logs, asks }) => {
    await record.play(asks, { requests: 100, perSecond: PER_SECOND })
    await eventually('the first lines', () => (existsSync(logs) && record.linesIn(logs).length === 100) || undefined)
    let isOver = false
    const rotating = rotateUntil(() => isOver, logs, directives(windrow.pid))
    await record.play(asks, { requests: requests - 100, perSecond: PER_SECOND })
    isOver = true
    const rotations = await rotating
    await windrow.stop()
    assert.equal(record.failed, 0)
    return { record, rotations, lines: record.linesIn(logs) }
  })
}

/** Kills the server under load; the requests whose lines are lost were all answered in its last moments. */
async function killed(): Promise<{ lost: number; oldestMs: number; lateMs: number }> {
  return withLogs({}, async ({ windrow, record, logs, asks }) => {
    const playing = record.play(asks, { requests: 8 * PER_SECOND, perSecond: PER_SECOND })
    const machine = await MachineWatch.start()
    await sleep(2000)
    const moment = performance.now()
    const killedAt = Date.now()
    await windrow.kill()
    const lateMs = await machine.lateness(moment - LOOKED_AT_MS, moment)
    await machine.stop()
    await playing
    // Opening a file cuts off what was left of a line.
    await windrow.start()
    const again = new PlayerRecord()
    await again.play(asks, { requests: 1, perSecond: 1 })
    again.close()
    await windrow.stop()
    assert.ok(record.failed > 0, 'the server was killed under load')
    const found = foundIn(record.linesIn(logs))
    const lost = record.answeredBy(killedAt).filter((n) => !found.has(n))
    const early = new Set(record.answeredBy(killedAt - LOST_MS - CLIENT_MS - lateMs))
    assert.deepEqual(
      lost.filter((n) => early.has(n)),
      [],
    )
    const oldest = Math.min(killedAt, ...lost.map((n) => record.answeredAt(n)))
    return { lost: lost.length, oldestMs: killedAt - oldest, lateMs: Math.round(lateMs) }
  })
}

/** Logs on a disk that is full for a while. */
const ON_A_SMALL_DISK =
  'mkdir -p "$WINDROW_DATA/logs" && mount -t tmpfs -o size=8m none "$WINDROW_DATA/logs" && exec "$@"'

async function full(): Promise<{ written: number; dropped: number }> {
  const under = ['unshare', '-rm', 'sh', '-c', ON_A_SMALL_DISK, 'sh']
  return withLogs({ under }, async ({ windrow, record, logs: path, asks }) => {
    const logs = join(`/proc/${windrow.pid}/root`, path)
    const ballast = join(logs, 'ballast')
    for (let round = 0; round < 5; round++) {
      const { bavail, bsize } = statfsSync(logs)
      writeFileSync(ballast, Buffer.alloc(Math.max(bavail - 100, 0) * bsize, 1))
      await record.play(asks, { requests: 4000, perSecond: PER_SECOND })
      rmSync(ballast)
      await record.play(asks, { requests: 500, perSecond: PER_SECOND })
    }
    await sleep(1500)
    assert.deepEqual([record.size, record.failed], [22_500, 0])
    const written = record.linesIn(logs).length
    await windrow.stop()
    const told = windrow.log.matchAll(/"event":"access-log-dropped","sink":"file","lines":(\d+)/g)
    const dropped = [...told].reduce((sum, [, lines]) => sum + Number(lines), 0)
    assert.equal(written + dropped, record.size)
    return { written, dropped }
  })
}

const CONFIGURE = `
import boto3, sys
endpoint, key, secret, on = sys.argv[1:]
client = boto3.client("mediapackage", endpoint_url=endpoint, region_name="us-east-1",
                      aws_access_key_id=key, aws_secret_access_key=secret)
client.configure_logs(Id="tv", **({"EgressAccessLogs": {}} if on == "on" else {}))
`

/** Three nodes: boto3 switches the lines of all on and off; resolves to the longest time that took, in ms. */
async function switched(): Promise<number> {
  const cluster = await Cluster.start()
  let slowest = 0
  try {
    const { parent, pusher } = await openLoggedChannel(cluster)
    pusher.close()
    const { pathname } = new URL(parent)
    const { accessKeyId, secretAccessKey } = cluster
    const linesOf = (folder: string) => {
      const logs = join(folder, 'logs', EGRESS_GROUP)
      mkdirSync(logs, { recursive: true })
      return readLines(logs).length
    }
    for (const on of ['off', 'on', 'off', 'on']) {
      await runProgram(programPath('boto3'), ['-c', CONFIGURE, cluster.nodes[0]!.url, accessKeyId, secretAccessKey, on])
      const began = performance.now()
      await Promise.all(
        cluster.nodes.map(({ url, dataFolder }) =>
          eventually(`${url} to be ${on}`, async () => {
            const before = linesOf(dataFolder)
            const asked = performance.now()
            await fetch(`${url}${pathname}`).then((response) => response.arrayBuffer())
            await sleep(400)
            const isOn = linesOf(dataFolder) > before
            if (isOn !== (on === 'on')) return undefined
            slowest = Math.max(slowest, asked - began)
            return true
          }),
        ),
      )
    }
    assert.ok(slowest <= 1000, `${slowest} ms`)
    return slowest
  } finally {
    await cluster.stop()
  }
}

/** The claims of docs/access-logs.md, at full numbers. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const created = await rotated(REQUESTS, (pid) => `create\npostrotate\nkill -HUP ${pid}\nendscript`)
  created.record.compare(created.lines)
  log(`${created.lines.length} lines over ${created.rotations} rotations with create and SIGHUP`)
  const replaced = await rotated(REQUESTS / 4, () => 'create')
  replaced.record.compare(replaced.lines)
  log(`${replaced.lines.length} lines over ${replaced.rotations} rotations with create alone`)
  const copied = await rotated(REQUESTS / 4, () => 'copytruncate')
  const missing = copied.record.size - foundIn(copied.lines).size
  log(`${copied.lines.length} lines over ${copied.rotations} rotations with copytruncate, ${missing} missing`)
  const kill = await killed()
  log(`kill -9 lost ${kill.lost} lines, of the last ${kill.oldestMs} ms; the machine was late by ${kill.lateMs} ms`)
  const disk = await full()
  log(`a full disk: ${disk.written} lines written, ${disk.dropped} dropped, all players served`)
  const switching = await switched()
  return {
    'lines of requests': created.lines.length,
    'rotations with create and SIGHUP': created.rotations,
    'rotations with copytruncate': copied.rotations,
    'lines missing after copytruncate': missing,
    'lines lost by kill -9': kill.lost,
    'oldest of them, ms': kill.oldestMs,
    'lines dropped by a full disk': disk.dropped,
    'ms until three nodes follow ConfigureLogs': Math.round(switching),
  }
}
