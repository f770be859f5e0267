import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JobLedger } from '../../test/harvest/job-ledger.ts'
import { archiveOf, at, harvestJob, RecordingBuckets, rehearsal } from '../../test/harvest/sample-harvest.ts'
import { eventually } from '../../test/judges/processes.ts'
import type { SegmentRange } from '../archive/reader.ts'
import { createHarvester } from './job/harvester.ts'

const SEGMENTS = 200
const PAGES = Math.ceil(SEGMENTS / 64)

/** A job over several pages; `onPage` is called before each of them is read. */
function jobOverPages(onPage: (page: number) => Promise<void> | undefined) {
  const archive = archiveOf(SEGMENTS)
  const { range } = archive
  let asked = 0
  archive.range = async (...of) => {
    const found = await range.apply(archive, of)
    const page: SegmentRange['page'] = async (range) => {
      await onPage(++asked)
      return found!.page(range)
    }
    return found && { ...found, page }
  }
  const resources = new JobLedger(harvestJob({ start: at(0), end: at(SEGMENTS * 6), createdAt: at(SEGMENTS * 6) }))
  const buckets = new RecordingBuckets()
  const { deps, lines, pass } = rehearsal({ archive, buckets, resources })
  pass(SEGMENTS * 6000)
  const harvester = createHarvester({ ...deps, leaseMs: 300, checkpointMs: 0 })
  /** Makes the job check its own state. */
  const look = async () => {
    let looked = false
    resources.onCheckpoint = () => {
      looked = true
    }
    harvester.look('highlights')
    await eventually('the job to look', () => looked || undefined)
    await new Promise(setImmediate)
  }
  return { resources, buckets, harvester, lines, pass, look, asked: () => asked }
}

describe('a job whose page is on its way', () => {
  it('writes nothing more when it is cancelled, and ends when the page is there', async () => {
    const gate = Promise.withResolvers<void>()
    const { resources, buckets, harvester, look } = jobOverPages((page) => (page === 3 ? gate.promise : undefined))
    await harvester.takeUp()
    await eventually('four pages', () => buckets.calls.filter((call) => call !== 'flush').length === 256 || undefined)
    resources.cancel()
    await look()
    gate.resolve()
    await harvester.settled()
    assert.equal(resources.outcome?.state, 'CANCELLED')
    assert.equal(buckets.objects.size, 256)
    assert.equal(resources.objects().length, 256)
  })

  it('writes nothing more when another worker has the job by then', async () => {
    const gate = Promise.withResolvers<void>()
    const { resources, buckets, harvester, lines, look } = jobOverPages((page) =>
      page === 3 ? gate.promise : undefined,
    )
    await harvester.takeUp()
    await eventually('four pages', () => buckets.calls.filter((call) => call !== 'flush').length === 256 || undefined)
    Object.assign(resources.run(), { fence: 7, owner: 'another' })
    await look()
    gate.resolve()
    await harvester.settled()
    assert.equal(buckets.objects.size, 256)
    assert.equal(resources.outcome, undefined)
    assert.ok(lines.some(({ message }) => /taken over/.test(message)))
  })

  it('is done again where it cannot be read, and writes no object twice', async () => {
    let failed = false
    const { resources, buckets, harvester, pass, asked } = jobOverPages((page) => {
      if (page !== 3 || failed) return undefined
      failed = true
      return Promise.reject(new Error('the index is away'))
    })
    for (let tries = 0; resources.outcome === undefined && tries < 5; tries++) {
      await harvester.takeUp()
      await harvester.settled()
      pass(60_000)
    }
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
    const written = buckets.calls.filter((call) => call.endsWith('.ts'))
    assert.equal(written.length, 2 * SEGMENTS)
    assert.equal(new Set(written).size, written.length)
    assert.ok(asked() > PAGES)
  })
})
