/** What operators do to a server that runs: scrape it, and replace its certificate, its secrets and its log files. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import {
  ConfigureLogsCommand,
  CreateOriginEndpointCommand,
  DescribeOriginEndpointCommand,
  type MediaPackageClient,
} from '@aws-sdk/client-mediapackage'
import { type Line, LoggedSums, logFilesIn } from '../e2e/access-logs.ts'
import { Authority, CertificateFiles } from '../judges/certificates.ts'
import { residentMemory } from '../judges/memory.ts'
import { eventually, freePort, temporaryFolder } from '../judges/processes.ts'
import type { Windrow } from '../judges/windrow.ts'

const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:cdn-AbCdEf'
const ROLE = 'arn:aws:iam::000000000000:role/secrets'
const MEMORY_SECONDS = 10
/** What a line of an access log has, among others. */
const FIELDS = ['timestamp', 'clientIp', 'statusCode', 'sentBytes', 'request', 'requestId', 'channelId']

type Ports = { readonly tls: number; readonly metrics: number }

/** The work of operators, from `begin` to `stop`. */
export class Operation {
  /** Settings of the server, by their environment names. */
  readonly environment: Readonly<Record<string, string>>
  /** What went wrong, in sentences. */
  readonly faults: string[] = []
  /** How often each thing was done. */
  readonly counts: Record<string, number> = {}
  /** Resident memory in MiB, every ten seconds. */
  readonly memory: number[] = []
  private readonly authority = new Authority()
  private readonly files: CertificateFiles
  private readonly secretsFile = join(temporaryFolder('secrets'), 'secrets.yaml')
  private readonly ports: Ports
  private readonly everySeconds: number
  private readonly works: Promise<void>[] = []
  private readonly stopped = new AbortController()
  private readonly agent: Agent
  /** Counters before there were access logs. */
  private before: EgressCounters = new Map()
  private newestSecret = 1
  private secretInUse = 1

  private constructor(ports: Ports, everySeconds: number) {
    this.ports = ports
    this.everySeconds = everySeconds
    this.files = new CertificateFiles(this.authority.issue(['127.0.0.1']))
    this.agent = new Agent({ keepAlive: true, ca: this.authority.certificate })
    this.writeSecrets()
    this.environment = {
      WINDROW_METRICS_LISTEN: `127.0.0.1:${ports.metrics}`,
      WINDROW_TLS_LISTEN: `127.0.0.1:${ports.tls}`,
      WINDROW_TLS_CERTIFICATE: this.files.certificate,
      WINDROW_TLS_KEY: this.files.key,
      WINDROW_SECRETS_FILE: this.secretsFile,
    }
  }

  /** `everySeconds` is the interval of replacements. */
  static async prepare(everySeconds: number): Promise<Operation> {
    return new Operation({ tls: await freePort(), metrics: await freePort() }, everySeconds)
  }

  /** Begins with channels that have content: `open` is an endpoint of the first, which gets a guarded one as well. */
  async begin(windrow: Windrow, client: MediaPackageClient, channels: readonly string[], open: string): Promise<void> {
    const logs = { EgressAccessLogs: {}, IngressAccessLogs: {} }
    for (const Id of channels) await client.send(new ConfigureLogsCommand({ Id, ...logs }))
    this.before = egressIn(await this.metrics())
    const { Url: openUrl = '' } = await client.send(new DescribeOriginEndpointCommand({ Id: open }))
    const { Url: guardedUrl = '' } = await client.send(
      new CreateOriginEndpointCommand({
        ChannelId: channels[0],
        Id: 'guarded',
        Authorization: { CdnIdentifierSecret: SECRET, SecretsRoleArn: ROLE },
        HlsPackage: { SegmentDurationSeconds: 1 },
      }),
    )
    const guarded = await eventually('the guarded endpoint', async () => {
      const answer = await this.statusOf(guardedUrl, identifier(1))
      return answer === 200 ? guardedUrl : undefined
    })
    this.repeat('scrapes', 1, () => this.scrape())
    this.repeat('memory', MEMORY_SECONDS, async () => void this.memory.push(residentMemory(windrow.pid).now))
    this.repeat('over TLS', 0.5, () => this.watchOverTls(openUrl))
    this.repeat('guarded', 0.5, () => this.watchGuarded(guarded))
    this.repeat('certificates', this.everySeconds, () => this.replaceCertificate())
    this.repeat('secrets', this.everySeconds, () => this.replaceSecret(guarded))
    // Before there is a line, there is no file.
    await eventually('access logs', () => existsSync(logsIn(windrow)) || undefined)
    this.repeat('log rotations', this.everySeconds, async () => this.rotateLogs(windrow))
  }

  /** Ends the work, and reads all that was logged. */
  async stop(windrow: Windrow): Promise<void> {
    this.stopped.abort()
    await Promise.all(this.works)
    this.agent.destroy()
    // Lines are written within 200 ms.
    await sleep(1000)
    await this.compareLogs(this.readLogs(windrow))
  }

  private repeat(what: string, seconds: number, act: () => Promise<void>): void {
    const { signal } = this.stopped
    const work = async () => {
      while (!signal.aborted) {
        const began = performance.now()
        await act().then(
          () => this.count(what),
          (error: unknown) => this.faults.push(`${what}: ${String(error)}`),
        )
        const pause = seconds * 1000 - (performance.now() - began)
        if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => {})
      }
    }
    this.works.push(work())
  }

  private count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by
  }

  private async metrics(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.ports.metrics}/metrics`)
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
    return text
  }

  private async scrape(): Promise<void> {
    const text = await this.metrics()
    const dropped = [...text.matchAll(/^windrow_access_log_dropped_total\S* (\d+)/gm)].map(([, n]) => Number(n))
    if (dropped.some((n) => n > 0)) throw new Error(`lines of access logs were dropped: ${dropped}`)
    this.counts['series, at most'] = Math.max(this.counts['series, at most'] ?? 0, seriesIn(text))
  }

  private watchOverTls(url: string): Promise<void> {
    const { pathname } = new URL(url)
    return new Promise((resolve, reject) => {
      const { port, agent } = { port: this.ports.tls, agent: this.agent }
      get({ host: '127.0.0.1', port, path: pathname, agent }, (response) => {
        response.resume()
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 200) resolve()
          else reject(new Error(`${response.statusCode} over TLS`))
        })
      }).on('error', reject)
    })
  }

  private async watchGuarded(url: string): Promise<void> {
    const status = await this.statusOf(url, identifier(this.secretInUse))
    if (status !== 200) throw new Error(`${status} with identifier ${this.secretInUse} of ${this.newestSecret}`)
  }

  private async statusOf(url: string, value: string): Promise<number> {
    const response = await fetch(url, { headers: { 'X-MediaPackage-CDNIdentifier': value } })
    await response.arrayBuffer()
    return response.status
  }

  /** A new certificate; done when new connections get it. */
  private async replaceCertificate(): Promise<void> {
    this.files.write(this.authority.issue(['127.0.0.1']))
    const wanted = readFileSync(this.files.certificate, 'utf8')
    await eventually(
      'the new certificate',
      async () => (await this.shownCertificate()) === pemBody(wanted) || undefined,
    )
  }

  private shownCertificate(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: this.ports.tls, ca: this.authority.certificate }, () => {
        const { raw } = socket.getPeerCertificate()
        socket.end()
        resolve(raw.toString('base64'))
      })
      socket.on('error', reject)
    })
  }

  /** A new secret; the CDN uses it once it is accepted, and the one before the last is refused then. */
  private async replaceSecret(url: string): Promise<void> {
    this.newestSecret++
    this.writeSecrets()
    const newest = identifier(this.newestSecret)
    await eventually('the new secret', async () => (await this.statusOf(url, newest)) === 200 || undefined)
    this.secretInUse = this.newestSecret
    const old = await this.statusOf(url, identifier(this.newestSecret - 2))
    if (old !== 403) throw new Error(`${old} with the identifier before the last`)
  }

  private writeSecrets(): void {
    const versions = { current: identifier(this.newestSecret), previous: identifier(this.newestSecret - 1) }
    writeFileSync(this.secretsFile, JSON.stringify({ secrets: { [SECRET]: versions } }), { mode: 0o600 })
  }

  private rotateLogs(windrow: Windrow): void {
    for (const file of logFilesIn(logsIn(windrow))) {
      if (file.endsWith('.jsonl')) renameSync(file, `${file}.${Math.round(performance.now())}`)
    }
    process.kill(windrow.pid, 'SIGHUP')
  }

  /** Lines and bytes of access logs are what was counted meanwhile. */
  private async compareLogs({ byEndpoint }: LoggedSums): Promise<void> {
    const counted = egressIn(await this.metrics())
    const since = (name: string) => (counted.get(name) ?? 0) - (this.before.get(name) ?? 0)
    for (const [id, { sentBytes, requests }] of byEndpoint) {
      for (const [status, lines] of requests) {
        const count = since(`requests ${id} ${status}`)
        if (count !== lines) this.faults.push(`${id}: ${lines} lines of ${status}, and ${count} are counted`)
      }
      const bytes = since(`bytes ${id} `)
      if (bytes !== sentBytes) this.faults.push(`${id}: ${sentBytes} bytes in lines, and ${bytes} are counted`)
      this.count('endpoints whose lines were compared with what was counted')
    }
  }

  private readLogs(windrow: Windrow): LoggedSums {
    const ids = new Set<string>()
    const sums = new LoggedSums()
    for (const file of logFilesIn(logsIn(windrow))) {
      for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
        this.count('lines of access logs')
        try {
          const entry = JSON.parse(line) as Line & Readonly<Record<string, unknown>>
          const lacks = FIELDS.filter((field) => entry[field] === undefined)
          if (lacks.length > 0) this.faults.push(`${file}: a line lacks ${lacks.join(', ')}`)
          else sums.add(entry)
          ids.add(String(entry.requestId))
        } catch {
          this.faults.push(`${file}: no JSON: ${line.slice(0, 200)}`)
        }
      }
    }
    if (ids.size !== this.counts['lines of access logs']) this.faults.push('two lines have one request id')
    return sums
  }
}

/** Requests and bytes of origin endpoints, by name of the counter, endpoint and range of status. */
type EgressCounters = ReadonlyMap<string, number>

function egressIn(metrics: string): EgressCounters {
  const samples = metrics.matchAll(/^windrow_egress_(requests|bytes)_total\{(.+)\} (\d+)$/gm)
  return new Map(
    [...samples].map(([, what, labels = '', value]) => {
      const label = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(labels)?.[1] ?? ''
      return [[what, label('origin_endpoint'), label('status')].join(' '), Number(value)]
    }),
  )
}

/** A value as CDNs have it. */
const identifier = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

const seriesIn = (text: string): number =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length

const pemBody = (pem: string): string => pem.replaceAll(/-----[^-]+-----|\s/g, '')

const logsIn = (windrow: Windrow): string => join(windrow.dataFolder, 'logs')
