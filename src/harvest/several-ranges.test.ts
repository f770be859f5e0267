import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JobLedger } from '../../test/harvest/job-ledger.ts'
import { archiveOf, at, harvestJob, RecordingBuckets, rehearsal } from '../../test/harvest/sample-harvest.ts'
import { sampleBytes } from '../../test/origin/sample-channel.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestOptions } from '../model/harvest-job.ts'
import { createHarvester } from './job/harvester.ts'

/** Segments of six seconds: 7 and 8, 2 to 4, and 7 and 8 again. */
const SPANS = [
  [36, 48],
  [6, 24],
  [36, 48],
] as const
const SUCCEEDED = { state: 'SUCCEEDED' } as const

/** Harvests three ranges of a channel of two renditions, of which the archive has lost some objects. */
function several(
  options: Partial<HarvestOptions> = {},
  lost: readonly string[] = [],
  spans = SPANS as readonly (readonly [number, number])[],
) {
  const archive = archiveOf(10)
  for (const key of lost) archive.lost.add(key)
  const plain = harvestJob()
  const ranges = spans.map(([start, end]) => ({
    originEndpointId: plain.originEndpointId,
    channelGuid: plain.endpoint.channelGuid,
    startTime: new Date(at(start)).toISOString(),
    endTime: new Date(at(end)).toISOString(),
    start: at(start),
    end: at(end),
  }))
  const { start, end, startTime, endTime } = ranges[0]!
  const chosen = { ...DEFAULT_HARVEST_OPTIONS, report: true, ...options }
  const resources = new JobLedger({ ...plain, start, end, startTime, endTime, ranges, options: chosen })
  const buckets = new RecordingBuckets()
  const { deps, pass } = rehearsal({ archive, buckets, resources })
  const run = async () => {
    const harvester = createHarvester(deps)
    await harvester.takeUp()
    await harvester.settled()
    return resources.outcome
  }
  const bytesOf = (name: string) => {
    const body = buckets.objects.get(`cup/final/${name}`)
    assert.equal(body?.kind, 'bytes', name)
    return Buffer.concat(body.parts)
  }
  const names = () => [...buckets.objects.keys()].map((key) => key.replace('cup/final/', '')).toSorted()
  return { run, pass, archive, buckets, resources, bytesOf, names }
}

/** The source segments that a rendition's playlist lists, in their order: what a gap lists is none. */
function listed({ bytesOf }: ReturnType<typeof several>, stream: number) {
  const playlist = bytesOf(`index_${stream}.m3u8`).toString()
  const uris = [...playlist.matchAll(/(#EXT-X-GAP\n)?#EXTINF:6\.000,\n(\S+)/g)]
  const numbers = [...Array(10).keys()].map((n) => n + 1)
  return uris.map(([, gap, uri]) => {
    if (gap) return 'gap'
    const bytes = bytesOf(uri!)
    return numbers.find((n) => bytes.equals(Buffer.from(sampleBytes(`s${stream}-${n}-0`))))
  })
}

describe('a harvest of several ranges', () => {
  it('shows one behind the other, each with a discontinuity, and one of them twice', async () => {
    const job = several()
    assert.deepEqual(await job.run(), SUCCEEDED)
    for (const stream of [1, 2]) assert.deepEqual(listed(job, stream), [7, 8, 2, 3, 4, 7, 8])
    const playlist = job.bytesOf('index_1.m3u8').toString()
    assert.match(playlist, /#EXT-X-MEDIA-SEQUENCE:1\n/)
    assert.deepEqual(
      playlist.split('#EXT-X-DISCONTINUITY\n').map((part) => part.match(/#EXTINF/g)?.length),
      [2, 3, 2],
    )
    const { ranges, gaps, firstProgramDateTime, lastProgramDateTime } = JSON.parse(
      job.bytesOf('harvest.json').toString(),
    )
    assert.deepEqual(gaps, [])
    assert.deepEqual(
      ranges.map((range: { segments: number }) => range.segments),
      [4, 6, 4],
    )
    assert.deepEqual(
      [firstProgramDateTime, lastProgramDateTime],
      [new Date(at(36)).toISOString(), new Date(at(48)).toISOString()],
    )
    assert.deepEqual(job.resources.run().cursor?.writtenByRange, [4, 6, 4])
  })

  it('begins again where it was interrupted, with the same bytes under the same names', async () => {
    const whole = several()
    assert.deepEqual(await whole.run(), SUCCEEDED)
    const torn = several()
    let puts = 0
    torn.buckets.onPut = () => (++puts === 9 ? new Error('interrupted') : undefined)
    assert.equal(await torn.run(), undefined)
    torn.buckets.onPut = () => undefined
    torn.pass(60_000)
    assert.deepEqual(await torn.run(), SUCCEEDED)
    // Each of the archives has an output timeline of its own, by which names differ.
    const plain = (text: string) => text.replaceAll(/asset-[0-9a-f]{8}_/g, 'asset_')
    const [names, others] = [whole.names(), torn.names()]
    assert.deepEqual(others.map(plain), names.map(plain))
    for (const [i, name] of names.entries()) {
      if (name === 'harvest.json') continue
      assert.equal(
        plain(torn.bytesOf(others[i]!).toString('latin1')),
        plain(whole.bytesOf(name).toString('latin1')),
        name,
      )
    }
  })

  it('has a gap wherever what is lost would be shown, and takes the rest from the other input', async () => {
    const job = several({}, ['s1-7-0', 's2-3-0'])
    job.archive.others.set('s2-3-0', { ...job.archive.window!.segments[2]!.slots[0]!.objects[2]!, key: 's2-9-0' })
    assert.deepEqual(await job.run(), SUCCEEDED)
    assert.deepEqual(listed(job, 1), ['gap', 8, 2, 3, 4, 'gap', 8])
    assert.deepEqual(listed(job, 2), [7, 8, 2, 9, 4, 7, 8])
    const { gaps, lost } = JSON.parse(job.bytesOf('harvest.json').toString())
    const [start, end] = [new Date(at(36)).toISOString(), new Date(at(42)).toISOString()]
    assert.deepEqual(gaps, [
      { start, end, track: 'index_1', range: 0 },
      { start, end, track: 'index_1', range: 2 },
    ])
    assert.deepEqual(
      lost
        .map((loss: { sourceObject: string; replacedBy?: string }) => [loss.sourceObject, loss.replacedBy])
        .toSorted(),
      [
        ['s1-7-0', undefined],
        ['s1-7-0', undefined],
        ['s2-3-0', 's2-9-0'],
      ],
    )
  })

  it('ends a range before what it lacks where it is to be clamped, and goes on with the next', async () => {
    const job = several({ gapPolicy: 'CLAMP' }, ['s1-3-0'])
    assert.deepEqual(await job.run(), SUCCEEDED)
    for (const stream of [1, 2]) assert.deepEqual(listed(job, stream), [7, 8, 2, 7, 8])
    const { objects, ranges, lost } = JSON.parse(job.bytesOf('harvest.json').toString())
    assert.deepEqual([objects.length, lost], [2 * 5 + 2, []])
    assert.equal(ranges[1].lastProgramDateTime, new Date(at(12)).toISOString())
    assert.equal(job.names().length, 2 * 5 + 4)
  })

  it('is interrupted while it is clamped, and comes to the same', async () => {
    const job = several({ gapPolicy: 'CLAMP' }, ['s1-3-0'])
    job.buckets.removals.push(new Error('interrupted'))
    assert.equal(await job.run(), undefined)
    job.pass(60_000)
    assert.deepEqual(await job.run(), SUCCEEDED)
    for (const stream of [1, 2]) assert.deepEqual(listed(job, stream), [7, 8, 2, 7, 8])
    assert.equal(job.names().length, 2 * 5 + 4)
  })

  it('says which range fails, and why', async () => {
    const lost = several({ gapPolicy: 'FAIL' }, ['s2-3-0'])
    const outcome = await lost.run()
    assert.ok(outcome?.state === 'FAILED')
    assert.match(outcome.failure.message, /^ranges\[1\]: The source object s2-3-0 of index_2 from .* is missing\.$/)
    const empty = await several({}, [], [...SPANS, [-600, -540]]).run()
    assert.ok(empty?.state === 'FAILED')
    assert.equal(empty.failure.code, 'BeforeContent')
    assert.match(empty.failure.message, /^ranges\[3\]: /)
  })
})
