import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { AccessLog } from './access-log/access-log.ts'
import { CloudWatchSink } from './access-log/cloudwatch-sink.ts'
import { DroppedLines } from './access-log/dropped-lines.ts'
import { FileSink } from './access-log/file-sink.ts'
import type { AccessLogSink } from './access-log/sink.ts'
import { StdoutSink } from './access-log/stdout-sink.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import type { ClientNetworks } from './http/client-networks.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { periodically } from './periodic.ts'
import type { Failed, Stopping } from './stopping.ts'
import type { Resources } from './stores/resources.ts'

/** Interval at which files of access logs are deleted. */
const DELETE_MS = 3_600_000

type Deps = {
  readonly resources: Pick<Resources, 'channelByGuid' | 'onChange'>
  readonly clients: ClientNetworks
  readonly metrics: Metrics
  readonly log: Log
  readonly date: Clock
  readonly steady: Clock
  readonly publicUrl: () => string
}

/** Opens the access logs, where the settings say that they go; undefined when they have none. */
export function openAccessLog(
  config: Config,
  { metrics, log, date, steady, ...deps }: Deps,
  { closers }: Pick<Stopping, 'closers'>,
  failed: Failed,
): AccessLog | undefined {
  const { accessLog: place, accountId, region, logClientIp: addressForm } = config
  if (place.sink === 'none') return undefined
  const counter = metrics.counter('windrow_access_log_dropped_total', { sink: place.sink })
  const dropped = new DroppedLines(place.sink, { counter, clock: steady, log })
  const fileSink = () => {
    const sink = new FileSink({
      folder: place.sink === 'file' && place.folder ? resolve(place.folder) : join(config.dataFolder, 'logs'),
      mostFileBytes: config.accessLogFileBytes,
      retentionMs: config.accessLogRetentionMs,
      date,
      steady,
      dropped,
    })
    const failedToDelete = failed('deleting old access logs')
    void sink.deleteOld().catch(failedToDelete)
    closers.push(periodically(DELETE_MS, () => sink.deleteOld(), failedToDelete))
    return sink
  }
  const sinks: Readonly<Record<typeof place.sink, () => AccessLogSink>> = {
    file: fileSink,
    stdout: () => new StdoutSink({ stream: process.stdout, dropped }),
    cloudwatch() {
      // Names of streams have no colon and no asterisk.
      const stream = `${hostname().replaceAll(/[:*]/g, '_')}-${process.pid}`
      return new CloudWatchSink({ region, endpoint: config.cloudWatchLogsEndpoint, stream, date, log, dropped })
    },
  }
  const sink = sinks[place.sink]()
  const accessLog = new AccessLog({ ...deps, account: { accountId, region }, addressForm, sink, dropped, date, steady })
  closers.push(() => accessLog.close())
  return accessLog
}
