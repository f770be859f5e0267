/** A clip plays as a harvest would write it, to the byte, as long as it lasts, whatever becomes of the channel. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import http, { type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Archive, openArchive } from '../../src/archive/archive.ts'
import { Turns } from '../../src/concurrency/turns.ts'
import { clipContent } from '../../src/harvest/window/clip-content.ts'
import { ClientNetworks } from '../../src/http/client-networks.ts'
import { Exchange } from '../../src/http/exchange.ts'
import { FaultLog } from '../../src/http/fault-log.ts'
import { OutgoingBytes } from '../../src/http/outgoing-bytes.ts'
import { DEFAULT_INGEST_LIMITS } from '../../src/ingest/ingest-limits.ts'
import { parseIngestPath } from '../../src/ingest/ingest-path.ts'
import { Uploads } from '../../src/ingest/uploads.ts'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import { CLIP_FILES, type Clip } from '../../src/model/clip.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { ManifestWorker } from '../../src/origin/manifests/worker.ts'
import { createOrigin } from '../../src/origin/origin.ts'
import { cutsOf } from '../../src/packaging/cuts.ts'
import { packagedAs } from '../../src/packaging/deliverables/packaged-as.ts'
import { outputFormatOf } from '../../src/packaging/packager.ts'
import { readWindow } from '../../src/packaging/paged-window.ts'
import { SourceMedia } from '../../src/packaging/segments/source-media.ts'
import { placedCuts } from '../../src/packaging/tracks/placed-cuts.ts'
import { openFileObjects } from '../../src/stores/file-objects.ts'
import { FileSpool } from '../../src/stores/file-spool.ts'
import { openSqliteStore, type SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { fixture } from '../fixtures/catalogue.ts'
import { type Fixture, playlistFile, segmentFile } from '../fixtures/fixture.ts'
import { sampleEncryption } from '../keys/sample-encryption.ts'
import { sampleKeys } from '../keys/sample-keys.ts'
import { playlistUpTo } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'
import { NO_IDENTIFIERS } from './origin-under-test.ts'
import { hlsEndpoint } from './sample-endpoints.ts'

const { after, before, describe, it } = needing('ffmpeg')

const CHANNEL = 'c'.repeat(32)
const GUID = 'e'.repeat(32)
const BEGAN = Date.UTC(2026, 0, 4)
const DAY_MS = 86_400_000
const PRESENTATIONS = ['HLS', 'CMAF', 'DASH', 'MSS'] as const
const QUOTAS = { maxClips: 10, maxBytes: 1e9 }
const RETENTION = { liveMs: 60_000, marginMs: 60_000, graceMs: 3_600_000 }

class CountingWorker extends ManifestWorker {
  written = 0

  override render(job: Parameters<ManifestWorker['render']>[0]) {
    this.written++
    return super.render(job)
  }
}

describe('a clip', () => {
  let made: Fixture
  let folder: string
  let store: SqliteStore
  let archive: Archive
  let media: SourceMedia
  let url: string
  /** Number of manifests that have been written. */
  let written: () => number
  let now = utcMs(BEGAN)
  const stoppers: (() => unknown)[] = []
  const clock = () => now
  const log = { info() {}, warn() {}, error() {} }
  const endpoint = hlsEndpoint(
    { durationSeconds: 2, includeIframeOnlyStream: true, useAudioRenditionGroup: true },
    { guid: GUID, channelGuid: CHANNEL, startoverWindowSeconds: 3600 },
  )

  before(async () => {
    made = await fixture('webvtt-renditions')
    folder = await mkdtemp(join(tmpdir(), 'windrow-clips-'))
    store = await openSqliteStore(join(folder, 'windrow.db'))
    const { resources } = store
    const input = { id: CHANNEL, username: 'u', password: 'p' }
    const channel = { guid: CHANNEL, id: 'channel', tags: {}, createdAt: now, revision: 1 }
    await resources.createChannel(
      { ...channel, ingestEndpoints: [input, { ...input, id: 'd'.repeat(32) }] },
      { maxChannels: 9 },
    )
    await resources.createOriginEndpoint(endpoint, { maxPerChannel: 9 })
    await start()
    await push(BEGAN)
  })
  after(async () => {
    await stop()
    await store.close()
    await rm(folder, { recursive: true })
  })

  /** Opens the archive, and serves it. */
  async function start(): Promise<void> {
    const { resources, segmentIndex } = store
    const objects = await openFileObjects(join(folder, 'objects'))
    const account = { region: 'eu-west-1', accountId: '111122223333' }
    archive = await openArchive({ segmentIndex, resources, objects, clock, log, retention: RETENTION, account })
    stoppers.push(() => archive.close())
    media = new SourceMedia(archive, { maxBytes: 1 << 24, turns: new Turns() })
    const manifestWorker = new CountingWorker(sampleKeys(), () => utcMs(0))
    written = () => manifestWorker.written
    stoppers.push(() => manifestWorker.close())
    const outgoing = new OutgoingBytes({ mostBytes: 1 << 26, stallSeconds: 60, log })
    const clients = new ClientNetworks()
    const openSpool = () => new FileSpool(folder)
    const movieLimits = { isAllowed: false, longestMs: 60_000, atOnce: 4, atOncePerClient: 4, tableBytes: 1 << 24 }
    const playing = { resources, archive, media, contentKeys: sampleKeys(), manifestWorker, outgoing, clients }
    const served = { ...playing, openSpool, movieLimits, identifiers: NO_IDENTIFIERS, missesPerSecond: 10_000 }
    const origin = createOrigin({ ...served, clock, date: clock, log })
    const server = http.createServer((request, response) => {
      const [path = '', query = ''] = (request.url ?? '').split('?')
      void origin.handle(request, response, { path, query }, new Exchange(request, response, () => 0))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/out/v1/${GUID}`
    stoppers.push(
      () => origin.close(),
      () => server.closeAllConnections(),
      () => server.close(),
    )
  }

  async function stop(): Promise<void> {
    for (const close of stoppers.splice(0).toReversed()) await close()
  }

  /** The encoder sends all of the fixture, with these dates. */
  async function push(date: number): Promise<void> {
    const faults = new FaultLog(log, clock)
    const uploads = new Uploads({ archive, clock, faults, limits: DEFAULT_INGEST_LIMITS, turns: new Turns() })
    const put = async (name: string, body: Buffer) => {
      const headers = { host: 'origin.example', 'content-length': `${body.length}` }
      const request = Object.assign(Readable.from([body]), { headers, complete: true })
      const path = parseIngestPath(`/in/v2/${CHANNEL}/${CHANNEL}/${name}`)
      await uploads.store({ request: request as unknown as IncomingMessage, requestId: '0-0-0-0-0' }, path, () => {})
    }
    await put('channel.m3u8', Buffer.from(made.parent))
    for (let number = 0; number < made.streams[0]!.segments.length; number++) {
      now = utcMs(date + 2000 * (number + 1))
      for (const stream of made.streams) {
        const segment = stream.segments[number]
        if (!segment) continue
        await put(segmentFile(stream, number), segment.bytes)
        await put(playlistFile(stream), Buffer.from(playlistUpTo(stream, number, date)))
      }
      await archive.tick()
    }
  }

  /** Makes or changes a clip of seconds of the fixture. */
  async function clipOf(id: string, from: number, to: number, more: Partial<Clip> = {}, held?: Clip): Promise<Clip> {
    const span = { start: utcMs(BEGAN + from * 1000), end: utcMs(BEGAN + to * 1000) }
    const { shown, ...content } = await clipContent(
      { endpoints: [endpoint], span, now, ...(held && { held }) },
      archive,
    )
    const times = { startTime: '', endTime: '', ...span, createdAt: now, modifiedAt: now }
    const made = { id, channelId: 'channel', channelGuid: CHANNEL, cut: 'SEGMENT', ...times, ...content } as const
    const clip: Clip = { ...made, revision: 1, edition: now, ...more }
    if (held) assert.equal(await store.resources.updateClip(clip, QUOTAS, shown), 'updated')
    else assert.equal(await store.resources.createClip(clip, QUOTAS, shown), 'created')
    return clip
  }

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/${path}`, { headers: { 'accept-encoding': 'identity', ...headers } })
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
  }

  /** Every file of a clip as a harvest would write it, by its path. */
  async function filesOf({ id, start, end, cut, edition }: Clip): Promise<ReadonlyMap<string, Buffer>> {
    const files = new Map<string, Buffer>()
    for (const kind of PRESENTATIONS) {
      const packaged = packagedAs(endpoint, kind, false)
      const window = (await readWindow(archive, endpoint, { start, end }))!
      const options = {
        manifests: 'index',
        segments: `s${edition}`,
        ...(cut === 'FRAME' && { cuts: placedCuts(endpoint, window.summary, cutsOf({ start, end }, window.summary)) }),
      }
      const asset = outputFormatOf(packaged)!.asset(packaged, window.summary, options)!
      const folder = `clips/${id}/${kind.toLowerCase()}`
      const below = kind === 'MSS' ? `${folder}/index.ism` : folder
      const keep = async (name: string, body: Awaited<ReturnType<(typeof asset.headers)[number]['body']>>) => {
        if (!body) return
        const objects = body.kind === 'bytes' ? [] : body.kind === 'object' ? [body.object] : body.objects
        const parts = body.kind === 'bytes' ? body.parts : await Promise.all(objects.map((each) => archive.read(each)))
        files.set(`${below}/${name}`, Buffer.concat(parts))
      }
      for (const header of asset.headers) await keep(header.name, await header.body(media, sampleKeys()))
      for await (const batch of window.batches()) {
        for (const segment of asset.segmentsOf(batch))
          await keep(segment.name, await segment.body(batch, media, sampleKeys()))
      }
      for (const { name, body } of asset.manifests) files.set(`${folder}/${name}`, Buffer.from(body().text))
      files.set(`${folder}/${CLIP_FILES[kind]}`, Buffer.from(asset.parent!().text))
    }
    return files
  }

  async function assertPlays(files: ReadonlyMap<string, Buffer>, when: string): Promise<void> {
    for (const [path, wanted] of files) {
      const { status, body } = await get(path)
      assert.equal(status, 200, `${path} ${when}: ${body.toString().slice(0, 200)}`)
      assert.ok(body.equals(wanted), `${path} ${when}`)
    }
  }

  const retain = async () => {
    await store.resources.expire(now, { harvestJobs: utcMs(0), events: utcMs(0) })
    await archive.retain()
  }
  const pass = (ms: number): UtcMs => (now = utcMs(now + ms))

  it('is as a harvest of its window, in every format, and may be cached as long as each file lasts', async () => {
    const clip = await clipOf('whole', 0, 10, { cut: 'FRAME' })
    const files = await filesOf(clip)
    assert.ok(files.size > 60, `${files.size} files`)
    await assertPlays(files, 'at once')
    const playlist = await get('clips/whole/hls/index.m3u8', { 'accept-encoding': 'gzip' })
    assert.equal(playlist.headers.get('cache-control'), 'max-age=5')
    assert.equal(playlist.headers.get('access-control-allow-origin'), '*')
    const again = { 'accept-encoding': 'gzip', 'if-none-match': playlist.headers.get('etag')! }
    assert.equal((await get('clips/whole/hls/index.m3u8', again)).status, 304)
    const segment = await get(`clips/whole/hls/s${clip.edition}_1_1.ts`, { range: 'bytes=0-187' })
    assert.deepEqual([segment.status, segment.body.length], [206, 188])
    assert.equal(segment.headers.get('cache-control'), 'max-age=1209600')
    await store.resources.deleteClip('whole')
    assert.equal((await get('clips/whole/hls/index.m3u8')).status, 404)
    assert.equal((await get(`clips/whole/hls/s${clip.edition}_1_1.ts`)).headers.get('x-windrow-error'), 'NoSuchClip')
  })

  for (const [from, to, segments] of [
    [3.99, 4.8, [3]],
    [3.99, 6.01, [3]],
    [3.985, 3.99, [2]],
    [3.985, 4.01, [3]],
    [2.5, 4.03, [2, 3]],
  ] as const) {
    it(`is as a harvest where it is cut beside the edges of segments: from ${from} s to ${to} s`, async () => {
      const clip = await clipOf(`edges-${Math.round(from * 1000)}-${Math.round(to * 1000)}`, from, to, { cut: 'FRAME' })
      const files = await filesOf(clip)
      await assertPlays(files, 'at once')
      for (const number of [1, 2, 3, 4, 5]) {
        const name = `clips/${clip.id}/hls/s${clip.edition}_1_${number}.ts`
        const isListed = segments.some((each) => each === number)
        assert.deepEqual([files.has(name), (await get(name)).status], isListed ? [true, 200] : [false, 404], name)
      }
      await store.resources.deleteClip(clip.id)
    })
  }

  it('gives nothing but its own segments, and takes another name for them when it is changed', async () => {
    const clip = await clipOf('changed', 2, 6)
    const files = await filesOf(clip)
    const segment = (edition: number, number: number) => `clips/changed/hls/s${edition}_1_${number}.ts`
    await assertPlays(files, 'before the change')
    assert.equal((await get(segment(clip.edition, 4))).status, 404, 'behind its end')
    assert.equal((await get(segment(clip.edition + 7, 2))).status, 404, 'of no edition')
    const edition = clip.edition + 1
    const changed = await clipOf('changed', 4, 8, { revision: 2, edition, formerEdition: clip.edition }, clip)
    await assertPlays(await filesOf(changed), 'after it')
    const former = await get(segment(clip.edition, 3))
    assert.deepEqual([former.status, former.headers.get('cache-control')], [200, 'max-age=5'])
    assert.equal((await get(segment(clip.edition, 2))).status, 404, 'no longer part of it')
    await store.resources.deleteClip('changed')
  })

  it('has one manifest written for all names below it that do not exist', async () => {
    await clipOf('guessed', 2, 6)
    const before = written()
    for (const [folder, most] of [
      ['hls', 1],
      ['cmaf', 2],
      ['dash', 3],
      ['mss', 4],
    ] as const) {
      for (const name of ['index_7.m3u8', 'index_video_99.m3u8', 'x.mpd', 'a/b', 'index_1.m3u']) {
        const { status, headers } = await get(`clips/guessed/${folder}/${name}`)
        assert.deepEqual([status, headers.get('x-windrow-error')], [404, 'NoSuchObject'], `${folder}/${name}`)
      }
      assert.ok(written() - before <= most, `${written() - before} manifests for ${folder}`)
    }
    await store.resources.deleteClip('guessed')
  })

  it('follows the access rules of its endpoint as they are now, and its encryption', async () => {
    const clip = await clipOf('ruled', 2, 6)
    const parent = 'clips/ruled/hls/index.m3u8'
    const encrypted = hlsEndpoint({ durationSeconds: 2, encryption: sampleEncryption('AES_128') })
    const rules: readonly (readonly [Partial<OriginEndpoint>, string | null])[] = [
      [{ origination: 'DENY' }, 'OriginationDenied'],
      [{ whitelist: ['10.0.0.0/8'] }, 'NotWhitelisted'],
      [{ authorization: { cdnIdentifierSecret: 'arn:aws:…', secretsRoleArn: 'arn:aws:…' } }, 'CdnIdentifierRefused'],
      [encrypted, null],
      [{ startoverWindowSeconds: 3600 }, null],
    ]
    for (const [i, [rule, code]] of rules.entries()) {
      const { origination, whitelist, packaging, authorization } = { ...endpoint, ...rule }
      const ruled = authorization ? { ...endpoint, authorization } : endpoint
      const changed = { ...ruled, origination, whitelist, packaging, revision: i + 2 }
      assert.equal(await store.resources.updateOriginEndpoint(changed, 0), 'updated')
      assert.equal((await get(parent)).headers.get('x-windrow-error'), code)
      if (rule !== encrypted) continue
      const playlist = String((await get('clips/ruled/hls/index_1.m3u8')).body)
      assert.match(playlist, /\n#EXT-X-KEY:METHOD=AES-128,/)
      const [name = ''] = /^s\d+e.*\.ts$/m.exec(playlist) ?? assert.fail(playlist)
      const { status, body } = await get(`clips/ruled/hls/${name}`)
      assert.deepEqual([status, body.length % 16], [200, 0], name)
      for (const [path, refusal] of [
        [`hls/s${clip.edition}_1_2.ts`, 'NoSuchObject'],
        ['cmaf/index.m3u8', 'ClipIsEncrypted'],
        ['mp4/index.mp4', 'Mp4InTheClear'],
      ]) {
        const { headers } = await get(`clips/ruled/${path}`)
        assert.equal(headers.get('x-windrow-error'), refusal)
        assert.ok(Number(/max-age=(\d+)/.exec(headers.get('cache-control')!)![1]) <= 10, path)
      }
    }
    await store.resources.deleteClip('ruled')
  })

  it('is refused where the archive does not hold all of it, with the nearest window that works', async () => {
    const refused = (from: number, to: number, message: RegExp) => assert.rejects(clipOf('no', from, to), { message })
    await refused(5, 5, /^endTime: must be after startTime/)
    await refused(5, 1e6, /^endTime: must be at most 24 hours after startTime; the nearest window/)
    await refused(
      5,
      15,
      /^endTime: must not be in the future; .* 2026-01-04T00:00:00.000Z to 2026-01-04T00:00:10.000Z$/,
    )
    await refused(-5, 5, /^startTime: must not be before what is kept .*T00:00:00.000Z to .*T00:00:10.000Z$/)
    pass(60_000)
    await refused(5, 12, /^endTime: must not be after the newest content; .*T00:00:03.000Z to .*T00:00:10.000Z$/)
  })

  it('lasts a month in which all around it goes, and leaves nothing', async () => {
    const clip = await clipOf('lasting', 3.04, 4.96, { cut: 'FRAME', expiresAt: utcMs(BEGAN + 30 * DAY_MS) })
    const movie = await get('clips/lasting/mp4/index.mp4')
    assert.equal(movie.status, 200, movie.body.toString())
    const files = new Map(await filesOf(clip)).set('clips/lasting/mp4/index.mp4', movie.body)
    // For some days another hour follows; then the encoder falls silent for good.
    for (let day = 1; day < 30; day++) {
      if (day < 4) await push(BEGAN + day * DAY_MS)
      else now = utcMs(BEGAN + day * DAY_MS)
      if (day === 20) {
        await stop()
        await start()
        assert.equal((await get('index.m3u8')).status, 404, 'what it has pinned is not what the channel shows now')
      }
      await retain()
      if (day < 5 || day % 5 === 0) await assertPlays(files, `on day ${day}`)
      if (day === 10) {
        const shorter = { ...clip, startTime: 'later', revision: 2 }
        assert.equal(await store.resources.updateClip(shorter, QUOTAS, []), 'updated')
        const span = { start: utcMs(clip.start + 500), end: clip.end }
        const within = await clipContent({ endpoints: [endpoint], span, now, held: clip }, archive)
        assert.deepEqual(within.pinned, span, 'what it has it can be cut from, long after the startover window')
        const beyond = { start: utcMs(clip.start - 1000), end: clip.end }
        await assert.rejects(clipContent({ endpoints: [endpoint], span: beyond, now, held: clip }, archive))
      }
    }
    const { segmentIndex } = store
    const [used] = await segmentIndex.usage()
    const bytes = used?.bytes ?? 0
    const all = made.streams.reduce(
      (sum, { segments }) => sum + segments.reduce((n, each) => n + each.bytes.length, 0),
      0,
    )
    assert.ok(bytes > 0 && bytes < all, `${bytes} of ${all} bytes are kept`)
    now = utcMs(BEGAN + 30 * DAY_MS - 1)
    await retain()
    await assertPlays(files, 'in its last millisecond')
    pass(1)
    for (const path of files.keys()) assert.equal((await get(path)).status, 404, path)
    await retain()
    await retain()
    assert.deepEqual(await segmentIndex.usage(), [])
    const left = await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true })
    assert.deepEqual(
      left.filter((entry) => entry.isFile()).map(({ name }) => name),
      [],
    )
  })

  it('keeps what it shows, however late it is made in a round of retention, or is refused', async () => {
    const date = now + DAY_MS
    await push(date)
    const [from, to] = [0, 10].map((seconds) => (date - BEGAN) / 1000 + seconds) as [number, number]
    // The stream has ended, and ages: within a minute the first seconds are due.
    now = utcMs(date + 3_667_000)
    const { retentionDemands } = store.resources
    const made: Clip[] = []
    store.resources.retentionDemands = async (...asked) => {
      const demands = await retentionDemands(...asked)
      made.push(await clipOf('raced', from, from + 6))
      return demands
    }
    const files = await filesOf(await clipOf('before', from, from + 4))
    await store.resources.deleteClip('before')
    await retain()
    store.resources.retentionDemands = retentionDemands
    const [raced] = made
    await assertPlays(await filesOf(raced!), 'after the round')
    assert.equal((await filesOf({ ...raced!, id: 'before', end: utcMs(raced!.start + 4000) })).size, files.size)
    pass(DAY_MS)
    await retain()
    await assertPlays(await filesOf(raced!), 'a day later')
    await assert.rejects(clipOf('gone', from, to), { message: /the channel has none yet/ })
    await store.resources.deleteClip('raced')
  })
})
