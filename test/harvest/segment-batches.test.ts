import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Turns } from '../../src/concurrency/turns.ts'
import { createHarvester } from '../../src/harvest/job/harvester.ts'
import type { UtcMs } from '../../src/media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from '../../src/model/harvest-job.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { ArchiveWindow } from '../../src/model/output-segment.ts'
import type { SegmentBody } from '../../src/packaging/output-format.ts'
import { outputFormatOf } from '../../src/packaging/packager.ts'
import { SourceMedia } from '../../src/packaging/segments/source-media.ts'
import type { ObjectBody } from '../../src/stores/object-body.ts'
import { sampleKeys } from '../keys/sample-keys.ts'
import { assetOf } from '../origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'
import { needing } from '../programs.ts'
import { someOf } from '../whole.ts'
import { JobLedger } from './job-ledger.ts'
import { encodedSeconds, keyOf, type Lack, longChannel, until } from './long-channel.ts'
import { at, type HarvestArchive, harvestJob, RecordingBuckets, rehearsal } from './sample-harvest.ts'

const { before, describe, it } = needing('ffmpeg')

const SECONDS = 130
const HOUR = { startoverWindowSeconds: 3600 }
const SETTINGS = { durationSeconds: 1, includeIframeOnlyStream: true } as const

/** Of DASH, the templates with the most and the fewest facts about segments. */
const ENDPOINTS: Readonly<Record<string, OriginEndpoint>> = {
  'HLS with sound apart': hlsEndpoint({ ...SETTINGS, useAudioRenditionGroup: true }, HOUR),
  CMAF: cmafEndpoint(SETTINGS, HOUR),
  'DASH by time': dashEndpoint({ ...SETTINGS, segmentTemplateFormat: 'TIME_WITH_TIMELINE' }, HOUR),
  'DASH by count': dashEndpoint({ ...SETTINGS, segmentTemplateFormat: 'NUMBER_WITH_DURATION' }, HOUR),
  'Smooth Streaming': mssEndpoint({ durationSeconds: 1 }, HOUR),
}

const digest = (parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest('hex')

/** Digests by name. */
type Files = Readonly<Record<string, string>>

/** What is lost when it is harvested: beside gaps and within periods, pictures, sound and text. */
const LOSSES: readonly Lack[] = [
  { stream: 1, n: 10 },
  { stream: 1, n: 11 },
  { stream: 2, n: 57 },
  { stream: 1, n: 100 },
  { stream: 2, n: 100 },
  { stream: 3, n: 105 },
  { stream: 3, n: 24 },
  { stream: 1, n: 119 },
  { stream: 1, n: 129 },
]

const filesOf = (files: ReadonlyMap<string, string>): Files => Object.fromEntries(files)

describe('an asset that is made a page at a time', () => {
  let archive: HarvestArchive
  let all: ArchiveWindow
  /** The same without what `LOSSES` names. */
  let lacking: ArchiveWindow
  before(async () => {
    const seconds = await encodedSeconds(SECONDS)
    archive = longChannel(seconds)
    all = archive.window!
    lacking = longChannel(seconds, LOSSES).window!
  })

  const media = () => new SourceMedia(archive, { maxBytes: 1 << 24, turns: new Turns() })

  async function bytesOf(body: SegmentBody | ObjectBody): Promise<readonly Uint8Array[]> {
    if (body.kind === 'bytes') return body.parts
    assert.ok(body.kind !== 'stream')
    const objects = body.kind === 'objects' ? body.objects : [body.object]
    return Promise.all(objects.map((object) => archive.read(object)))
  }

  /** All of it, of a window that is taken in one piece. */
  async function whole(endpoint: OriginEndpoint, window: ArchiveWindow): Promise<Files> {
    const asset = assetOf(outputFormatOf(endpoint)!, endpoint, window)!
    const source = media()
    const files = new Map<string, string>()
    for (const { name, body } of asset.segments) {
      const bytes = await body(source, sampleKeys())
      assert.ok(bytes, name)
      assert.ok(!files.has(name), `${name} is there twice`)
      files.set(name, digest(await bytesOf(bytes)))
    }
    for (const { name, body } of asset.manifests) files.set(name, digest([Buffer.from(body().text)]))
    files.set('asset', digest([Buffer.from(asset.parent.text)]))
    return filesOf(files)
  }

  type Ways = { readonly grows?: true; readonly dieAfter?: number; readonly clamp?: true }

  /** What a job has written in the end; it dies after so many objects, again and again. */
  async function harvested(endpoint: OriginEndpoint, { grows, dieAfter = Infinity, clamp }: Ways = {}): Promise<Files> {
    const end = all.segments.at(-1)!.sealedAt
    const options = { ...DEFAULT_HARVEST_OPTIONS, ...(clamp && { gapPolicy: 'CLAMP' as const }) }
    const manifestKey = 'a/asset'
    const s3Destination = { ...harvestJob().s3Destination, manifestKey }
    const job = harvestJob({ endpoint, start: at(0), end, createdAt: at(60), s3Destination, options })
    const resources = new JobLedger(job)
    const buckets = new RecordingBuckets()
    const { deps } = rehearsal({ archive, buckets, resources, media: media() })
    const see = (now: UtcMs) => {
      archive.window = grows ? until(all, now) : all
    }
    let puts = 0
    buckets.onPut = () => (++puts % dieAfter === 0 ? new Error('the worker dies') : undefined)
    const sleep = async (ms: number, signal: AbortSignal) => {
      await deps.sleep(ms, signal)
      see(deps.clock())
    }
    see(deps.clock())
    const harvester = createHarvester({ ...deps, sleep, checkpointMs: 0 })
    for (let tries = 0; resources.outcome === undefined && tries < 100; tries++) {
      await harvester.takeUp()
      await harvester.settled()
      await sleep(60_000, new AbortController().signal)
    }
    archive.window = all
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
    const files = new Map<string, string>()
    for (const [key, body] of buckets.objects) files.set(key.slice(2), digest(await bytesOf(body)))
    // What is counted is there.
    const plan = resources.run().cursor?.plan
    const written = resources.objects().map(({ key }) => key.slice(2))
    assert.deepEqual(written.toSorted(), [...files.keys()].toSorted())
    if (!grows) assert.equal((plan?.segments ?? 0) + (plan?.manifests ?? 0), files.size)
    return filesOf(files)
  }

  for (const [name, endpoint] of someOf(Object.entries(ENDPOINTS), 2)) {
    it(`of ${name}, is the one that is made at once`, async () => {
      const wanted = await whole(endpoint, all)
      assert.ok(Object.keys(wanted).length > (name === 'DASH by count' ? 30 : 300), `${Object.keys(wanted).length}`)
      assert.deepEqual(await harvested(endpoint), wanted)
      assert.deepEqual(await harvested(endpoint, { dieAfter: 97 }), wanted)
    })

    it(`of ${name}, has the same files when it follows the live edge`, async () => {
      const wanted = await whole(endpoint, all)
      for (const dieAfter of [Infinity, 97]) {
        const files = await harvested(endpoint, { grows: true, dieAfter })
        // Where another era does not show what the asset shows, more has been written than it has.
        const own = Object.fromEntries(Object.entries(files).filter(([file]) => wanted[file]))
        assert.deepEqual(own, wanted)
        if (!/count|Smooth/.test(name)) assert.deepEqual(files, wanted)
      }
    })

    it(`of ${name}, is as if what is lost had never been there`, async () => {
      const wanted = await whole(endpoint, lacking)
      for (const loss of LOSSES) archive.lost.add(keyOf(loss))
      try {
        assert.deepEqual(await harvested(endpoint, { dieAfter: name === 'CMAF' ? Infinity : 97 }), wanted)
      } finally {
        archive.lost.clear()
      }
    })

    it(`of ${name}, ends where it is clamped`, async () => {
      const kept = all.segments.filter(({ number }) => number <= 20)
      const eras = all.eras.slice(0, 1)
      const clamped = await whole(endpoint, { ...all, eras, segments: kept })
      assert.deepEqual(await harvested(endpoint, { clamp: true }), clamped)
      assert.deepEqual(await harvested(endpoint, { clamp: true, grows: true, dieAfter: 7 }), clamped)
    })
  }
})
