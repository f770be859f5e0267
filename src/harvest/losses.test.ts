import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JobLedger } from '../../test/harvest/job-ledger.ts'
import { archiveOf, at, harvestJob, RecordingBuckets, rehearsal } from '../../test/harvest/sample-harvest.ts'
import { sampleBytes } from '../../test/origin/sample-channel.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestOptions } from '../model/harvest-job.ts'
import { createHarvester, type HarvesterDeps } from './job/harvester.ts'

/** Harvests the segments 1 to 10 of two renditions, of which the archive has lost some objects. */
async function harvest(options: Partial<HarvestOptions>, lost: readonly string[], more: Partial<HarvesterDeps> = {}) {
  const archive = archiveOf(10)
  for (const key of lost) archive.lost.add(key)
  const chosen = { ...DEFAULT_HARVEST_OPTIONS, report: true, ...options }
  const job = harvestJob({ start: at(0), end: at(60), options: chosen })
  const resources = new JobLedger(job)
  const buckets = new RecordingBuckets()
  const { deps, lines, pass } = rehearsal({ archive, buckets, resources, ...more })
  const run = async () => {
    const harvester = createHarvester(deps)
    await harvester.takeUp()
    await harvester.settled()
    return resources.outcome
  }
  const text = (name: string) => {
    const body = buckets.objects.get(`cup/final/${name}`)
    assert.equal(body?.kind, 'bytes', name)
    return Buffer.concat(body.parts).toString()
  }
  const segments = () =>
    [...buckets.objects.keys()].filter((key) => key.endsWith('.ts')).map((key) => key.replace(/.*index_|\.ts/g, ''))
  return { run, pass, archive, buckets, resources, lines, text, segments }
}

const SUCCEEDED = { state: 'SUCCEEDED' } as const

describe('a harvest of an archive that has lost source objects', () => {
  it('leaves a gap in the stream concerned, and tells key and reason', async () => {
    const { run, resources, lines, text, segments } = await harvest({}, ['s1-4-0'])
    assert.deepEqual(await run(), SUCCEEDED)
    assert.equal(segments().length, 19)
    assert.match(text('index_1.m3u8'), /#EXT-X-GAP\n#EXTINF:6\.000,\nindex_1_4\.ts\n/)
    assert.doesNotMatch(text('index_2.m3u8'), /EXT-X-GAP/)
    const report = JSON.parse(text('harvest.json'))
    const [start, end] = [new Date(at(18)).toISOString(), new Date(at(24)).toISOString()]
    assert.deepEqual(report.gaps, [{ start, end, track: 'index_1' }])
    assert.deepEqual(report.lost, [{ sourceObject: 's1-4-0', reason: 'missing', track: 'index_1', start, end }])
    const { cursor } = resources.run()
    assert.equal(cursor?.plan?.segments, 19)
    assert.equal(lines.find(({ event }) => event === 'harvest-media-lost')?.['key'], 's1-4-0')
  })

  it('takes what the other input has in its place', async () => {
    const { run, archive, buckets, text } = await harvest({ gapPolicy: 'FAIL' }, ['s1-4-0'])
    const other = { ...archive.window!.segments[3]!.slots[0]!.objects[1]!, key: 's3-4-0' }
    archive.others.set('s1-4-0', other)
    assert.deepEqual(await run(), SUCCEEDED)
    assert.equal(text('index_1_4.ts'), Buffer.from(sampleBytes('s3-4-0')).toString())
    const { gaps, lost, objects } = JSON.parse(text('harvest.json'))
    assert.deepEqual(gaps, [])
    assert.deepEqual([lost[0].sourceObject, lost[0].replacedBy], ['s1-4-0', 's3-4-0'])
    assert.equal(objects.length, buckets.objects.size - 2)
  })

  it('leaves a gap when what the other input has is lost too', async () => {
    const { run, archive, text } = await harvest({}, ['s1-4-0', 's3-4-0'])
    archive.others.set('s1-4-0', { ...archive.window!.segments[3]!.slots[0]!.objects[1]!, key: 's3-4-0' })
    assert.deepEqual(await run(), SUCCEEDED)
    assert.match(text('index_1.m3u8'), /#EXT-X-GAP\n#EXTINF:6\.000,\nindex_1_4\.ts\n/)
  })

  it('fails where the job admits no gap, with the longest window that has none', async () => {
    const { run, buckets } = await harvest({ gapPolicy: 'FAIL' }, ['s2-4-0'])
    const outcome = await run()
    assert.ok(outcome?.state === 'FAILED')
    const { code, message, nearest } = outcome.failure
    assert.deepEqual([code, nearest], ['Damaged', { start: at(24), end: at(60) }])
    assert.match(message, /^The source object s2-4-0 of index_2 from .* to .* is missing\.$/)
    assert.equal(buckets.objects.has('cup/final/asset.m3u8'), false)
  })

  it('ends before the first of them where it is to be clamped, and leaves nothing behind it', async () => {
    const { run, resources, text, segments } = await harvest({ gapPolicy: 'CLAMP' }, ['s2-4-0', 's1-9-0'])
    assert.deepEqual(await run(), SUCCEEDED)
    assert.deepEqual(segments().toSorted(), ['1_1', '1_2', '1_3', '2_1', '2_2', '2_3'])
    const { lost, objects, lastProgramDateTime } = JSON.parse(text('harvest.json'))
    assert.deepEqual([lost, lastProgramDateTime], [[], new Date(at(18)).toISOString()])
    assert.equal(objects.length, 8)
    assert.equal(resources.objects().length, 10)
  })

  it('is applied by the next attempt, where one ends between noting a loss and applying it', async () => {
    const { run, pass, buckets, resources, text, segments } = await harvest({ gapPolicy: 'CLAMP' }, [
      's2-4-0',
      's1-9-0',
    ])
    buckets.removals.push(new Error('interrupted'))
    assert.equal(await run(), undefined)
    pass(60_000)
    assert.deepEqual(await run(), SUCCEEDED)
    assert.deepEqual(segments().toSorted(), ['1_1', '1_2', '1_3', '2_1', '2_2', '2_3'])
    const { objects, lastProgramDateTime } = JSON.parse(text('harvest.json'))
    assert.deepEqual([objects.length, lastProgramDateTime], [8, new Date(at(18)).toISOString()])
    assert.equal(resources.run().cursor?.plan?.segments, 6)
  })

  it('fails when nothing is left', async () => {
    const all = [1, 2].flatMap((stream) => [...Array(10).keys()].map((i) => `s${stream}-${i + 1}-0`))
    const { run } = await harvest({}, all)
    const outcome = await run()
    assert.ok(outcome?.state === 'FAILED')
    assert.equal(outcome.failure.code, 'Damaged')
    const first = await (await harvest({ gapPolicy: 'CLAMP' }, ['s1-1-0'])).run()
    assert.ok(first?.state === 'FAILED')
    assert.equal(first.failure.code, 'Damaged')
  })

  it('states no hash of what was taken over unproven', async () => {
    const job = await harvest({}, [])
    job.buckets.onTake = (_key, { kind }) =>
      kind === 'object' ? { isTaken: true, isProven: false } : { isTaken: false }
    assert.deepEqual(await job.run(), SUCCEEDED)
    const { objects } = JSON.parse(job.text('harvest.json'))
    const hashed = objects.filter(({ sha256 }: { sha256?: string }) => sha256 !== undefined)
    assert.deepEqual(
      hashed.map(({ key }: { key: string }) => key),
      ['cup/final/index_1.m3u8', 'cup/final/index_2.m3u8'],
    )
  })
})
