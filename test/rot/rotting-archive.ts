/** An archive on a disk that rots: objects are damaged, harvested from, and put back. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Archive, openArchive } from '../../src/archive/archive.ts'
import { Turns } from '../../src/concurrency/turns.ts'
import { createHarvester } from '../../src/harvest/job/harvester.ts'
import { FaultLog } from '../../src/http/fault-log.ts'
import { DEFAULT_INGEST_LIMITS } from '../../src/ingest/ingest-limits.ts'
import { parseIngestPath } from '../../src/ingest/ingest-path.ts'
import { Uploads } from '../../src/ingest/uploads.ts'
import { utcMs } from '../../src/media/time.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestOptions } from '../../src/model/harvest-job.ts'
import { LostMedia } from '../../src/model/lost-media.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { SlotObject } from '../../src/model/output-segment.ts'
import { SourceMedia } from '../../src/packaging/segments/source-media.ts'
import { openFileObjects } from '../../src/stores/file-objects.ts'
import { folderBuckets } from '../../src/stores/folder-buckets/buckets.ts'
import { openSqliteStore, type SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { JobLedger } from '../harvest/job-ledger.ts'
import { encodedSeconds } from '../harvest/long-channel.ts'
import { harvestJob, rehearsal } from '../harvest/sample-harvest.ts'
import type { Random } from '../judges/random.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'

/** What the second input sends: nothing, the same bytes, or other bytes with the same media. */
export type SecondInput = 'none' | 'same' | 'other'

const SECONDS = 12
const STREAMS = [1, 2]
const BEGAN = Date.UTC(2026, 0, 4)
const GUID = 'c'.repeat(32)
const SECOND = 'd'.repeat(32)
const HOUR = { startoverWindowSeconds: 3600, channelGuid: GUID, channelId: GUID }
const SETTINGS = { durationSeconds: 1, includeIframeOnlyStream: true } as const
const NULL_PACKET = Buffer.concat([Buffer.of(0x47, 0x1f, 0xff, 0x10), Buffer.alloc(184, 0xff)])

const ENDPOINTS: Readonly<Record<string, OriginEndpoint>> = {
  HLS: hlsEndpoint(SETTINGS, HOUR),
  'HLS with sound apart': hlsEndpoint({ ...SETTINGS, useAudioRenditionGroup: true }, HOUR),
  'HLS, three slots in a segment': hlsEndpoint({ ...SETTINGS, durationSeconds: 3 }, HOUR),
  CMAF: cmafEndpoint(SETTINGS, HOUR),
  'DASH by number': dashEndpoint(SETTINGS, HOUR),
  'DASH by time': dashEndpoint({ ...SETTINGS, segmentTemplateFormat: 'TIME_WITH_TIMELINE' }, HOUR),
  'Smooth Streaming': mssEndpoint({ durationSeconds: 1 }, HOUR),
}
const POLICIES = ['DISCONTINUITY', 'CLAMP', 'FAIL'] as const
const DAMAGES = ['flip', 'zero', 'cut', 'swap', 'missing'] as const

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

type Place = { readonly n: number; readonly object: SlotObject }
type Files = ReadonlyMap<string, Buffer>
type Reported = { readonly key: string; readonly size: number; readonly sha256: string }
type Report = {
  readonly lost: readonly { readonly sourceObject: string; readonly replacedBy?: string }[]
  readonly gaps: readonly unknown[]
  readonly objects: readonly Reported[]
}

export class RottingArchive {
  private readonly folder: string
  private readonly second: SecondInput
  private readonly store: SqliteStore
  private readonly archive: Archive
  private now = utcMs(BEGAN)
  private jobs = 0
  /** What the first input sent. */
  private places: readonly Place[] = []
  /** Assets of the sound archive, by endpoint. */
  private readonly sound = new Map<string, Files>()
  /** What both inputs sent. */
  private readonly sources: Buffer[] = []

  private constructor(folder: string, second: SecondInput, store: SqliteStore, archive: Archive) {
    this.folder = folder
    this.second = second
    this.store = store
    this.archive = archive
  }

  static async open(second: SecondInput): Promise<RottingArchive> {
    const folder = await mkdtemp(join(tmpdir(), 'rot-'))
    const store = await openSqliteStore(join(folder, 'windrow.db'))
    const quiet = { info() {}, warn() {}, error() {} }
    let rotting: RottingArchive | undefined
    const clock = () => rotting?.now ?? utcMs(BEGAN)
    const archive = await openArchive({
      segmentIndex: store.segmentIndex,
      resources: store.resources,
      // Without a cache: what is on the disk is what is read.
      objects: await openFileObjects(join(folder, 'objects')),
      clock,
      log: quiet,
      retention: { liveMs: 1e12, marginMs: 0, graceMs: 0 },
      account: { region: 'eu-west-1', accountId: '111122223333' },
    })
    rotting = new RottingArchive(folder, second, store, archive)
    const turns = new Turns()
    await rotting.fill(
      new Uploads({ archive, clock, faults: new FaultLog(quiet, clock), limits: DEFAULT_INGEST_LIMITS, turns }),
    )
    return rotting
  }

  async close(): Promise<void> {
    await this.archive.close()
    await this.store.close()
    await rm(this.folder, { recursive: true })
  }

  /** Damages an object or two, harvests from what is left, judges what comes of it, and puts the bytes back. */
  async trial(random: Random): Promise<string> {
    const [name, endpoint] = random.pick(Object.entries(ENDPOINTS))
    const gapPolicy = random.pick(POLICIES)
    const links = random.pick([true, false])
    const damage = random.pick(DAMAGES)
    const sound = await this.soundAsset(name, endpoint)
    const damaged = await this.damage(random, damage)
    const about = `${damage} of ${damaged.map(({ n }) => n).join(' and ')}, ${name}, ${gapPolicy}, links ${links}`
    try {
      for (const { object } of damaged) await assert.rejects(this.archive.read(object), LostMedia, about)
      const { outcome, files } = await this.harvest(endpoint, { gapPolicy }, links)
      this.judge({ name, sound, damaged, gapPolicy, outcome, files }, about)
      return outcome.state
    } finally {
      for (const { object } of damaged) await this.putBack(object)
    }
  }

  private judge({ name, sound, damaged, gapPolicy, outcome, files }: Trial, about: string): void {
    const isHealed = this.second !== 'none'
    if (outcome.state !== 'SUCCEEDED') {
      const { code } = outcome.failure
      assert.equal(code, 'Damaged', about)
      assert.ok(!isHealed && gapPolicy !== 'DISCONTINUITY', about)
      assert.ok(!files.has('index.m3u8'), about)
      return
    }
    assert.ok(isHealed || gapPolicy !== 'FAIL', about)
    const report = JSON.parse(files.get('harvest.json')!.toString()) as Report
    for (const { key, size, sha256 } of report.objects) {
      const bytes = files.get(key.slice('asset/'.length))
      assert.ok(bytes, `${about}: no ${key}`)
      assert.deepEqual([bytes.length, digest(bytes)], [size, sha256], `${about}: ${key}`)
    }
    const media = [...files].filter(([file]) => isMedia(file))
    const all = new Set([...sound.values()].map(digest))
    // Fragments of Smooth Streaming announce those after them.
    if (name !== 'Smooth Streaming') {
      for (const [file, bytes] of media) {
        const whole = sound.get(file)
        // Sound and trick play may be of the other rendition, under its name: both have the same media.
        const isSound = whole ? whole.equals(bytes) : all.has(digest(bytes))
        // What the second input sent, or what is left of three slots.
        const isVerbatim = file.endsWith('.ts') && isRunOf(this.sources, bytes)
        assert.ok(isSound || isVerbatim, `${about}: ${file}`)
      }
    }
    if (isHealed) {
      assert.deepEqual([report.gaps, media.length], [[], [...sound.keys()].filter(isMedia).length], about)
      assert.ok(
        report.lost.every(({ replacedBy }) => replacedBy !== undefined),
        about,
      )
    }
    if (gapPolicy === 'CLAMP' && !isHealed) assert.deepEqual([report.lost, report.gaps.length], [[], 1], about)
    else {
      const lost = new Set(report.lost.map(({ sourceObject }) => sourceObject))
      assert.deepEqual([...lost].sort(), damaged.map(({ object }) => object.key).sort(), about)
    }
    if (gapPolicy === 'DISCONTINUITY' && !isHealed) assert.ok(report.gaps.length > 0, about)
  }

  private async soundAsset(name: string, endpoint: OriginEndpoint): Promise<Files> {
    const known = this.sound.get(name)
    if (known) return known
    const { outcome, files } = await this.harvest(endpoint, {}, true)
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    this.sound.set(name, files)
    return files
  }

  private async harvest(endpoint: OriginEndpoint, options: Partial<HarvestOptions>, links: boolean) {
    const { archive, now } = this
    const extent = (await archive.extent(endpoint)) ?? assert.fail('there is nothing')
    const bucketName = `bucket-${++this.jobs}`
    const s3Destination = { ...harvestJob().s3Destination, bucketName, manifestKey: 'asset/index.m3u8' }
    const chosen = { ...DEFAULT_HARVEST_OPTIONS, report: true, ...options }
    const resources = new JobLedger(harvestJob({ endpoint, ...extent, createdAt: now, s3Destination, options: chosen }))
    const folder = join(this.folder, 'buckets')
    const buckets = folderBuckets({ folder, links, createBuckets: true })
    const media = new SourceMedia(archive, { maxBytes: 0, turns: new Turns() })
    const clock = () => now
    const sleep = () => Promise.reject(new Error('the harvest waits'))
    const { deps } = rehearsal({ archive, media, buckets, resources, clock, sleep, mostAttempts: 1 })
    const harvester = createHarvester(deps)
    await harvester.takeUp()
    await harvester.settled()
    const asset = join(folder, bucketName, 'asset')
    const files = new Map<string, Buffer>()
    for (const entry of await readdir(asset, { recursive: true, withFileTypes: true }).catch(() => [])) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      files.set(path.slice(asset.length + 1), await readFile(path))
    }
    await rm(join(folder, bucketName), { recursive: true, force: true })
    return { outcome: resources.outcome ?? assert.fail('it has not ended'), files }
  }

  private async damage(random: Random, kind: (typeof DAMAGES)[number]): Promise<readonly Place[]> {
    const one = random.pick(this.places)
    const path = this.pathOf(one.object)
    const bytes = await this.setAside(one.object)
    const { length } = bytes
    if (kind === 'swap') {
      const two = random.pick(this.places.filter(({ object }) => object.sha256 !== one.object.sha256))
      const others = await this.setAside(two.object)
      await writeFile(path, others)
      await writeFile(this.pathOf(two.object), bytes)
      return [one, two]
    }
    if (kind === 'missing') return [one]
    await writeFile(path, kind === 'zero' ? Buffer.alloc(length) : bytes)
    if (kind === 'cut') await truncate(path, random.integer(0, length - 1))
    if (kind === 'flip') {
      const at = random.integer(0, length - 1)
      await writeFile(path, bytes.with(at, bytes[at]! ^ (1 << random.integer(0, 7))))
    }
    return [one]
  }

  /** Moves an object's file away, since assets may be linked to it, and returns its bytes. */
  private async setAside(object: SlotObject): Promise<Buffer> {
    const path = this.pathOf(object)
    await rename(path, `${path}.whole`)
    return readFile(`${path}.whole`)
  }

  private async putBack(object: SlotObject): Promise<void> {
    const path = this.pathOf(object)
    await rename(`${path}.whole`, path)
  }

  private pathOf({ key }: SlotObject): string {
    return join(this.folder, 'objects', key)
  }

  private async fill(uploads: Uploads): Promise<void> {
    const { resources } = this.store
    const input = (id: string) => ({ id, username: 'u', password: 'p' })
    const ingestEndpoints = [input(GUID), input(SECOND)] as const
    const channel = { guid: GUID, id: GUID, tags: {}, createdAt: this.now, revision: 1, ingestEndpoints }
    await resources.createChannel(channel, { maxChannels: 1 })
    const put = async (id: string, name: string, body: Buffer) => {
      const headers = { host: 'origin.example', 'content-length': `${body.length}` }
      const request = Object.assign(Readable.from([body]), { headers, complete: true }) as unknown as IncomingMessage
      await uploads.store(
        { request, requestId: '0-0-0-0-0' },
        parseIngestPath(`/in/v2/${GUID}/${id}/${name}`),
        () => {},
      )
    }
    const inputs = this.second === 'none' ? [GUID] : [GUID, SECOND]
    const variants = STREAMS.map((n) => `#EXT-X-STREAM-INF:BANDWIDTH=${n}00000\nv${n}.m3u8\n`)
    for (const id of inputs) await put(id, 'channel.m3u8', Buffer.from(`#EXTM3U\n${variants.join('')}`))
    const media = await encodedSeconds(SECONDS)
    for (const [n, { bytes }] of media.entries()) {
      this.now = utcMs(BEGAN + 1000 * (n + 1))
      for (const id of inputs) {
        for (const stream of STREAMS) {
          const more = stream - 1 + (id === SECOND && this.second === 'other' ? 2 : 0)
          const body = Buffer.concat([bytes, ...Array<Buffer>(more).fill(NULL_PACKET)])
          this.sources.push(body)
          await put(id, `s${stream}-${n}.ts`, body)
          const date = `#EXT-X-PROGRAM-DATE-TIME:${new Date(BEGAN + 1000 * n).toISOString()}\n`
          const head = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${n}\n`
          const end = n === SECONDS - 1 ? '#EXT-X-ENDLIST\n' : ''
          await put(id, `v${stream}.m3u8`, Buffer.from(`${head}${date}#EXTINF:1,\ns${stream}-${n}.ts\n${end}`))
        }
      }
      await this.archive.tick()
    }
    for (const endpoint of Object.values(ENDPOINTS)) await this.archive.live(endpoint, 60)
    const ref = { channelGuid: GUID, ingestEndpointId: GUID }
    const slots = await this.store.segmentIndex.slots(ref, undefined, SECONDS)
    this.places = slots.flatMap(({ index, objects }) => Object.values(objects).map((object) => ({ n: index, object })))
    assert.equal(this.places.length, SECONDS * STREAMS.length)
    for (const { object } of this.places) await chmod(this.pathOf(object), 0o644)
  }
}

type Trial = {
  readonly name: string
  readonly sound: Files
  readonly damaged: readonly Place[]
  readonly gapPolicy: HarvestOptions['gapPolicy']
  readonly outcome: NonNullable<JobLedger['outcome']>
  readonly files: Files
}

/** True when bytes are some of the pieces in a row. */
function isRunOf(pieces: readonly Buffer[], bytes: Buffer): boolean {
  if (bytes.length === 0) return true
  // The longest first: of two that differ in what is behind, the one with more of it.
  const fitting = pieces.filter((piece) => bytes.subarray(0, piece.length).equals(piece))
  const [longest] = fitting.toSorted((a, b) => b.length - a.length)
  return longest !== undefined && isRunOf(pieces, bytes.subarray(longest.length))
}

const isMedia = (file: string) => !/\.(m3u8|json)$/.test(file)
