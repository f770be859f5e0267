import { randomUUID } from 'node:crypto'
import type { StepObserver } from './archive/channel-step.ts'
import { startAutomations } from './automations.ts'
import { CheckedClock, logNotice } from './checked-clock.ts'
import type { MachineClocks } from './clock.ts'
import { Turns } from './concurrency/turns.ts'
import type { Config } from './config/config.ts'
import type { EffectiveSetting } from './config/effective-setting.ts'
import type { ProcessRole } from './config/settings.ts'
import { openAccessLog } from './configured-access-log.ts'
import { retentionRules, startArchive } from './configured-archive.ts'
import { startChanges } from './configured-changes.ts'
import { openConsole } from './configured-console.ts'
import { startDataPlane } from './configured-data-plane.ts'
import { startDelivery } from './configured-delivery.ts'
import { configuredHealth } from './configured-health.ts'
import { keyServerMounts, ownKeyServer } from './configured-key-server.ts'
import { keysOnRecord, startKeys } from './configured-keys.ts'
import { configuredLimits } from './configured-limits.ts'
import { type OwnUrls, openListeners } from './configured-listeners.ts'
import { openMetricsListener } from './configured-metrics.ts'
import { startMonitoring } from './configured-monitoring.ts'
import { startSelfCheck } from './configured-self-check.ts'
import { openStores } from './configured-stores.ts'
import { openCertificates } from './configured-tls.ts'
import { createControl } from './control/control.ts'
import type { HarvestService } from './control/control-context.ts'
import { eventSinks } from './events/event-sinks.ts'
import { ffmpegDecoder } from './ffmpeg-decoder.ts'
import { ffmpegEncoder } from './ffmpeg-encoder.ts'
import { createHarvester } from './harvest/job/harvester.ts'
import { removeLeftovers } from './harvest/job/leftovers.ts'
import { forecast } from './harvest/job/preflight.ts'
import { clipContents } from './harvest/window/clip-content.ts'
import { firstDifference } from './harvest/window/same-tracks.ts'
import { ClientNetworks } from './http/client-networks.ts'
import { ConnectionAdmission } from './http/connection-admission.ts'
import { Listeners } from './http/listeners.ts'
import { OutgoingBytes } from './http/outgoing-bytes.ts'
import { tracedMounts } from './http/traced-mounts.ts'
import { createKeyFrames } from './key-frames/key-frames.ts'
import type { Log } from './log.ts'
import { measureConnections } from './measurement/connections.ts'
import { measuring } from './measurement/measuring.ts'
import { measuredCache, measuredStores } from './measurement/stores.ts'
import type { OriginEndpoint } from './model/origin-endpoint.ts'
import { assetFormatOf } from './packaging/deliverables/asset-format.ts'
import { SourceMedia } from './packaging/segments/source-media.ts'
import { periodically } from './periodic.ts'
import { openMetrics } from './prometheus-metrics.ts'
import { SendingEncoders } from './self-check/sending-encoders.ts'
import { type Failed, Stopping } from './stopping.ts'
import { openBuckets } from './stores/bucket-settings.ts'
import { FileSpool, type FileSpoolOptions } from './stores/file-spool.ts'
import { withWebConsole } from './web-console/web-console.ts'

/** Interval at which the clocks are recorded: a crash makes content that much younger. */
const CLOCK_MS = 60_000
/** The least time for which a step of the date must last, however short the grace period is. */
const LEAST_SETTLE_MS = 600_000
/** Interval at which jobs are looked for that are due, or whose worker is gone. */
const HARVEST_MS = 500
const CHECKPOINT_MS = 200
const SHORTEST_LEASE_MS = 1000

/** How long a load balancer is given to notice that one of several nodes stops, unless `drain-delay` says it. */
const DRAIN_DELAY_MS = 5000
/** Time without progress after which a client is cut off that does not read its response. */
const STALL_SECONDS = 60

export type Server = OwnUrls & {
  /** Where browsers on this machine have the console; undefined where it is not served. */
  readonly consoleUrl: string | undefined
  /** Reads anew what may change in files while the server runs, and opens its logs anew. Settings stay. */
  reload(): Promise<void>
  /**
   * Gives up its claims for others to take over, serves for `drain-delay` while it is not ready any more, lets requests
   * in flight finish, and then closes everything in the reverse order of opening.
   */
  close(): Promise<void>
}

/** Builds the rooms in the order a byte travels, and listens last. */
export async function startServer(
  config: Config,
  {
    machine,
    log,
    version,
    settings,
  }: { machine: MachineClocks; log: Log; version: string; settings: readonly EffectiveSetting[] },
): Promise<Server> {
  const stopping = new Stopping()
  const { closers, releasers } = stopping
  const reloaders: (() => Promise<void> | void)[] = []
  const owner = randomUUID()
  const account = { accountId: config.accountId, region: config.region }
  const plays = (role: ProcessRole) => config.roles.has(role)
  const failed: Failed = (what) => (error) => log.error({ event: 'background-work-failed', error }, `${what} failed`)

  try {
    const metrics = openMetrics()
    const stopwatch = machine.monotonic
    const cacheObserver = measuredCache(metrics, 'objects')
    const opened = await openStores(config, { machine, log, closers, cacheObserver })
    const stores = measuredStores(opened, metrics, stopwatch)
    const { resources, segmentIndex } = stores
    const clocks = new CheckedClock({
      ...stores.clocks,
      settleMs: Math.max(config.retentionGraceMs, LEAST_SETTLE_MS),
      recorded: stores.recorded,
      notice: (notice) => logNotice(log, notice),
    })
    const { date, steady } = clocks
    const recordClock = () => segmentIndex.recordClock(clocks.record())
    closers.push(() => recordClock().catch(failed('recording the clock')))
    closers.push(periodically(CLOCK_MS, recordClock, failed('recording the clock')))

    const measured = measuring({
      metrics,
      stores,
      clocks,
      stopwatch,
      version,
      failed: failed('reading what is measured'),
    })
    closers.push(() => measured.close())
    const processId = owner.replaceAll('-', '')
    const changes = plays('control') ? startChanges({ ...stores, processId, stopwatch }, stopping) : undefined
    const observer: StepObserver = (channelGuid, step) => {
      measured.steps(channelGuid, step)
      changes?.contentChanged(channelGuid)
    }
    const ofArchive = { stores, clocks, log, account, owner, observer }
    const archive = await startArchive(config, ofArchive, stopping, failed)
    const sinks = eventSinks(config, { clock: date, log })
    measured.keep({ ...config, isOurs: () => archive.retains(), sinks: sinks.map(({ name }) => name) })

    const turns = new Turns()
    const media = new SourceMedia(archive, { maxBytes: config.memoryCacheBytes, turns, log })
    const buckets = await openBuckets(config)
    const openSpool = (options?: FileSpoolOptions) => new FileSpool(config.dataFolder, options)
    const ffmpeg = config.ffmpeg === 'none' ? undefined : config.ffmpeg
    const [decoder, encoder] = [ffmpegDecoder(ffmpeg), ffmpegEncoder(ffmpeg)]
    closers.push(() => buckets.close())
    const own = ownKeyServer(config)
    const ofKeys = { ...stores, clocks, log, turns, account, owner, retention: retentionRules(config), own }
    const contentKeys = startKeys(config, { ...ofKeys, observer: measured.keys }, stopping, failed)
    const sources = { resources, archive, media, contentKeys, openSpool }
    const harvesting = { ...sources, decoder, encoder, formatOf: assetFormatOf, buckets, clock: date }
    const harvester = createHarvester({
      ...harvesting,
      steady,
      log,
      owner,
      jobsAtOnce: config.harvestWorkers,
      objectsAtOnce: config.harvestConcurrency,
      leaseMs: Math.max(config.harvestLeaseMs, SHORTEST_LEASE_MS),
      checkpointMs: CHECKPOINT_MS,
      mostAttempts: config.harvestAttempts,
      account,
      observer: measured.harvest,
    })
    closers.push(() => harvester.close())
    releasers.push(() => harvester.close())
    const ofDelivery = { resources, sinks, clocks, log, account, owner, observer: measured.delivery }
    if (plays('control')) await startDelivery(ofDelivery, stopping, failed)

    const outgoing = new OutgoingBytes({ mostBytes: config.sendMemoryBytes, stallSeconds: STALL_SECONDS, log })
    closers.push(periodically(1000, async () => outgoing.tick(), failed('cutting off slow clients')))
    const clients = new ClientNetworks(config.trustedProxies)
    const sending = new SendingEncoders(steady)
    let url = ''
    const publicUrl = () => config.publicUrl ?? url
    const ofLogs = { resources, clients, metrics, log, date, steady, publicUrl }
    const accessLog = openAccessLog(config, ofLogs, stopping, failed)
    reloaders.push(() => accessLog?.reopen())
    const { mounts: dataPlane, viewer } = await startDataPlane(
      config,
      {
        ...sources,
        turns,
        log,
        outgoing,
        clients,
        clock: steady,
        date,
        nonceKey: stores.nonceKey,
        heardBy: {
          egress: [measured.egress, ...(accessLog ? [accessLog.egress] : [])],
          ingress: [measured.ingress, sending.observer, ...(accessLog ? [accessLog.ingress] : [])],
        },
        segmentObserver: measured.segments,
        reloaders,
      },
      stopping,
      failed,
    )
    const watching = { viewer, resources, turns, log, metrics, account, owner, steady, date, stopwatch }
    const claims = stores.sharing?.claims
    const sendingSince = (guid: string) => sending.since(guid)
    startSelfCheck(config, { ...watching, claims, sendingSince }, stopping, failed)
    const tls = await openCertificates(config, { date: machine.wall, ...machine, log, metrics }, stopping, failed)
    if (tls) reloaders.push(tls.reload)
    const certificates = tls?.certificates
    const admission = new ConnectionAdmission(config, clients, log)
    const listeners = new Listeners({
      log,
      admission,
      outgoing,
      limits: { drainMs: config.drainTimeoutMs },
      stopwatch: machine.monotonic,
      simple: config.answersSimpleRequests ? { date: machine.wall } : undefined,
    })
    const ofHealth = { version, machine, certificates, listeners, services: stores.services }
    const health = configuredHealth(config, { ...ofHealth, hasBegunToStop: stopping.hasBegun })
    const mounts = [...health.mounts, ...tracedMounts(dataPlane, clients)]
    const limits = configuredLimits(config)
    const extent = (endpoint: OriginEndpoint) => archive.extent(endpoint)
    const harvest: HarvestService = {
      // Elsewhere a node with the role finds the job when it looks for those that are due.
      changed(jobId) {
        if (!plays('harvest')) return
        harvester.look(jobId)
        void harvester.takeUp().catch(failed('harvesting'))
      },
      forecast: (job) => forecast(job, harvesting, stopping.isClosing),
      firstDifference: (job) => firstDifference(job, archive),
      removeLeftovers: (job, limit) => removeLeftovers(job, { buckets, resources }, limit, stopping.isClosing),
    }
    const ofJobs = { resources, clock: date, extent, limits, harvest }
    const clips = clipContents(archive)
    const ofMonitoring = { settings, processId, metrics, measured, admission, date, stopwatch }
    const keyFrames = createKeyFrames({ index: segmentIndex, stored: stores.stored, turns })
    const control =
      changes &&
      createControl({
        ...ofJobs,
        steady,
        wall: clocks.wall,
        log,
        accountId: config.accountId,
        region: config.region,
        publicUrl,
        credentials: config.credentials,
        clips,
        buckets,
        keyFrames,
        outgoing,
        timelines: segmentIndex,
        overview: archive.overview,
        indexSnapshots: stores.indexSnapshots,
        status: health.status,
        monitoring: startMonitoring(ofMonitoring, stopping, failed),
        changes: changes.streams,
        keysOnRecord: keysOnRecord(contentKeys),
        isOwnKeyServer: (text) => own?.isAt(text) === true,
      })

    closers.push(() => listeners.close())
    measureConnections(metrics, admission, outgoing)
    await openMetricsListener(config, { metrics, listeners, log })
    if (plays('harvest')) {
      startAutomations({ ...ofJobs, archive, clips, log, account, owner, steady, claims }, stopping, failed)
      await harvester.takeUp()
      closers.push(periodically(HARVEST_MS, () => harvester.takeUp(), failed('harvesting')))
    }
    const ofKeyServer = { turns, wall: clocks.wall, steady, log }
    const webConsole = control ? await openConsole(config, { version, log, publicUrl }) : undefined
    const api = control
      ? [
          ...(webConsole ? withWebConsole(control, webConsole) : control),
          ...(own ? await keyServerMounts(own, config, ofKeyServer) : []),
        ]
      : undefined
    const urls = await openListeners(config, { listeners, certificates, log, mounts, api })
    url = urls.url
    own?.listensAt(urls.apiUrl)
    // Its packages would take a tenth of the start.
    const keepProcess = () => void metrics.keepProcess().catch(failed('reading the metrics of the process'))
    if (config.metricsListen !== 'none') setImmediate(keepProcess)
    const delayMs = config.drainDelayMs ?? (stores.sharing ? DRAIN_DELAY_MS : 0)
    return {
      ...urls,
      consoleUrl: webConsole?.site && `${urls.apiUrl}/console/`,
      async reload() {
        for (const reload of reloaders) await (async () => reload())().catch(failed('reloading'))
      },
      close: () => stopping.drain(listeners, delayMs, failed('leaving work to others')),
    }
  } catch (error) {
    await stopping.closeAll()
    throw error
  }
}
