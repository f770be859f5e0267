import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { adEvent } from './ad-events.contract.ts'
import { type ArchiveRecord, type ArchiveRecords, RECORD_TABLES, SLOTS } from './archive-records.ts'
import { clip } from './clip-records.contract.ts'
import { keyRecord, keySource } from './content-key-records.contract.ts'
import {
  type ContractStore,
  channel,
  claimed,
  claimOf,
  commit,
  era,
  event,
  FAILED,
  FOREIGN,
  finishAll,
  harvestJob,
  INPUT,
  LEASE_MS,
  later,
  MANY,
  NOTHING_SPARED,
  NOW,
  OTHER,
  originEndpoint,
  outputSegment,
  slot,
  sourceObject,
  storeJob,
} from './nouns.contract.ts'
import { DatabaseRefused } from './resources.ts'
import { harvestRule, rulePosition, ruleRun } from './rule-records.contract.ts'
import { harvestSchedule, scheduleRun } from './schedule-records.contract.ts'

/** A database, in turn for a server and for a copy. */
export type RecordsPlace = {
  serve(): Promise<ContractStore & { close(): Promise<void> }>
  records(options: { migrates: boolean }): Promise<ArchiveRecords>
}

/** Bytes as the objects of `slot` and `sourceObject` have them. */
export const OBJECT_BYTES = Buffer.from('6162631e4d8c83', 'hex')

const ENDPOINT = { guid: 'guid-hls', revision: 1 }

/** Fills a store with some of everything; the keys of its source objects. */
export async function fillArchive({ resources, segmentIndex }: ContractStore): Promise<readonly string[]> {
  const endpoint = originEndpoint('hls', 'news', { startoverWindowSeconds: 60 })
  for (const id of ['news', 'sport', 'gone']) {
    await resources.createChannel(channel(id, { description: 'größe \u0000' }), MANY)
  }
  await resources.deleteChannel('gone', NOW)
  await resources.createOriginEndpoint(endpoint, MANY)
  await resources.createOriginEndpoint(originEndpoint('old', 'news', { startoverWindowSeconds: 9 }), MANY)
  await resources.deleteOriginEndpoint('old', NOW, 1000)
  for (const id of ['failed', 'running', 'waiting']) await storeJob(resources, harvestJob(id, endpoint))
  await resources.finishHarvestJob(claimOf(await claimed(resources)), {
    at: NOW,
    outcome: FAILED,
    event: event('the end'),
  })
  await claimed(resources)
  await resources.createClip(clip('goal', [endpoint]), { maxClips: 9, maxBytes: 1e9 }, [])
  await resources.recordKeys(keySource('one'), keyRecord(7))
  await resources.recordKeys(keySource('another'), keyRecord(8, { givenFor: 7 }))
  await resources.forgetUnusedSources(['one'], NOW, 1000)
  await resources.appendEvent(event('größe'))
  await resources.createHarvestSchedule(harvestSchedule('hourly'), { next: NOW, dueAt: NOW }, { maxSchedules: 9 })
  await resources.recordScheduleRuns(
    { id: 'hourly', revision: 1 },
    { runs: [scheduleRun(0, 'failed'), scheduleRun(1)], position: { next: later(1) } },
  )
  await resources.createHarvestRule(harvestRule('shows'), rulePosition(0), { maxRules: 9 })
  const ruled = { runs: [ruleRun(0, 'failed'), ruleRun(1)], position: rulePosition(2) }
  await resources.recordRuleRuns({ id: 'shows', revision: 1 }, ruled)

  const timeline = await segmentIndex.openOutputTimeline(ENDPOINT, INPUT, 2)
  const slots = [0, 1, 2].map((n) => ({ ...slot(n, [`a/${n}`, `b/${n}`]), adTags: [`#EXT-X-CUE-OUT:${n}`] }))
  const placed = ['a/0', 'b/0', 'a/1', 'b/1', 'a/2', 'b/2'].map((key) => sourceObject(key))
  const objects = [...placed, ...['unplaced', 'passed'].map((key) => sourceObject(key, later(5000)))]
  await segmentIndex.commitTimeline(
    INPUT,
    commit(0, {
      objects,
      eras: [era(0)],
      slots,
      outputSegments: slots.map((each, n) => outputSegment(timeline.id, n + 1, [each])),
      outputTimelines: [{ id: timeline.id, expectedVersion: 0, state: '{"of": "a timeline"}' }],
    }),
  )
  // One of these events goes on; the other one's last slot is kept.
  const adEvents = [adEvent(1), adEvent(2)].map((each) => ({ era: 0, event: each }))
  const adEventEnds = [{ era: 0, number: 1, slot: 2 }]
  await segmentIndex.commitTimeline(INPUT, commit(1, { settled: ['passed'], adEvents, adEventEnds }))
  // An object of one input that a slot of the other holds as well.
  await segmentIndex.commitTimeline(
    OTHER,
    commit(0, { eras: [era(1_000_000)], slots: [slot(9, ['a/2'], { era: 1_000_000 })] }),
  )
  await segmentIndex.commitTimeline(FOREIGN, commit(0, { objects: [sourceObject('c/0')] }))
  await segmentIndex.forget(INPUT, later(2001), NOTHING_SPARED)
  await segmentIndex.openOutputTimeline({ guid: 'guid-cmaf', revision: 3 }, INPUT, 6.006, true)
  await segmentIndex.recordClock({ steady: later(1000), date: later(2000) })
  await segmentIndex.recordScrub({ slot: 2, began: later(7) })
  return ['a/1', 'b/1', 'a/2', 'b/2', 'unplaced', 'passed', 'c/0']
}

/** All rows of every table, read page by page, in an order of their own. */
export async function rowsOf(records: ArchiveRecords, page = 2): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {}
  for (const table of RECORD_TABLES) {
    const rows: ArchiveRecord[] = []
    for (let next = await records.read(table, undefined, page); ; next = await records.read(table, rows.at(-1), page)) {
      rows.push(...next)
      if (next.length < page) break
    }
    assert.equal(await records.count(table), rows.length, `the count of ${table.name}`)
    found[table.name] = rows.map((row) => JSON.stringify(row)).toSorted()
  }
  return found
}

/** Writes all rows that one archive has into another. */
export async function copyRows(from: ArchiveRecords, to: ArchiveRecords): Promise<void> {
  for (const table of RECORD_TABLES) await to.write(table, await from.read(table, undefined, 1000))
}

export function archiveRecordsContract(
  name: string,
  open: () => Promise<RecordsPlace>,
  blocks: Blocks = needing(),
): void {
  const { describe, it } = blocks

  async function filled(): Promise<RecordsPlace> {
    const place = await open()
    const store = await place.serve()
    await fillArchive(store)
    await store.close()
    return place
  }

  describe(`${name} as ArchiveRecords`, () => {
    it('gives every row to a copy, which goes on as the archive would', async () => {
      const [place, other] = [await filled(), await open()]
      const source = await place.records({ migrates: false })
      assert.equal(await source.contents(), 'an archive')
      assert.deepEqual(await source.usage(), { objects: 7, bytes: 49 })
      const rows = await rowsOf(source)
      for (const { name } of RECORD_TABLES) {
        const isEmpty = rows[name]!.length === 0
        assert.equal(isEmpty, ['harvest_object', 'bucket_key', 'event_sink'].includes(name), `rows of ${name}`)
      }
      const copy = await other.records({ migrates: true })
      assert.equal(await copy.contents(), 'nothing')
      await copy.beginCopy()
      await copyRows(source, copy)
      assert.deepEqual(await rowsOf(copy), rows)
      await copy.finishCopy()
      assert.equal(await copy.contents(), 'an archive')
      assert.deepEqual(await rowsOf(copy), rows)
      await Promise.all([source.close(), copy.close()])

      const after = await Promise.all(
        [place, other].map(async (each) => {
          const { resources, segmentIndex, close } = await each.serve()
          await resources.createChannel(channel('later'), MANY)
          const job = await resources.claimHarvestJob({
            owner: 'next',
            now: later(LEASE_MS),
            leaseMs: 1,
            except: ['waiting'],
          })
          const going = await segmentIndex.openOutputTimeline({ guid: 'guid-later', revision: 1 }, FOREIGN, 2)
          await segmentIndex.commitTimeline(INPUT, commit(2, { slots: [slot(3, ['unplaced'])] }))
          const seen = {
            going,
            job: job && [job.id, job.run.fence, job.run.attempts],
            channels: await resources.listChannels({ limit: 9 }),
            events: await resources.listEvents({ limit: 9 }),
            clock: await segmentIndex.recordedClock(),
            scrub: await segmentIndex.scrubPosition(),
            toScrub: await segmentIndex.slotsToScrub(0, 9),
            slots: await segmentIndex.slots(INPUT, undefined, 9),
            adEvents: await segmentIndex.adEvents(INPUT.channelGuid, [{ era: 0, numbers: [1, 2] }]),
            other: await segmentIndex.slots(OTHER, undefined, 9),
            timelines: await segmentIndex.outputTimelinesOf(INPUT.channelGuid),
            usage: await segmentIndex.usage(),
            forgotten: await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED),
            pending: (await segmentIndex.pendingDeletions(99)).toSorted().filter((key) => !key.endsWith('/0')),
          }
          await close()
          return seen
        }),
      )
      assert.deepEqual(after[1], after[0])
      assert.equal(after[0]!.job?.[0], 'running')
      assert.equal(after[0]!.adEvents.length, 2)
    })

    it('lets no server use a copy that has begun, or another version be copied', async () => {
      const place = await open()
      await assert.rejects(place.records({ migrates: false }), DatabaseRefused)
      const copy = await place.records({ migrates: true })
      await copy.beginCopy()
      await copy.beginCopy()
      assert.equal(await copy.contents(), 'a copy')
      await copy.close()
      await assert.rejects(place.serve(), /an archive is being copied into it/)
      const again = await place.records({ migrates: true })
      await again.finishCopy()
      await again.close()
      await (await place.serve()).close()
    })

    it('clears what an earlier try has copied, but remembers objects', async () => {
      const [place, other] = [await filled(), await open()]
      const [source, copy] = [await place.records({ migrates: false }), await other.records({ migrates: true })]
      const nothing = await rowsOf(copy)
      await copy.beginCopy()
      await copy.noteCopied([])
      await copy.noteCopying(['a/1'])
      await copy.noteCopied([{ key: 'a/1', size: 7, crc32: 0xffffffff }])
      for (const _ of [1, 2]) {
        await copyRows(source, copy)
        await copy.clear()
        assert.deepEqual(await rowsOf(copy), nothing)
      }
      assert.deepEqual(await copy.copiedObjects(['a/1', 'b/1']), [{ key: 'a/1', size: 7, crc32: 0xffffffff }])
      await Promise.all([source.close(), copy.close()])
    })

    it('knows which objects have been copied, and leaves to deletion what no row needs', async () => {
      const [place, other] = [await filled(), await open()]
      const [source, copy] = [await place.records({ migrates: false }), await other.records({ migrates: true })]
      await copy.beginCopy()
      await copyRows(source, copy)
      assert.equal(await copy.uncopied(), 7)
      await copy.noteCopying(['a/1', 'b/1', 'a/2', 'half', 'whole'])
      assert.deepEqual(await copy.copiedObjects(['a/1', 'b/1']), [])
      await copy.noteCopied(
        ['a/1', 'b/1', 'a/2', 'whole'].map((key) => ({ key, size: key === 'b/1' ? 6 : 7, crc32: 1 })),
      )
      assert.equal(await copy.uncopied(), 5)
      await copy.noteCopying(['a/2'])
      assert.equal(await copy.uncopied(), 6)
      await copy.finishCopy()
      assert.deepEqual(await copy.copiedObjects(['a/1']), [])
      await Promise.all([source.close(), copy.close()])
      const store = await other.serve()
      assert.deepEqual((await store.segmentIndex.pendingDeletions(9)).toSorted(), ['half', 'whole'])
      await store.close()
    })

    it('has nothing left of channels that were forgotten', async () => {
      const place = await filled()
      const { resources, segmentIndex, close } = await place.serve()
      await resources.deleteClip('goal')
      await finishAll(resources, FAILED, later(LEASE_MS))
      for (const { channelGuid } of [INPUT, FOREIGN]) assert.ok(await segmentIndex.forgetChannel(channelGuid))
      await close()
      const records = await place.records({ migrates: false })
      const rows = await rowsOf(records)
      for (const name of ['input', 'era', 'ad_event', 'source_object', 'slot', 'output_segment', 'shown_era']) {
        assert.deepEqual(rows[name], [], name)
      }
      await records.close()
    })

    it('gives summaries of slots', async () => {
      const source = await (await filled()).records({ migrates: false })
      const slots = await source.read(SLOTS, undefined, 9)
      assert.equal(slots.length, 3)
      for (const record of slots) assert.match(String(record.at(-1)), /^\{"v":1,/)
      await source.close()
    })
  })
}
