import assert from 'node:assert/strict'
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigureLogsCommand } from '@aws-sdk/client-mediapackage'
import { mediaPackage } from '../judges/aws.ts'
import { eventually, freePort, run, temporaryFolder } from '../judges/processes.ts'
import type { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing, programPath } from '../programs.ts'
import { type LoggedChannel, logFilesIn, openLoggedChannel, PlayerRecord } from './access-logs.ts'

const { after, afterEach, before, beforeEach, describe, it } = needing('right to mount', 'ffmpeg', 'jq', 'logrotate')

/** Logs on a disk of 1 MiB; the fifth argument is the data folder. */
const MOUNT = 'mkdir -p "$WINDROW_DATA/logs" && mount -t tmpfs -o size=1m none "$WINDROW_DATA/logs" && exec "$@"'

describe('access logs', () => {
  let windrow: Windrow
  let asks: LoggedChannel['asks']
  let pusher: Pusher
  let logs: string
  let metrics: string
  let record: PlayerRecord
  before(async () => {
    metrics = `127.0.0.1:${await freePort()}`
    windrow = await Windrow.start({
      under: ['unshare', '-rm', 'sh', '-c', MOUNT, 'sh'],
      environment: { WINDROW_METRICS_LISTEN: metrics },
    })
    logs = join(`/proc/${windrow.pid}/root`, windrow.dataFolder, 'logs')
    const opened = await openLoggedChannel(windrow)
    ;({ asks, pusher } = opened)
  })
  after(async () => {
    pusher?.close()
    await windrow?.stop()
  })
  beforeEach(() => {
    record = new PlayerRecord()
  })
  afterEach(() => record.close())

  const written = () => eventually('all lines', () => record.linesIn(logs).length >= record.size || undefined)

  /** The lines that the server has dropped. */
  async function dropped(): Promise<number> {
    const text = await (await fetch(`http://${metrics}/metrics`)).text()
    return Number(/^windrow_access_log_dropped_total\{sink="file"\} (\d+)$/m.exec(text)?.[1])
  }

  it('have a line for each request, with the status and the bytes that the player saw', async () => {
    await record.play(asks, { requests: 150, perSecond: 2000 })
    await written()
    record.compare(record.linesIn(logs))
    const [path = assert.fail('there is no log')] = logFilesIn(logs)
    const query = '[.[] | select(.statusCode == "200") | .sentBytes] | add > 0'
    assert.equal(String(await run(programPath('jq'), ['-s', query, path])).trim(), 'true')
  })

  it('have a line for each request of the encoder too, with the bytes that it sent', async () => {
    const logged = { EgressAccessLogs: {}, IngressAccessLogs: { LogGroupName: '/aws/MediaPackage/encoders' } }
    await mediaPackage(windrow).send(new ConfigureLogsCommand({ Id: 'tv', ...logged }))
    const before = pusher.bytesTaken
    await pusher.pushNext()
    type Line = Readonly<Record<'method' | 'statusCode' | 'request' | 'ingestEndpointId', string>> & {
      readonly receivedBytes: number
    }
    await eventually('the segments', () => {
      const files = logFilesIn(logs).filter((path) => path.includes('/encoders/'))
      const lines = files.flatMap((path) =>
        readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => line !== ''),
      )
      const puts = lines
        .map((line) => JSON.parse(line) as Line)
        .filter(({ request, statusCode }) => request.endsWith('.ts') && statusCode === '201')
      assert.ok(
        puts.every(({ method, ingestEndpointId }) => method === 'PUT' && /^[0-9a-f]{32}$/.test(ingestEndpointId)),
      )
      assert.ok(lines.every((line) => !line.includes('"endpointId"') && !/Digest|nonce/.test(line)))
      return puts.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0) === pusher.bytesTaken - before || undefined
    })
  })

  it('have the request ids of the log, and those of the API are ids of its responses', async () => {
    const refused = /"event":"playback-refused","requestId":"([^"]+)","code":"\w+","status":404/g
    const missing = asks.filter(({ url }) => url.includes('99999'))
    // The log has similar refusals once a second.
    await eventually('the log', async () => {
      await record.play(missing, { requests: 1, perSecond: 2000 })
      await written()
      const told = [...windrow.log.matchAll(refused)].map(([, id]) => id)
      return record.linesIn(logs).some(({ requestId }) => told.includes(requestId)) || undefined
    })
    const played = await fetch(asks[0]!.url)
    assert.equal(played.headers.get('x-request-id'), null, 'caches would give it to others')
    const { headers } = await fetch(`${windrow.url}/channels`)
    const id = headers.get('x-amzn-requestid')
    assert.equal(headers.get('x-request-id'), id)
    const refusal = `"event":"api-refusal","requestId":"${id}"`
    await eventually('the log of the API', () => windrow.log.includes(refusal) || undefined)
  })

  it('are rotated by logrotate while they are written, and no line is lost or torn', async () => {
    const folder = temporaryFolder('logrotate')
    await record.play(asks, { requests: 50, perSecond: 2000 })
    await written()
    const playing = record.play(asks, { requests: 200, perSecond: 500 })
    const [path = assert.fail('there is no log')] = logFilesIn(logs)
    const config = join(folder, 'windrow.conf')
    const reload = `postrotate\nkill -HUP ${windrow.pid}\nendscript`
    writeFileSync(config, `"${path}" {\nrotate 9\ncreate\n${reload}\n}\n`, { mode: 0o644 })
    await run(programPath('logrotate'), ['--force', '--state', join(folder, 'state'), config])
    await playing
    await written()
    assert.ok(logFilesIn(logs).length >= 2)
    record.compare(record.linesIn(logs))
  })

  it('cost players nothing when their disk is full: lines are dropped, and counted', async () => {
    // The first file must be there, so that it can be filled in the middle of a line.
    await record.play(asks, { requests: 20, perSecond: 2000 })
    await written()
    const before = await dropped()
    const toldOfAll = async () => {
      const lines = record.linesIn(logs, 'while it is written').length
      return lines + (await dropped()) - before === record.size || undefined
    }
    const { bavail, bsize } = statfsSync(logs)
    const ballast = join(logs, 'ballast')
    writeFileSync(ballast, Buffer.alloc((bavail - 3) * bsize, 1))
    await record.play(asks, { requests: 200, perSecond: 2000 })
    assert.deepEqual([record.size, record.failed], [220, 0])
    await eventually('lines to be dropped', toldOfAll)
    assert.ok((await dropped()) > before)
    assert.match(windrow.log, /"event":"access-log-dropped","sink":"file","lines":\d+,"reason":"ENOSPC/)
    rmSync(ballast)
    await record.play(asks, { requests: 10, perSecond: 2000 })
    await eventually('lines again', toldOfAll)
    assert.ok(record.linesIn(logs).length > 0, 'all lines are whole')
  })
})
