import assert from 'node:assert/strict'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { EPOCH, probeAt, variants } from '../../test/timeline/rehearsal.ts'
import { type Archive, openArchive } from '../archive/archive.ts'
import type { Exchange } from '../http/exchange.ts'
import { ticksFromSeconds, type UtcMs, utcMs } from '../media/time.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { MediaProbe } from '../model/source-segment.ts'
import { type KeptMetrics, openMetrics } from '../prometheus-metrics.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import { channel, event, MANY, originEndpoint } from '../stores/nouns.contract.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { type Measuring, measuring } from './measuring.ts'

const log = { info() {}, warn() {}, error() {} }
const account = { region: 'eu-west-1', accountId: '111122223333' }
const NEWS = channel('news')
const [FIRST, SECOND] = NEWS.ingestEndpoints.map(({ id }) => id) as [string, string]
const HLS = originEndpoint('hls', 'news')

const exchange = (status: number) => ({ status, sentBytes: 10, receivedBytes: 5, processingMs: 1 }) as Exchange

describe('what is measured of a channel', () => {
  let folder: string
  let store: SqliteStore
  let archive: Archive
  let metrics: KeptMetrics
  let measured: Measuring
  let now: UtcMs
  let isOurs: boolean
  const failures: unknown[] = []

  /** Opens everything, as a process that starts. */
  const open = async () => {
    store = await openSqliteStore(join(folder, 'windrow.db'))
    metrics = openMetrics()
    const clock = () => now
    const clocks = { date: clock, steady: clock, wall: () => utcMs(now + 250) }
    const failed = (error: unknown) => failures.push(error)
    measured = measuring({ metrics, stores: store, clocks, stopwatch: clock, version: '1.2.3', failed })
    archive = await openArchive({
      segmentIndex: store.segmentIndex,
      resources: store.resources,
      objects: await openFileObjects(join(folder, 'objects')),
      clock,
      log,
      retention: { liveMs: 600_000, marginMs: 0, graceMs: 0 },
      account,
      observer: measured.steps,
    })
    measured.keep({ dataFolder: folder, isOurs: () => isOurs && archive.retains(), sinks: ['log'] })
  }
  const close = async () => {
    measured.close()
    await archive.close()
    await store.close()
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-measuring-'))
    now = EPOCH
    isOurs = true
    failures.length = 0
    await open()
    await store.resources.createChannel(NEWS, MANY)
    await store.resources.createOriginEndpoint(HLS, MANY)
  })
  afterEach(async () => {
    // The last scrape has begun to read what the next one would have.
    await settle()
    await close()
    await rm(folder, { recursive: true })
    assert.deepEqual(failures, [])
  })

  /** Lets what is read in the background be read: the store answers in the order in which it is asked. */
  async function settle(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      await statfs(folder)
      await store.resources.listChannels({ limit: 1 })
    }
  }

  /** The values of a metric, by the values of its labels, when all has been read. */
  async function read(name: string): Promise<Record<string, number>> {
    await metrics.text()
    await settle()
    const lines = (await metrics.text()).matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))
    return Object.fromEntries(
      [...lines].map(([, labels = '', value]) => {
        return [[...labels.matchAll(/="([^"]*)"/g)].map(([, each]) => each).join(' '), Number(value)]
      }),
    )
  }

  async function put(number: number, input = FIRST, more: Partial<MediaProbe> = {}): Promise<void> {
    const ref = { channelGuid: NEWS.guid, ingestEndpointId: input }
    const name = `a-${number}`
    const { key, writer } = await archive.createObject(ref)
    await writer.write(Buffer.from(name))
    await writer.commit()
    const facts = { size: name.length, crc32: crc32(Buffer.from(name)), sha256: 'x', receivedAt: now }
    const probe = { ...(probeAt(10 + 2 * number) as MediaProbe), ...more }
    await archive.storeSegment(ref, { key, name, ...facts, probe })
    measured.ingress(exchange(201), { channel: NEWS, ingestEndpointId: input })
  }
  const list = (first: number, last: number, { input = FIRST, ended = false } = {}) =>
    archive.storeMediaPlaylist(
      { channelGuid: NEWS.guid, ingestEndpointId: input },
      {
        name: 'a',
        targetDuration: ticksFromSeconds(2),
        mediaSequence: first,
        segments: Array.from({ length: last - first + 1 }, (_, i) => {
          return { name: `a-${first + i}`, duration: ticksFromSeconds(2), discontinuity: false }
        }),
        ended,
      },
    )
  const begin = (input = FIRST) =>
    archive.storeParentPlaylist({ channelGuid: NEWS.guid, ingestEndpointId: input }, variants('a'))
  /** Two seconds each. */
  const push = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      now = utcMs(now + 2000)
      await put(i)
      await list(Math.max(i - 2, 0), i)
    }
  }
  const play = (endpoint: OriginEndpoint = HLS) => archive.edge(endpoint)

  it('is who it is', async () => {
    assert.deepEqual(await read('windrow_channel_info'), { 'news guid-news': 1 })
    assert.deepEqual(await read('windrow_origin_endpoint_info'), { 'hls news guid-hls mss': 1 })
    assert.deepEqual(Object.keys(await read('windrow_build_info')), [`1.2.3 ${process.versions.node}`])
    assert.deepEqual(await read('windrow_segment_duration_seconds'), { 'news hls': 2 })
    assert.deepEqual(await read('windrow_clock_offset_seconds'), { '': 0.25 })
  })

  it('is which inputs are there, and which is shown', async () => {
    assert.deepEqual(await read('windrow_input_connected'), { 'news 1': 0, 'news 2': 0 })
    await begin()
    await push(0, 4)
    await play()
    measured.ingress(exchange(401), { channel: NEWS, ingestEndpointId: SECOND })
    assert.deepEqual(await read('windrow_input_connected'), { 'news 1': 1, 'news 2': 0 })
    assert.deepEqual(await read('windrow_input_last_segment_seconds'), { 'news 1': now / 1000 })
    assert.deepEqual(await read('windrow_active_input'), { 'news hls 1': 1, 'news hls 2': 0 })
    now = utcMs(now + 31_000)
    assert.deepEqual(await read('windrow_input_connected'), { 'news 1': 0, 'news 2': 0 })
    assert.deepEqual(await read('windrow_input_last_segment_seconds'), { 'news 1': (now - 31_000) / 1000 })
    assert.deepEqual(await read('windrow_active_input'), { 'news hls 1': 0, 'news hls 2': 0 })
  })

  it('is how old the live edge is, after a restart too, until the stream ends', async () => {
    await begin()
    await push(0, 3)
    assert.deepEqual(await read('windrow_live_edge_age_seconds'), {}, 'nothing is published for nobody')
    const edge = await play()
    now = utcMs(edge!.publishedUntil + 7000)
    const look = async () => {
      now = utcMs(now + 30_000)
      return read('windrow_live_edge_age_seconds')
    }
    assert.deepEqual(await look(), { 'news hls': 37 })
    await close()
    await open()
    assert.deepEqual(await look(), { 'news hls': 67 })
    await list(1, 2, { ended: true })
    now = utcMs(now + 60_000)
    await archive.tick()
    await play()
    assert.deepEqual(await look(), {})
    await close()
    await open()
    assert.deepEqual(await look(), {})
  })

  it('is how long segments are, also where encoders send longer ones than an endpoint asks for', async () => {
    await begin()
    const longer = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        now = utcMs(now + 6000)
        await put(i, FIRST, probeAt(10 + 6 * i, 640, 6) as MediaProbe)
        await list(Math.max(i - 2, 0), i)
      }
    }
    await longer(0, 3)
    await play()
    assert.deepEqual(await read('windrow_segment_duration_seconds'), { 'news hls': 6 })
    await longer(3, 5)
    assert.deepEqual(await read('windrow_segment_duration_seconds'), { 'news hls': 6 })
    await close()
    await open()
    assert.deepEqual(await read('windrow_segment_duration_seconds'), { 'news hls': 6 })
  })

  it('is how long segments take to be played, once for each, and what is missing', async () => {
    await begin()
    await push(0, 3)
    await play()
    assert.deepEqual(await read('windrow_publish_seconds_count'), {}, 'they were there before anybody asked')
    await put(3)
    now = utcMs(now + 1500)
    await list(1, 3)
    await put(4)
    await list(2, 4)
    const counted = await read('windrow_publish_seconds_count')
    assert.ok(counted['news']! >= 1)
    assert.ok((await read('windrow_publish_seconds_sum'))['news']! >= 1.5)
    assert.deepEqual(await read('windrow_eras_total'), { 'news 1': 1 })
    await list(4, 6)
    now = utcMs(now + 60_000)
    await put(6)
    await list(4, 7)
    now = utcMs(now + 60_000)
    await archive.tick()
    assert.ok((await read('windrow_gaps_total'))['news 1 absent']! >= 1)
  })

  it('is which messages of SCTE 35 cannot be read', async () => {
    await begin()
    await put(0, FIRST, { badMessages: { crc: 2, encrypted: 1 } })
    assert.deepEqual(await read('windrow_splice_errors_total'), { 'news crc': 2, 'news encrypted': 1 })
  })

  it('is what is kept, and what waits', async () => {
    await begin()
    await push(0, 2)
    now = utcMs(now + 5000)
    await store.resources.claimEventSink({ sink: 'log', owner: 'a', now, leaseMs: 1 })
    await store.resources.claimEventSink({ sink: 'gone', owner: 'a', now, leaseMs: 1 })
    await store.resources.appendEvent({ ...event('1'), at: utcMs(now - 3000) })
    assert.deepEqual(await read('windrow_archive_bytes'), { news: 6 })
    assert.deepEqual(await read('windrow_archive_oldest_seconds'), { news: 7 })
    assert.deepEqual(await read('windrow_events_pending'), { log: 1 })
    assert.deepEqual(await read('windrow_events_oldest_seconds'), { log: 3 })
    assert.deepEqual(await read('windrow_harvest_jobs'), { IN_PROGRESS: 0, SUCCEEDED: 0, FAILED: 0 })
    assert.ok((await read('windrow_disk_free_bytes'))['']! > 0)
  })

  it('is not of what is kept and waits while another process tells of that', async () => {
    await store.resources.claimEventSink({ sink: 'log', owner: 'a', now, leaseMs: 1 })
    const NAMES = [
      'windrow_archive_bytes',
      'windrow_harvest_jobs',
      'windrow_harvest_lag_seconds',
      'windrow_events_pending',
      'windrow_events_oldest_seconds',
    ]
    const counts = async () => {
      now = utcMs(now + 15_000)
      const found: number[] = []
      for (const name of NAMES) found.push(Object.keys(await read(name)).length)
      return found
    }
    assert.deepEqual(await counts(), [1, 3, 1, 1, 1])
    isOurs = false
    assert.deepEqual(await counts(), [0, 0, 0, 0, 0])
    isOurs = true
    assert.deepEqual(await counts(), [1, 3, 1, 1, 1])
  })

  it('is forgotten with what is deleted, also where a request ends later', async () => {
    await begin()
    await push(0, 4)
    await play()
    const egress = { endpoint: HLS, kind: 'manifest', refusal: undefined } as const
    measured.egress(exchange(200), egress)
    measured.egress(exchange(403), { ...egress, refusal: 'OriginationDenied' })
    assert.deepEqual(await read('windrow_refused_total'), { 'hls denied': 1 })
    assert.deepEqual(await read('windrow_egress_requests_total'), { 'news hls 2xx': 1, 'news hls 4xx': 1 })
    await store.resources.deleteOriginEndpoint('hls', now, 0)
    measured.egress(exchange(200), egress)
    assert.doesNotMatch(await metrics.text(), /"hls"/)
    measured.egress(exchange(500), egress)
    assert.doesNotMatch(await metrics.text(), /"hls"/)
    assert.match(await metrics.text(), /"news"/)
    // Another of the same name.
    const next = originEndpoint('hls', 'news', { guid: 'another' })
    await store.resources.createOriginEndpoint(next, MANY)
    await metrics.text()
    measured.egress(exchange(200), { ...egress, endpoint: next })
    assert.deepEqual(await read('windrow_egress_requests_total'), { 'news hls 2xx': 1 })
    assert.deepEqual(await read('windrow_origin_endpoint_info'), { 'hls news another mss': 1 })
    await store.resources.deleteOriginEndpoint('hls', now, 0)
    await store.resources.deleteChannel('news', now)
    await put(9).catch(() => {})
    assert.doesNotMatch(await metrics.text(), /"news"|"hls"/)
  })

  it('is forgotten of what was made and deleted before anybody read of it', async () => {
    await metrics.text()
    await store.resources.createChannel(channel('brief'), MANY)
    const brief = originEndpoint('short', 'brief')
    await store.resources.createOriginEndpoint(brief, MANY)
    measured.egress(exchange(403), { endpoint: brief, kind: undefined, refusal: 'OriginationDenied' })
    measured.egress(exchange(200), { endpoint: HLS, kind: 'manifest', refusal: undefined })
    await store.resources.deleteOriginEndpoint('short', now, 0)
    await store.resources.deleteChannel('brief', now)
    for (let minutes = 0; minutes <= 30; minutes += 5) {
      await metrics.text()
      now = utcMs(now + 300_000)
    }
    assert.doesNotMatch(await metrics.text(), /"brief"|"short"/)
    assert.deepEqual(await read('windrow_egress_requests_total'), { 'news hls 2xx': 1 })
  })

  it('is not of what was deleted where another has its id by the next scrape', async () => {
    const encryption = { method: 'AES_128', keyRotationIntervalSeconds: 60 }
    const drm = originEndpoint('hls', 'news', { packaging: { ...HLS.packaging, encryption } as typeof HLS.packaging })
    await store.resources.updateOriginEndpoint({ ...drm, revision: 2 }, 0)
    measured.keys.answered(drm, Math.floor(now / 60_000))
    await begin()
    await push(0, 2)
    measured.egress(exchange(200), { endpoint: HLS, kind: 'manifest', refusal: undefined })
    const ofInput = () => read('windrow_input_last_segment_seconds')
    assert.deepEqual([await read('windrow_key_age_seconds'), await ofInput()], [{ hls: 4 }, { 'news 1': now / 1000 }])
    await store.resources.deleteOriginEndpoint('hls', now, 0)
    await store.resources.deleteChannel('news', now)
    await store.resources.createChannel(channel('news', { guid: 'another-channel' }), MANY)
    const next = originEndpoint('hls', 'news', { guid: 'another', channelGuid: 'another-channel' })
    await store.resources.createOriginEndpoint(next, MANY)
    measured.egress(exchange(200), { endpoint: next, kind: 'manifest', refusal: undefined })
    assert.deepEqual(await read('windrow_channel_info'), { 'news another-channel': 1 })
    assert.deepEqual([await read('windrow_key_age_seconds'), await ofInput()], [{}, {}])
    measured.egress(exchange(200), { endpoint: next, kind: 'manifest', refusal: undefined })
    assert.deepEqual(Object.keys(await read('windrow_egress_requests_total')), ['news hls 2xx'])
  })

  it('is not of keys where an endpoint is no longer encrypted', async () => {
    const encryption = { method: 'AES_128', keyRotationIntervalSeconds: 60 }
    const packaging = { ...HLS.packaging, encryption } as typeof HLS.packaging
    await store.resources.updateOriginEndpoint({ ...HLS, packaging, revision: 2 }, 0)
    measured.keys.answered({ ...HLS, packaging }, Math.floor(now / 60_000))
    assert.deepEqual(Object.keys(await read('windrow_key_next_seconds')), ['hls'])
    await store.resources.updateOriginEndpoint({ ...HLS, revision: 3 }, 0)
    assert.deepEqual([await read('windrow_key_next_seconds'), await read('windrow_key_age_seconds')], [{}, {}])
  })

  it('is told while the store does not answer', async () => {
    await metrics.text()
    const before = await read('windrow_channel_info')
    Object.assign(store.resources, { channelByGuid: () => new Promise(() => {}) })
    await store.resources.updateChannel({ ...NEWS, description: 'changed', revision: 2 })
    assert.deepEqual(await read('windrow_channel_info'), before)
  })

  it('is of keys, how old they are and when they run out', async () => {
    const encryption = { method: 'AES_128', keyRotationIntervalSeconds: 60 }
    const packaging = { ...HLS.packaging, encryption } as OriginEndpoint['packaging']
    const drm = originEndpoint('drm', 'news', { packaging })
    await store.resources.createOriginEndpoint(drm, MANY)
    assert.deepEqual(await read('windrow_key_requests_total'), { 'drm ok': 0, 'drm failed': 0 })
    assert.deepEqual(await read('windrow_key_age_seconds'), {})
    measured.keys.failed(drm)
    const period = Math.floor(now / 60_000)
    measured.keys.answered(drm, period)
    now = utcMs(now + 5000)
    assert.deepEqual(await read('windrow_key_requests_total'), { 'drm ok': 1, 'drm failed': 1 })
    assert.deepEqual(await read('windrow_key_age_seconds'), { drm: 5 })
    assert.deepEqual(await read('windrow_key_next_seconds'), { drm: ((period + 1) * 60_000 - now) / 1000 })
  })
})
