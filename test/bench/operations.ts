import { ConfigureLogsCommand } from '@aws-sdk/client-mediapackage'
import { mediaPackage } from '../judges/aws.ts'
import { Authority, CertificateFiles } from '../judges/certificates.ts'
import { freePort } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { load } from './get-load.ts'
import { cpuSeconds, type Measure, paired, SERVED_ON } from './measure.ts'
import { benchMetrics, type Observation } from './metrics-cost.ts'
import { type ServedChannel, serveChannel, startProgramme } from './programme.ts'
import { benchTls } from './tls-beside-nginx.ts'

const SECONDS = 1.2
const WARM_UP_SECONDS = 1.5

/** A server with its channel. */
type Contender = { readonly windrow: Windrow; readonly channel: ServedChannel }

/**
 * What it costs to run Windrow as it is run in public: access logs and metrics beside a server without them, TLS beside
 * nginx, and a scrape of the metrics of 300 origin endpoints beside prom-client.
 */
export async function benchOperations(): Promise<Measure[]> {
  const authority = new Authority()
  const files = new CertificateFiles(authority.issue(['localhost', '127.0.0.1']))
  const tlsPort = await freePort()
  const { observation, measures: metrics } = await benchMetrics()
  const programme = await startProgramme({ WINDROW_ACCESS_LOG: 'none' })
  const unlogged = programme.windrow
  const logged = await Windrow.start({ under: SERVED_ON, environment: { WINDROW_LOG_LEVEL: 'warn' } })
  try {
    const channel = await serveChannel(programme)
    // From now on with TLS, of which encoders and API clients here know nothing.
    await unlogged.stop()
    await unlogged.start({
      WINDROW_TLS_LISTEN: `127.0.0.1:${tlsPort}`,
      WINDROW_TLS_CERTIFICATE: files.certificate,
      WINDROW_TLS_KEY: files.key,
    })
    const client = mediaPackage(logged)
    const ofLogged = await serveChannel({ ...programme, windrow: logged, client })
    await client.send(new ConfigureLogsCommand({ Id: 'tv', EgressAccessLogs: {} }))
    const observed = await benchLogs(
      { windrow: logged, channel: ofLogged },
      { windrow: unlogged, channel },
      observation,
    )
    const tls = await benchTls(
      { origin: `https://127.0.0.1:${tlsPort}`, plain: unlogged.url, pid: unlogged.pid, channel },
      { files, authority: authority.certificate },
    )
    return [...observed, ...tls, ...metrics]
  } finally {
    await unlogged.kill()
    await logged.kill()
  }
}

/**
 * A server with access logs in files and metrics, beside one with neither. Nothing switches the counting of metrics
 * off: what it takes of a request is measured in this process, and taken off the CPU of the server without access logs.
 */
async function benchLogs(on: Contender, off: Contender, observation: Observation): Promise<Measure[]> {
  const measures: Measure[] = []
  const kinds = [
    { name: 'segment from memory with access logs and metrics', connections: 8, paths: segmentsOf },
    { name: 'live playlist with access logs and metrics', connections: 32, paths: playlistOf },
  ]
  for (const { name, connections, paths } of kinds) {
    const perCpuSecond = async ({ windrow, channel }: Contender, spared: number, seconds = SECONDS) => {
      const before = cpuSeconds(windrow.pid)
      const { answers } = await load({ origin: windrow.url, paths: paths(channel), connections, seconds })
      return answers / (cpuSeconds(windrow.pid) - before - answers * spared)
    }
    for (const each of [on, off]) await perCpuSecond(each, 0, WARM_UP_SECONDS)
    const figures = await paired(
      () => perCpuSecond(on, 0),
      () => perCpuSecond(off, observation.seconds),
    )
    const micros = (1e6 / figures.peerValue) * (1 / figures.ratio - 1)
    measures.push({
      name,
      ...figures,
      unit: 'requests per CPU second',
      peer: 'without',
      note: `${micros.toFixed(1)} µs more, of which metrics are ${(observation.seconds * 1e6).toFixed(2)}`,
    })
  }
  return measures
}

const segmentsOf = ({ segments }: ServedChannel) => segments
const playlistOf = ({ playlist }: ServedChannel) => [playlist]
