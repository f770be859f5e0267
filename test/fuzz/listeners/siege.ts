/** A server whose listeners get broken requests, and how it bears them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  ConfigureLogsCommand,
  CreateOriginEndpointCommand,
  type CreateOriginEndpointCommandInput,
  DescribeChannelCommand,
} from '@aws-sdk/client-mediapackage'
import { TlsServer } from '../../e2e/tls-server.ts'
import { createChannel, mediaPackage } from '../../judges/aws.ts'
import { encodeLoop } from '../../judges/loop.ts'
import { MachineWatch } from '../../judges/machine.ts'
import { eventually, freePort, start } from '../../judges/processes.ts'
import { Pusher } from '../../judges/pusher.ts'
import type { AttackCounts, AttackPlan } from './plan.ts'

const ATTACK = fileURLToPath(new URL('attack.ts', import.meta.url))
const SECOND = 1000
const PAUSE_MS = 200
/** Lines of the log that tell of an error of the server. */
const ERRORS = /"level":(?:50|60)|"event":"(?:api-)?request-failed"|"event":"unexpected-error"/

export type SiegeFigures = {
  readonly counts: AttackCounts
  readonly seconds: number
  /** Good requests meanwhile, and what the longest took, without what the machine kept it waiting for. */
  readonly goodRequests: number
  readonly longestMs: number
  /** Those that failed, in sentences. */
  readonly failed: readonly string[]
  /** Of the server's event loop, likewise, and as it measures that itself. */
  readonly longestDelayMs: number
  readonly measuredDelayMs: number
  readonly peakMemory: number
  /** Lines of the log. */
  readonly errors: readonly string[]
}

const FORMATS: readonly Partial<CreateOriginEndpointCommandInput>[] = [
  { Id: 'hls', HlsPackage: { SegmentDurationSeconds: 2 } },
  { Id: 'cmaf', CmafPackage: { SegmentDurationSeconds: 2, HlsManifests: [{ Id: 'cmaf' }] } },
  { Id: 'dash', DashPackage: { SegmentDurationSeconds: 2 } },
  { Id: 'mss', MssPackage: { SegmentDurationSeconds: 2 } },
]

/** Sends broken requests for so many seconds. Throws where the server has ended. */
export async function besiege(
  {
    seed,
    seconds,
    connections = 128,
  }: { readonly seed: number; readonly seconds: number; readonly connections?: number },
  log: (line: string) => void = () => {},
): Promise<SiegeFigures> {
  const metricsPort = await freePort()
  const server = await TlsServer.start({
    WINDROW_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
    WINDROW_KEY_SERVER: 'true',
    WINDROW_TRUSTED_PROXIES: '127.0.0.0/8',
    WINDROW_SELF_CHECK_INTERVAL: '10s',
    WINDROW_MAX_ORIGIN_ENDPOINTS: '1000',
  })
  const { windrow } = server
  const client = mediaPackage(windrow)
  // The server names URLs of its listener with TLS.
  const here = (url: string) => `${windrow.url}${new URL(url).pathname}`
  const made = await createChannel(client, 'tv')
  const ingest = { ...made, url: here(made.url) }
  const logs = { LogGroupName: '/aws/MediaPackage/fuzz' }
  await client.send(new ConfigureLogsCommand({ Id: 'tv', EgressAccessLogs: logs, IngressAccessLogs: logs }))
  const urls: string[] = []
  for (const format of FORMATS) {
    const command = new CreateOriginEndpointCommand({
      ChannelId: 'tv',
      Id: '',
      StartoverWindowSeconds: 3600,
      ...format,
    })
    const { Url, CmafPackage } = await client.send(command)
    urls.push(here(CmafPackage?.HlsManifests?.[0]?.Url ?? Url ?? ''))
  }
  const loop = await encodeLoop()
  const pusher = new Pusher(ingest, loop, Date.now() - 10 * SECOND)
  await pusher.pushParent()
  while (pusher.published < 5) await pusher.pushNext()
  for (const url of urls) await eventually(`${url} to be published`, async () => (await fetch(url)).ok || undefined)
  const attacked = await createChannel(client, 'attacked')

  const plan: AttackPlan = {
    seed,
    port: Number(new URL(windrow.url).port),
    tlsPort: server.port,
    metricsPort,
    host: new URL(windrow.url).host,
    connections,
    access: { accessKeyId: windrow.accessKeyId, secretAccessKey: windrow.secretAccessKey },
    playback: [...urls.map((url) => new URL(url).pathname), ...(await segmentsOf(urls[0]!))],
    ingest: { url: new URL(attacked.url).pathname, username: attacked.username, password: attacked.password },
    playlist:
      '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-STREAM-INF:BANDWIDTH=900000\nchannel-a.m3u8\n',
    segment: loop
      .at(-1)!
      .segment(0)
      .subarray(0, 188 * 60)
      .toString('base64'),
  }
  const machine = await MachineWatch.start()
  const attack = start(process.execPath, [ATTACK, JSON.stringify(plan)])
  try {
    await eventually('the attack', () => {
      if (attack.child.exitCode !== null) throw new Error(`the attack ended:\n${attack.said()}`)
      return attack.said().includes('attacking') || undefined
    })
    const failed: string[] = []
    let [goodRequests, longestMs, longestDelayMs] = [0, 0, 0]
    const good: readonly (() => Promise<unknown>)[] = [
      async () => demandOk(await fetch(`${windrow.url}/healthz`)),
      async () => demandOk(await fetch(urls[0]!)),
      () => client.send(new DescribeChannelCommand({ Id: 'tv' })),
      async () => {
        const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
        const [, delay] = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text) ?? []
        if (delay === undefined) throw new Error('no delay of the event loop')
        delays.push({ ms: Number(delay) * SECOND, at: performance.now() })
      },
    ]
    const delays: { readonly ms: number; readonly at: number }[] = []
    const began = performance.now()
    for (let turn = 0; performance.now() - began < seconds * SECOND; turn++) {
      if (!windrow.alive) throw new Error(`the server has ended:\n${windrow.log.slice(-4000)}`)
      const from = performance.now()
      await good[turn % good.length]!().catch((error: unknown) =>
        failed.push(`${turn % good.length}: ${String(error)}`),
      )
      goodRequests++
      const to = performance.now()
      longestMs = Math.max(longestMs, to - from - (await machine.lateness(from, to)))
      await sleep(PAUSE_MS)
      if (turn % 300 === 299)
        log(`${Math.round((performance.now() - began) / SECOND)} s, ${Math.round(windrow.peakMemory)} MiB`)
    }
    attack.child.kill('SIGUSR2')
    await attack.ended
    const measuredDelayMs = Math.max(...delays.map(({ ms }) => ms))
    for (const [i, { ms, at }] of delays.entries()) {
      if (i === 0) continue
      longestDelayMs = Math.max(longestDelayMs, ms - (await machine.lateness(delays[i - 1]!.at, at)))
    }
    const counts = JSON.parse(attack.said().split('\n').at(-2)!) as AttackCounts
    const { peakMemory } = windrow
    const took = (performance.now() - began) / SECOND
    if ((await windrow.stop()) !== 0) failed.push('the server has not stopped as it should')
    const errors = windrow.log.split('\n').filter((line) => ERRORS.test(line))
    return {
      counts,
      seconds: took,
      goodRequests,
      longestMs,
      failed,
      longestDelayMs,
      measuredDelayMs,
      peakMemory,
      errors,
    }
  } finally {
    attack.child.kill('SIGKILL')
    pusher.close()
    await machine.stop()
    if (windrow.alive) await windrow.kill()
  }
}

async function demandOk(response: Response): Promise<void> {
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`)
}

/** Paths of what the first media playlist lists. */
async function segmentsOf(parent: string): Promise<string[]> {
  const linesOf = async (url: string) => {
    const lines = (await (await fetch(url)).text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return lines.map((line) => `${new URL(line, url)}`)
  }
  const [media] = await linesOf(parent)
  return [media!, ...(await linesOf(media!))].slice(0, 3).map((url) => new URL(url).pathname)
}
