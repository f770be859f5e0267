import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { found } from '../../test/found.ts'
import { audioAt, EPOCH, probeAt, variants } from '../../test/timeline/rehearsal.ts'
import { wholeWindow } from '../../test/whole-window.ts'
import type { Log } from '../log.ts'
import { ticksFromSeconds, type UtcMs, utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { SegmentProbe } from '../model/source-segment.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import { claimed, event, storeJob } from '../stores/nouns.contract.ts'
import type { Objects } from '../stores/objects.ts'
import type { Resources } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { type Archive, openArchive } from './archive.ts'

const warnings: string[] = []
const log: Log = { info() {}, warn: (_, message) => warnings.push(message), error() {} }
const account = { region: 'eu-west-1', accountId: '111122223333' }
const STREAMS = ['a', 'b']
const channel: Channel = {
  guid: 'c'.repeat(32),
  id: 'news',
  tags: {},
  createdAt: EPOCH,
  revision: 1,
  ingestEndpoints: [
    { id: 'c'.repeat(32), username: 'u', password: 'p' },
    { id: 'd'.repeat(32), username: 'u', password: 'p' },
  ],
}
const ingest = { channelGuid: channel.guid, ingestEndpointId: channel.ingestEndpoints[0].id }

function endpoint(id: string, segmentDurationSeconds: number, more: Partial<OriginEndpoint> = {}): OriginEndpoint {
  return {
    guid: id.padEnd(32, '0'),
    id,
    channelId: channel.id,
    channelGuid: channel.guid,
    startoverWindowSeconds: 0,
    createdAt: EPOCH,
    modifiedAt: EPOCH,
    revision: 1,
    packaging: { segment: { durationSeconds: segmentDurationSeconds } } as OriginEndpoint['packaging'],
    ...more,
  } as OriginEndpoint
}

describe('the archive', () => {
  let folder: string
  let store: SqliteStore
  let archive: Archive
  let now: UtcMs

  const open = async (
    changed: { segmentIndex?: Partial<SegmentIndex>; resources?: Partial<Resources>; objects?: Partial<Objects> } = {},
  ) => {
    store = await openSqliteStore(join(folder, 'windrow.db'))
    const objects = { ...(await openFileObjects(join(folder, 'objects'))), ...changed.objects }
    const segmentIndex = { ...store.segmentIndex, ...changed.segmentIndex }
    const retention = { liveMs: 60_000, marginMs: 0, graceMs: 3_600_000 }
    archive = await openArchive({
      segmentIndex,
      resources: Object.assign(Object.create(store.resources), changed.resources),
      objects,
      clock: () => now,
      log,
      retention,
      account,
    })
  }
  const close = async () => {
    await archive.close()
    await store.close()
  }
  const put = async (name: string, seconds: number, probe: SegmentProbe = probeAt(seconds), into = ingest) => {
    const bytes = Buffer.from(name)
    const { key, writer } = await archive.createObject(into)
    await writer.write(bytes)
    await writer.commit()
    const object = { key, name, size: bytes.length, crc32: crc32(bytes), sha256: 'x', receivedAt: now, probe }
    await archive.storeSegment(into, object)
    return key
  }
  const list = (playlist: string, sequence: number, ended = false, into = ingest) =>
    archive.storeMediaPlaylist(into, {
      name: playlist,
      targetDuration: ticksFromSeconds(2),
      mediaSequence: sequence,
      segments: [{ name: `${playlist}-${sequence}`, duration: ticksFromSeconds(2), discontinuity: false }],
      ended,
    })
  /** Two seconds of both streams, and the two seconds they take. */
  const push = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      now = utcMs(now + 2000)
      for (const stream of STREAMS) {
        await put(`${stream}-${i}`, 10 + 2 * i)
        await list(stream, i)
      }
    }
  }
  const jobOf = (e: OriginEndpoint, startMs: number, endMs: number): HarvestJob => ({
    id: 'j',
    channelId: channel.id,
    originEndpointId: e.id,
    startTime: '',
    endTime: '',
    start: utcMs(EPOCH + startMs),
    end: utcMs(EPOCH + endMs),
    s3Destination: { bucketName: '', manifestKey: '', roleArn: '' },
    status: 'IN_PROGRESS',
    createdAt: now,
    endpoint: e,
  })
  const numbers = async (shown: OriginEndpoint, seconds = 600) =>
    (await archive.live(shown, seconds))?.segments.map(({ number }) => number)
  const files = async () =>
    (await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true })).filter((f) => f.isFile())

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-archive-'))
    now = EPOCH
    await open()
    await store.resources.createChannel(channel, { maxChannels: 1 })
    await archive.storeParentPlaylist(ingest, variants(...STREAMS))
  })
  afterEach(async () => {
    await close()
    await rm(folder, { recursive: true })
  })

  it('shows nothing before there is anything, and the newest that fits the window then', async () => {
    const e = endpoint('e', 2)
    assert.equal(await archive.live(e, 60), undefined)
    await push(0, 10)
    assert.deepEqual(await numbers(e, 8), [7, 8, 9, 10])
    assert.deepEqual(await numbers(e, 1), [8, 9, 10], 'never fewer than three')
  })

  it('reads back the bytes that were put', async () => {
    await push(0, 2)
    const e = endpoint('e', 4)
    const segment = found(await archive.outputSegment(e, 1))
    const bytes = await Promise.all(segment!.segment.slots.map((slot) => archive.read(slot.objects[2]!)))
    assert.equal(Buffer.concat(bytes).toString(), 'b-0b-1')
    assert.equal(segment!.era.streams.length, 2)
  })

  it('goes on across a restart as if there had been none', async () => {
    const [one, three] = [endpoint('one', 2), endpoint('three', 6)]
    await push(0, 4)
    assert.deepEqual(await numbers(one), [1, 2, 3, 4])
    assert.deepEqual(await numbers(three), [5])
    now = utcMs(now + 2000)
    await put('a-4', 18)
    await list('a', 4)
    await put('b-4', 18)
    await close()
    await open()
    await list('b', 4)
    await push(5, 7)
    assert.deepEqual(await numbers(one), [1, 2, 3, 4, 5, 6, 7])
    assert.deepEqual(await numbers(three), [5, 6])
    const window = await archive.live(one, 600)
    assert.ok(
      window!.segments.every(
        ({ discontinuity, slots }) => !discontinuity && Object.keys(slots[0]!.objects).length === 2,
      ),
    )
  })

  it('publishes after a restart what was listed before and put after it', async () => {
    const e = endpoint('e', 2)
    await push(0, 1)
    await list('a', 1)
    await list('b', 1)
    await close()
    await open()
    await put('a-1', 12)
    await put('b-1', 12)
    assert.deepEqual(await numbers(e), [1, 2])
  })

  it('gives an endpoint created later the numbers others have', async () => {
    const first = endpoint('first', 4)
    await push(0, 6)
    assert.deepEqual(await numbers(first), [1, 2, 3])
    await push(6, 8)
    assert.deepEqual(await numbers(endpoint('later', 4)), [1, 2, 3, 4])
  })

  it('opens numbers above all that were given when an endpoint changes its segment duration, and back', async () => {
    const original = endpoint('e', 2)
    await push(0, 6)
    assert.deepEqual(await numbers(original), [1, 2, 3, 4, 5, 6])
    assert.deepEqual(await numbers(endpoint('e', 4, { revision: 2 })), [7, 8, 9])
    await push(6, 8)
    assert.deepEqual(await numbers(endpoint('e', 2, { revision: 3 })), [11, 12, 13, 14, 15, 16, 17, 18])
  })

  it('finds the segments between two moments, and how far content reaches', async () => {
    const e = endpoint('e', 2)
    await push(0, 10)
    assert.deepEqual(await archive.extent(e), { start: EPOCH, end: EPOCH + 20_000 })
    const window = await wholeWindow(archive, e, { start: utcMs(EPOCH + 5000), end: utcMs(EPOCH + 8000) })
    assert.deepEqual(
      window?.segments.map(({ number }) => number),
      [3, 4],
    )
    assert.equal(await wholeWindow(archive, e, { start: utcMs(EPOCH + 60_000), end: utcMs(EPOCH + 70_000) }), undefined)
  })

  it('gives an era of the input by its number', async () => {
    const e = endpoint('e', 2)
    assert.equal(await archive.era(e, 1), 'not yet')
    await push(0, 2)
    await close()
    await open()
    const era = found(await archive.era(e, 1))
    assert.deepEqual(era?.clock, { time: 900_000, utc: EPOCH })
    assert.equal(era?.streams[0]?.container, 'mpeg-ts')
    assert.equal(await archive.era(e, 2), 'not yet')
  })

  it('shows nothing of an input without pictures, says so once, and follows the other one', async () => {
    const e = endpoint('e', 2)
    warnings.length = 0
    for (let i = 0; i < 4; i++) {
      now = utcMs(now + 2000)
      for (const stream of STREAMS) {
        await put(`${stream}-${i}`, 0, audioAt(10 + 2 * i))
        await list(stream, i)
      }
    }
    assert.equal(await archive.live(e, 60), undefined)
    assert.equal(await archive.extent(e), undefined)
    assert.equal((await files()).length, 8, 'it is archived')
    assert.deepEqual(warnings, ['an audio-only input is archived but not shown'])
    const second = { channelGuid: channel.guid, ingestEndpointId: channel.ingestEndpoints[1].id }
    await archive.storeParentPlaylist(second, variants('a'))
    await put('a-0', 10, probeAt(10), second)
    await list('a', 0, false, second)
    assert.deepEqual(await numbers(e), [1])
  })

  it('says that a window has ended only where the end lies', async () => {
    const e = endpoint('e', 2)
    await push(0, 3)
    for (const stream of STREAMS) await list(stream, 2, true)
    assert.equal((await archive.live(e, 60))?.ended, true)
    assert.equal((await wholeWindow(archive, e, { start: EPOCH, end: utcMs(EPOCH + 2000) }))?.ended, false)
  })

  it('shows all there is, and its end, to whoever asks first when all is over', async () => {
    const e = endpoint('e', 4)
    await push(0, 3)
    for (const stream of STREAMS) await list(stream, 2, true)
    const window = await archive.live(e, 60)
    assert.deepEqual(
      window?.segments.map(({ slots }) => slots.length),
      [2, 1],
    )
    assert.equal(window?.ended, true)
  })

  it('forgets what no window needs, rows and objects together, and keeps the rest', async () => {
    const e = endpoint('e', 2)
    await put('never listed', 0)
    await push(0, 60)
    assert.equal((await numbers(e))?.length, 60)
    assert.equal((await files()).length, 121)
    await archive.retain()
    // 60 seconds of live retention at the server's clock: the last 30 slots and the one sealed on the stroke.
    assert.deepEqual(
      await numbers(e),
      Array.from({ length: 31 }, (_, i) => 30 + i),
    )
    assert.equal((await files()).length, 62)
    assert.equal(await archive.outputSegment(e, 29), 'no longer kept')
    await push(60, 61)
    assert.equal((await numbers(e))?.at(-1), 61)
  })

  it('keeps what a harvest job in progress covers, also across a restart', async () => {
    const e = endpoint('e', 2, { startoverWindowSeconds: 0 })
    await push(0, 60)
    const job = jobOf(e, 5000, 8000)
    await storeJob(store.resources, job)
    await archive.retain()
    await close()
    await open()
    await archive.retain()
    const window = await wholeWindow(archive, e, job)
    assert.deepEqual(
      window?.segments.map(({ slots }) => slots[0]!.index),
      [2, 3],
    )
  })

  it('keeps what is harvested by a job that is made while retention deletes', async () => {
    const e = endpoint('e', 2, { startoverWindowSeconds: 0 })
    await push(0, 200)
    const early = { ...jobOf(e, 5000, 8000), id: 'early' }
    const late = { ...jobOf(e, 305_000, 308_000), id: 'late' }
    await close()
    let steps = 0
    await open({
      resources: {
        async retentionDemands(...asked) {
          const demands = await store.resources.retentionDemands(...asked)
          await storeJob(store.resources, early)
          return demands
        },
      },
      segmentIndex: {
        async forget(...asked) {
          if (steps++ === 1) await storeJob(store.resources, late)
          return store.segmentIndex.forget(...asked)
        },
      },
    })
    await archive.retain()
    assert.ok(steps > 2)
    for (const job of [early, late]) {
      const window = await wholeWindow(archive, e, job)
      assert.equal(window?.segments.length, 2, job.id)
    }
    for (const { id } of [early, late]) {
      const { run } = await claimed(store.resources, now)
      const end = { at: now, outcome: { state: 'SUCCEEDED' } as const, event: event(id) }
      assert.equal(await store.resources.finishHarvestJob({ id, fence: run.fence }, end), 'finished')
    }
    await archive.retain()
    assert.equal((await numbers(e))?.length, 31)
    assert.equal((await files()).length, 62)
  })

  it('sweeps objects that a crash left without a row, and nothing else', async () => {
    await push(0, 2)
    const { writer } = await archive.createObject(ingest)
    await writer.write(Buffer.from('lost'))
    await writer.commit()
    await archive.sweep()
    assert.equal((await files()).length, 5, 'what this process is about to record stays')
    await close()
    await open()
    await archive.sweep()
    assert.equal((await files()).length, 4)
  })

  it('keeps a deleted channel for its grace, then lets all of it go', async () => {
    await push(0, 3)
    await store.resources.deleteChannel(channel.id, now)
    await archive.retain()
    assert.equal((await files()).length, 6)
    now = utcMs(now + 3_600_001)
    await archive.retain()
    assert.equal((await files()).length, 0)
  })

  it('serves a name in the next life of an encoder that was given up in the last', async () => {
    const e = endpoint('e', 2)
    await push(0, 2)
    for (const stream of STREAMS) await list(stream, 2)
    now = utcMs(now + 3000)
    await archive.tick()
    await put('a-2', 14)
    await push(3, 5)
    now = utcMs(now + 4000)
    await push(0, 4)
    const window = await archive.live(e, 600)
    assert.deepEqual(
      window?.segments.map(({ era, slots }) => [era, Object.keys(slots[0]!.objects).length]),
      [...Array(4).fill([1, 2]), ...Array(4).fill([2, 2])],
    )
  })

  it('serves what a restarted encoder had put and not yet listed when the server went away', async () => {
    const e = endpoint('e', 2)
    await push(0, 3)
    now = utcMs(now + 4000)
    for (const stream of STREAMS) await put(`${stream}-0`, 10)
    await close()
    await open()
    for (const stream of STREAMS) await list(stream, 0)
    await push(1, 3)
    const window = await archive.live(e, 600)
    assert.deepEqual(
      window?.segments.map(({ era }) => era),
      [1, 1, 1, 2, 2, 2],
    )
  })

  it('does not offer again, after a restart, what a playlist has settled', async () => {
    const e = endpoint('e', 2)
    await push(0, 1)
    const { key, writer } = await archive.createObject(ingest)
    await writer.commit()
    await archive.storeSegment(ingest, {
      key,
      name: 'a-1',
      size: 0,
      crc32: 0,
      sha256: 'x',
      receivedAt: now,
      problem: 'empty',
    })
    await put('b-1', 12)
    for (const stream of STREAMS) await list(stream, 1)
    // Longer than a stream remembers names.
    await push(2, 80)
    now = utcMs(now + 4000)
    await close()
    await open()
    await push(0, 1)
    for (const stream of STREAMS) await list(stream, 1)
    for (const stream of STREAMS) await put(`${stream}-1`, 12)
    await push(2, 3)
    const window = await archive.live(e, 600)
    assert.deepEqual(
      window?.segments.slice(-3).map(({ slots }) => Object.keys(slots[0]!.objects).length),
      [2, 2, 2],
    )
  })

  it('reads an input that was asked about before anything came, after a restart', async () => {
    const e = endpoint('e', 2)
    assert.equal(await archive.live(e, 60), undefined)
    await close()
    await open()
    await archive.retain()
    assert.equal(await archive.live(e, 60), undefined)
  })

  it('shows no output segment whose slots retention has taken', async () => {
    const e = endpoint('e', 6)
    await push(0, 4)
    assert.deepEqual(await numbers(e), [1])
    await close()
    now = utcMs(now + 600_000)
    await open()
    await archive.retain()
    await archive.live(e, 60)
    now = utcMs(now + 20_000)
    await archive.tick()
    const shown = (await archive.live(e, 60))?.segments.flatMap(({ slots }) => slots) ?? []
    for (const { objects } of shown) for (const object of Object.values(objects)) await archive.read(object)
    await archive.retain()
    assert.equal(await archive.live(e, 60), undefined)
    assert.equal((await files()).length, 0)
  })

  it('gives a number its own bytes where retention has left a hole before it', async () => {
    const e = endpoint('e', 2)
    await push(0, 60)
    await numbers(e)
    await storeJob(store.resources, jobOf(e, 12_000, 14_000))
    await archive.retain()
    await close()
    await open()
    const newest = (await numbers(e))!.at(-1)!
    assert.equal(found(await archive.outputSegment(e, newest))?.segment.number, newest)
    assert.equal(found(await archive.outputSegment(e, 7))?.segment.number, 7)
    const shown = (await numbers(e, 3600))!
    assert.deepEqual(
      shown,
      shown.map((_, i) => shown[0]! + i),
      'a live window has no hole',
    )
  })

  it('fills an output timeline that a failure had left empty', async () => {
    const e = endpoint('e', 2)
    await push(0, 3)
    await close()
    let isFailing = true
    await open({
      segmentIndex: {
        slots: async (...args) => {
          if (isFailing) throw new Error('the disk fails')
          return store.segmentIndex.slots(...args)
        },
      },
    })
    await assert.rejects(numbers(e))
    isFailing = false
    assert.deepEqual(await numbers(e), [1, 2, 3])
  })

  it('leaves nothing behind of a segment whose row could not be written', async () => {
    await close()
    let isFailing = true
    await open({
      segmentIndex: {
        commitTimeline: async (...args) => {
          if (isFailing) throw new Error('the disk is full')
          return store.segmentIndex.commitTimeline(...args)
        },
      },
    })
    await assert.rejects(put('a-0', 10))
    assert.equal((await files()).length, 1)
    isFailing = false
    await push(0, 1)
    await archive.retain()
    assert.equal((await files()).length, 2)
    assert.deepEqual(await numbers(endpoint('e', 2)), [1])
  })

  it('does not wait for the sweep of a large store when it is closed', async () => {
    await close()
    await open({
      objects: {
        async *list() {
          for (;;) yield 'c/some-object'
        },
      },
    })
    const sweeping = archive.sweep()
    await archive.close()
    await sweeping
  })

  it('goes on forgetting when one channel cannot be read', async () => {
    await push(0, 60)
    await close()
    const broken = { channelGuid: 'b'.repeat(32), ingestEndpointId: 'b'.repeat(32) }
    let reads = 0
    await open({
      segmentIndex: {
        inputs: async () => [{ ...broken, oldest: EPOCH }, ...(await store.segmentIndex.inputs())],
        loadTimeline: async (ref) => {
          if (ref.channelGuid !== broken.channelGuid) return store.segmentIndex.loadTimeline(ref)
          reads++
          throw new Error('unreadable')
        },
      },
    })
    await store.resources.createChannel({ ...channel, guid: broken.channelGuid, id: 'broken' }, { maxChannels: 2 })
    await archive.retain()
    assert.equal(reads, 1)
    assert.equal((await files()).length, 62)
  })

  it('reads with the numbers of its own time for a job whose endpoint has changed since', async () => {
    const before = endpoint('e', 2)
    const after = endpoint('e', 4, { revision: 2 })
    await push(0, 6)
    await close()
    await open()
    const shown = await numbers(after)
    assert.deepEqual((await wholeWindow(archive, before, { start: EPOCH, end: now }))?.segments.length, 6)
    await close()
    await open()
    assert.deepEqual(await numbers(after), shown)
  })

  it('leaves no slot out of a new output timeline when another process publishes meanwhile', async () => {
    const e = endpoint('e', 2)
    await push(0, 3)
    const own = { segmentIndex: store.segmentIndex, resources: store.resources }
    const objects = await openFileObjects(join(folder, 'objects'))
    const retention = { liveMs: 60_000, marginMs: 0, graceMs: 3_600_000 }
    let isFirst = true
    const slots: SegmentIndex['slots'] = async (...args) => {
      const read = await own.segmentIndex.slots(...args)
      if (isFirst) await push(3, 4)
      isFirst = false
      return read
    }
    const segmentIndex = { ...own.segmentIndex, slots }
    const other = await openArchive({ ...own, segmentIndex, objects, clock: () => now, log, retention, account })
    const window = await other.live(e, 600)
    assert.deepEqual(
      window?.segments.map(({ number, slots: [slot] }) => [number, slot?.index]),
      [
        [1, 0],
        [2, 1],
        [3, 2],
        [4, 3],
      ],
    )
    await other.close()
  })
})
