import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { JobLedger } from '../../../test/harvest/job-ledger.ts'
import {
  archiveOf,
  at,
  HarvestArchive,
  harvestJob,
  mediaOf,
  NO_DECODER,
  NO_ENCODER,
  RecordingBuckets,
  rehearsal,
} from '../../../test/harvest/sample-harvest.ts'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import { LADDER, outputSegments, type SegmentSketch, subtitles, windowOf } from '../../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { type UtcMs, utcMs } from '../../media/time.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestJob, type HarvestOptions } from '../../model/harvest-job.ts'
import type { HarvestObject } from '../../model/harvest-run.ts'
import type { ContentKeys } from '../../packaging/content-keys.ts'
import { assetFormatOf } from '../../packaging/deliverables/asset-format.ts'
import { hls } from '../../packaging/hls-ts/format.ts'
import type { Asset, AssetFormat, OutputFormat, SegmentBatch } from '../../packaging/output-format.ts'
import type { SourceMedia } from '../../packaging/segments/source-media.ts'
import { BucketRefused } from '../../stores/buckets.ts'
import { FileSpool } from '../../stores/file-spool.ts'
import { createHarvester } from './harvester.ts'
import { removeLeftovers } from './leftovers.ts'
import { forecast } from './preflight.ts'

const never = new AbortController().signal
const options = (changes: Partial<HarvestOptions>): HarvestOptions => ({ ...DEFAULT_HARVEST_OPTIONS, ...changes })

/** Runs one job to its end; `grow` is called with the time on every sleep. */
async function harvest(
  job: HarvestJob,
  archive: HarvestArchive,
  grow: (now: UtcMs) => void = () => {},
  formatOf: (job: HarvestJob) => AssetFormat | undefined = assetFormatOf,
) {
  const resources = new JobLedger(job)
  const buckets = new RecordingBuckets()
  const timeline: [seconds: number, calls: number][] = []
  const { deps } = rehearsal({ archive, buckets, resources })
  const sleep = async (ms: number, signal: AbortSignal) => {
    timeline.push([(deps.clock() - at(0)) / 1000, buckets.calls.length])
    await deps.sleep(ms, signal)
    grow(deps.clock())
  }
  const harvester = createHarvester({ ...deps, sleep, formatOf })
  await harvester.takeUp()
  await harvester.settled()
  const ended = (deps.clock() - at(0)) / 1000
  return { outcome: resources.outcome, buckets, resources, timeline, ended }
}

const failure = ({ outcome }: Awaited<ReturnType<typeof harvest>>) => {
  assert.equal(outcome?.state, 'FAILED')
  return outcome.failure
}

const media = (buckets: RecordingBuckets) =>
  [...buckets.objects.keys()].filter((key) => key.endsWith('.ts')).map((key) => key.replace(/.*index_|\.ts/g, ''))

/** Ten segments of six seconds; those with a number in `without` are missing. */
function holed(without: readonly number[], sketch: (number: number) => SegmentSketch = () => ({})): HarvestArchive {
  const all = outputSegments(
    1,
    Array.from({ length: 10 }, (_, n) => sketch(n + 1)),
  )
  return new HarvestArchive(windowOf(all.filter(({ number }) => !without.includes(number))))
}

describe('a job that follows the live edge', () => {
  const grow = (archive: HarvestArchive) => (now: UtcMs) => {
    const count = Math.floor((now - at(0)) / 6000)
    archive.window = windowOf(outputSegments(1, Array(count).fill({})))
  }

  it('writes what is there while it waits, and is complete as soon as the end is there', async () => {
    const archive = archiveOf(10)
    const job = harvestJob({ start: at(30), end: at(600), createdAt: at(60) })
    const { outcome, buckets, timeline, ended, resources } = await harvest(job, archive, grow(archive))
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    assert.equal(media(buckets).length, 2 * 95)
    assert.ok(ended >= 600 && ended <= 600.5, `${ended} s`)
    const halfway = timeline.find(([seconds]) => seconds >= 300)
    assert.ok(halfway && halfway[1] >= 2 * 44, `${halfway?.[1]} objects after 300 s`)
    assert.deepEqual(resources.run().cursor?.plan?.content, { start: at(30), end: at(600) })
    assert.deepEqual(resources.run().cursor?.tracks, [
      { name: 'index_1', segments: 95, written: 95 },
      { name: 'index_2', segments: 95, written: 95 },
    ])
  })

  it('leaves what the next segments may change until they are there', async () => {
    const archive = archiveOf(10)
    const written: [number: number, newest: number][] = []
    // As if every segment told of the two after it.
    const lookingAhead: OutputFormat = {
      ...hls,
      asset(endpoint, window) {
        const asset = hls.asset(endpoint, window)
        const segmentsOf: Asset['segmentsOf'] = ({ segments, after }) =>
          segments.flatMap((segment, i) => {
            const isOpen = segments.length - i + after.length <= 2
            const files = asset?.segmentsOf({ before: [], segments: [segment], after: [] }) ?? []
            return files.map((file) => ({
              ...file,
              isOpen,
              body({ segments: whole }: SegmentBatch, media: SourceMedia, keys: ContentKeys) {
                written.push([segment.number, archive.window?.segments.at(-1)?.number ?? 0])
                return file.body({ before: [], segments: [whole[i]!], after: [] }, media, keys)
              },
            }))
          })
        return asset && { ...asset, segmentsOf }
      },
    }
    const job = harvestJob({ start: at(30), end: at(600), createdAt: at(60) })
    const { outcome, buckets } = await harvest(job, archive, grow(archive), () => lookingAhead)
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    assert.equal(media(buckets).length, 2 * 95)
    assert.equal(written.length, 2 * 95)
    for (const [number, newest] of written) assert.ok(number <= newest - 2 || number > 98, `${number} at ${newest}`)
  })

  it('fails as soon as there is a gap, where it should', async () => {
    const archive = archiveOf(10)
    const job = harvestJob({ start: at(30), end: at(600), options: options({ gapPolicy: 'FAIL' }) })
    const { outcome, ended } = await harvest(job, archive, (now) => {
      grow(archive)(now)
      archive.window = windowOf((archive.window?.segments ?? []).filter(({ number }) => number !== 20))
    })
    assert.equal(outcome?.state === 'FAILED' && outcome.failure.code, 'GapInWindow')
    assert.ok(ended < 130, `${ended} s`)
  })

  it('does not give an encoder up that pauses before the end', async () => {
    const archive = archiveOf(10)
    const job = harvestJob({ start: at(30), end: at(300) })
    const { outcome, buckets } = await harvest(job, archive, (now) => {
      // Nothing from 60 s to 200 s, then all at once.
      if (now >= at(200)) grow(archive)(now)
    })
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    assert.equal(media(buckets).length, 2 * 45)
  })

  it('gives up after the end when nothing comes', async () => {
    const { resources, ended } = await harvest(harvestJob({ start: at(30), end: at(300) }), archiveOf(10))
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
    assert.equal(resources.run().cursor?.plan?.content.end, at(60))
    assert.equal(ended, 318)
  })

  it('takes a beginning that the encoder missed for a gap, when it was asked for before', async () => {
    const archive = archiveOf(0)
    archive.window = undefined
    const job = harvestJob({ start: at(62), end: at(100), createdAt: at(60) })
    const late = (now: UtcMs) => {
      const count = Math.floor((now - at(70)) / 6000)
      const segments = outputSegments(1, Array(Math.max(0, count)).fill({}))
      archive.window =
        count > 0 ? windowOf(segments.map((each) => ({ ...each, startUtc: utcMs(each.startUtc + 70_000) }))) : undefined
    }
    const { resources } = await harvest(job, archive, late)
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
    assert.deepEqual(resources.run().cursor?.plan?.gaps, [{ start: at(62), end: at(70) }])
  })
})

describe('media that is missing inside the window', () => {
  const job = (changes: Partial<HarvestOptions> = {}, end = 60) =>
    harvestJob({ start: at(6), end: at(end), options: options(changes) })

  it('is left out and told, by default', async () => {
    const { resources, buckets } = await harvest(job(), holed([4, 5, 8]))
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
    assert.partialDeepStrictEqual(resources.run().cursor?.plan, {
      gaps: [
        { start: at(18), end: at(30) },
        { start: at(42), end: at(48) },
      ],
      gapCount: 2,
    })
    assert.equal(media(buckets).length, 2 * 6)
  })

  it('ends the asset where it should', async () => {
    const { resources, buckets } = await harvest(job({ gapPolicy: 'CLAMP' }), holed([4, 5, 8]))
    assert.deepEqual(media(buckets).toSorted(), ['1_2', '1_3', '2_2', '2_3'])
    assert.deepEqual(resources.run().cursor?.plan?.content, { start: at(6), end: at(18) })
  })

  it('fails the job where it should, with the longest part that has none', async () => {
    const failed = await harvest(job({ gapPolicy: 'FAIL' }), holed([4, 5, 8]))
    assert.deepEqual(failure(failed), {
      code: 'GapInWindow',
      message: `Media is missing from ${iso(18)} to ${iso(30)}, and in 1 more gap.`,
      nearest: { start: at(6), end: at(18) },
    })
    assert.deepEqual(failed.buckets.calls, [])
  })

  it('is also what only one stream lacks', async () => {
    const archive = holed([], (number) => (number === 4 || number === 5 ? { missing: [2] } : {}))
    const { resources } = await harvest(job(), archive)
    assert.deepEqual(resources.run().cursor?.plan?.gaps, [{ start: at(18), end: at(30), track: 'index_2' }])
    const failed = failure(await harvest(job({ gapPolicy: 'FAIL' }), archive))
    assert.match(failed.message, /^Media of index_2 is missing from /)
    const clamped = await harvest(job({ gapPolicy: 'CLAMP' }), archive)
    assert.deepEqual(media(clamped.buckets).toSorted(), ['1_2', '1_3', '2_2', '2_3'])
  })

  it('is no text that nobody said anything in', async () => {
    const era = { ...LADDER, streams: [...LADDER.streams, subtitles(3)] }
    const archive = holed([], (number) => ({ era, ...(number % 3 !== 1 && { missing: [3] }) }))
    archive.window = { ...archive.window!, eras: [era] }
    const { resources, buckets } = await harvest(job({ gapPolicy: 'FAIL' }), archive)
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
    assert.deepEqual(resources.run().cursor?.plan?.gaps, [])
    assert.equal([...buckets.objects.keys()].filter((key) => key.endsWith('.vtt')).length, 9)
  })

  it('does not count in streams that the endpoint does not show', async () => {
    const archive = holed([], (number) => (number === 4 ? { missing: [2] } : {}))
    const streamSelection = { minVideoBitsPerSecond: 2_000_000, maxVideoBitsPerSecond: 9e6, streamOrder: 'ORIGINAL' }
    const endpoint = hlsEndpoint({ streamSelection } as never, { startoverWindowSeconds: 3600 })
    const { resources } = await harvest({ ...job({ gapPolicy: 'FAIL' }), endpoint }, archive)
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
  })

  it('at the end, because the encoder stopped, is a matter of its own', async () => {
    const early = (changes: Partial<HarvestOptions>) => harvest(job(changes, 90), archiveOf(10))
    assert.deepEqual((await early({ gapPolicy: 'CLAMP' })).outcome, { state: 'SUCCEEDED' })
    assert.deepEqual((await early({})).outcome, { state: 'SUCCEEDED' })
    assert.deepEqual((await early({ gapPolicy: 'FAIL' })).outcome, { state: 'SUCCEEDED' })
    assert.deepEqual(failure(await early({ earlyEndPolicy: 'FAIL' })), {
      code: 'EndedEarly',
      message: `The encoder stopped at ${iso(60)}, before the end of the window at ${iso(90)}.`,
      nearest: { start: at(6), end: at(60) },
    })
  })
})

describe('the report beside an asset', () => {
  it('tells what was asked, what came out, and every object', async () => {
    const job = harvestJob({ options: options({ report: true }) })
    const { buckets, resources } = await harvest(job, archiveOf(10))
    const body = buckets.objects.get('cup/final/harvest.json')
    assert.equal(body?.kind, 'bytes')
    const report = JSON.parse(Buffer.concat(body.parts).toString())
    const { objects, sources, ...head } = report
    assert.deepEqual(head, {
      harvestJob: 'highlights',
      channelId: 'channel',
      originEndpointId: 'sample',
      startTime: job.startTime,
      endTime: job.endTime,
      manifestKey: 'cup/final/asset.m3u8',
      options: job.options,
      firstProgramDateTime: iso(6),
      lastProgramDateTime: iso(18),
      gaps: [],
      gapCount: 0,
      lost: [],
    })
    const others = resources.objects().filter(({ key }) => !/harvest\.json|asset\.m3u8/.test(key))
    assert.deepEqual(objects, others)
    assert.equal(others.length, 6)
    const bytesOf = Object.fromEntries(objects.map(({ key, sha256 }: HarvestObject) => [key, sha256]))
    const segments = sources.map(({ key, segments: [{ sha256 }] }: (typeof sources)[0]) => [key, sha256])
    assert.equal(segments.length, 4)
    for (const [key, sha256] of segments) assert.equal(sha256, bytesOf[key], 'as the encoder sent it')
    const last = buckets.calls.filter((call) => call !== 'flush').slice(-2)
    assert.deepEqual(last, ['cup/final/harvest.json', 'cup/final/asset.m3u8'])
  })
})

describe('a forecast', () => {
  const deps = (archive: HarvestArchive, buckets = new RecordingBuckets(), resources = new JobLedger()) => ({
    archive,
    media: mediaOf(archive),
    buckets,
    resources,
    contentKeys: sampleKeys(),
    formatOf: assetFormatOf,
    openSpool: () => new FileSpool(tmpdir()),
    decoder: NO_DECODER,
    encoder: NO_ENCODER,
    clock: () => at(60),
  })

  it('tells what the asset will be, and writes nothing', async () => {
    const parts = deps(holed([4]))
    const answer = await forecast(harvestJob({ start: at(6), end: at(60) }), parts, never)
    assert.partialDeepStrictEqual(answer, {
      failures: [],
      isWaiting: false,
      overwrites: false,
      plan: { segments: 16, manifests: 3, content: { start: at(6), end: at(60) }, gapCount: 1 },
      tracks: [
        { name: 'index_1', segments: 8 },
        { name: 'index_2', segments: 8 },
      ],
    })
    assert.deepEqual([parts.buckets.calls, parts.resources.owners.size], [[], 0])
  })

  it('tells of everything that is wrong', async () => {
    const buckets = new RecordingBuckets()
    buckets.opens = [new BucketRefused('NoSuchBucket', 'There is no bucket clips.')]
    const { failures } = await forecast(harvestJob({ start: at(-6) }), deps(archiveOf(10), buckets), never)
    assert.deepEqual(
      failures.map(({ code, nearest }) => [code, nearest]),
      [
        ['NoSuchBucket', undefined],
        ['BeforeContent', { start: at(0), end: at(24) }],
      ],
    )
    const resources = new JobLedger()
    resources.owners.set('clips/cup/final/index_1.m3u8', { jobId: 'theirs', endpointGuid: 'another' })
    const taken = await forecast(harvestJob(), deps(archiveOf(10), new RecordingBuckets(), resources), never)
    assert.equal(taken.failures[0]?.code, 'NameTaken')
  })

  it('does not wait for what is still to come, and does not call it a gap', async () => {
    const job = harvestJob({
      start: at(30),
      end: at(600),
      options: options({ earlyEndPolicy: 'FAIL', gapPolicy: 'FAIL' }),
    })
    const answer = await forecast(job, deps(archiveOf(10)), never)
    assert.partialDeepStrictEqual(answer, { failures: [], isWaiting: true, plan: { segments: 10, gapCount: 0 } })
    const empty = archiveOf(0)
    empty.window = undefined
    assert.deepEqual(await forecast(job, deps(empty), never), { failures: [], isWaiting: true, overwrites: false })
  })
})

describe('what a failed job left', () => {
  it('is removed, and forgotten, step by step', async () => {
    const buckets = new RecordingBuckets()
    const names = Array.from({ length: 1200 }, (_, n) => `cup/final/${n}.ts`)
    for (const key of [...names, 'cup/final/other']) {
      buckets.objects.set(key, { kind: 'bytes', parts: [], contentType: '', size: 0 })
    }
    let left = names
    const resources = {
      abandonedBucketKeys: async (_: string, limit: number) => left.slice(0, limit),
      forgetBucketKeys: async (_: string, keys: readonly string[]) => {
        left = left.filter((key) => !keys.includes(key))
      },
    }
    assert.equal(await removeLeftovers(harvestJob(), { buckets, resources }, 700, never), 700)
    assert.equal(buckets.objects.size, 501)
    assert.equal(await removeLeftovers(harvestJob(), { buckets, resources }, 700, never), 500)
    assert.deepEqual([...buckets.objects.keys()], ['cup/final/other'])
    buckets.opens = [new BucketRefused('AccessDenied', 'The bucket denies access.')]
    await assert.rejects(removeLeftovers(harvestJob(), { buckets, resources }, 700, never), {
      code: 'AccessDenied',
      message: 'The bucket denies access.',
    })
  })
})

function iso(seconds: number): string {
  return new Date(at(seconds)).toISOString()
}
