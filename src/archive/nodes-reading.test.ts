import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test'
import { crc32 } from 'node:zlib'
import { EPOCH, probeAt, variants } from '../../test/timeline/rehearsal.ts'
import { ticksFromSeconds, type UtcMs, utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ContentListener } from '../stores/content-feed.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import { cacheObjects } from '../stores/object-cache.ts'
import type { Objects } from '../stores/objects.ts'
import { StoreUnavailable } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { type Archive, openArchive } from './archive.ts'

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
const endpoint = {
  guid: 'e'.repeat(32),
  id: 'e',
  channelId: channel.id,
  channelGuid: channel.guid,
  startoverWindowSeconds: 0,
  createdAt: EPOCH,
  modifiedAt: EPOCH,
  revision: 1,
  packaging: { segment: { durationSeconds: 2 } } as OriginEndpoint['packaging'],
} as OriginEndpoint

/** Two archives on one index: one takes in, the other hears of it when the test tells it. */
describe('an archive that another process writes, too', () => {
  let folder: string
  let store: SqliteStore
  let now: UtcMs
  let writer: Archive
  let reader: Archive
  let tell: ContentListener
  let looks: number
  /** What the index does before it gives the reader what is shown. */
  let beforeLook: () => Promise<void>
  /** What the reader's index does before it answers anything. */
  let beforeAnswer: () => void
  /** Keys that were read of the reader's store, which says so of each. */
  let reads: string[]
  let onRead: () => void

  const open = async (
    onListener: (listener: ContentListener) => void,
    changed: Partial<SegmentIndex> = {},
    objects?: Objects,
  ) =>
    openArchive({
      segmentIndex: { ...store.segmentIndex, ...changed },
      resources: store.resources,
      objects: objects ?? (await openFileObjects(join(folder, 'objects'))),
      clock: () => now,
      log: { info() {}, warn() {}, error() {} },
      retention: { liveMs: 60_000, marginMs: 0, graceMs: 3_600_000 },
      account: { region: 'eu-west-1', accountId: '111122223333' },
      shared: {
        owner: 'this process',
        feed: {
          onChange(listener) {
            onListener(listener)
            return () => {}
          },
          watch() {},
          unwatch() {},
        },
        claims: { claimWork: async () => [], releaseWork: async () => {} },
        staged: { stage: async () => {}, abandon: async () => 0, unstaged: async () => [] },
        changing: (_, work) => work(store.segmentIndex),
      },
    })

  /** An index that does something before each answer. */
  const answering = (index: SegmentIndex): SegmentIndex =>
    new Proxy(index, {
      get(target, name: keyof SegmentIndex) {
        const method = target[name] as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          beforeAnswer()
          return method.apply(target, args)
        }
      },
      ownKeys: (target) => Reflect.ownKeys(target),
    })

  /** So many segments of two seconds of both streams at the writer. */
  const push = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      now = utcMs(now + 2000)
      for (const playlist of ['a', 'b']) await pushTo(playlist, i)
    }
  }
  const pushTo = async (playlist: string, i: number) => {
    const name = `${playlist}-${i}`
    const bytes = Buffer.from(name)
    const { key, writer: object } = await writer.createObject(ingest)
    await object.write(bytes)
    await object.commit()
    const about = { key, name, size: bytes.length, crc32: crc32(bytes), sha256: 'x', receivedAt: now }
    await writer.storeSegment(ingest, { ...about, probe: probeAt(10 + 2 * i) })
    await writer.storeMediaPlaylist(ingest, {
      name: playlist,
      targetDuration: ticksFromSeconds(2),
      mediaSequence: i,
      segments: [{ name, duration: ticksFromSeconds(2), discontinuity: false }],
      ended: false,
    })
  }
  /** The newest segment of a stream as an object. */
  const newestObject = async (archive: Archive, stream: number) =>
    (await archive.live(endpoint, 600))!.segments.at(-1)!.slots[0]!.objects[stream]!
  const newestAt = async (archive: Archive) => (await archive.live(endpoint, 600))?.segments.at(-1)?.number

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-others-'))
    now = EPOCH
    looks = 0
    beforeLook = async () => {}
    beforeAnswer = () => {}
    reads = []
    onRead = () => {}
    const stored = await openFileObjects(join(folder, 'objects'))
    store = await openSqliteStore(join(folder, 'windrow.db'))
    writer = await open(() => {})
    reader = await open(
      (listener) => {
        tell = listener
      },
      answering({
        ...store.segmentIndex,
        async outputTimelinesOf(guid) {
          looks++
          await beforeLook()
          return store.segmentIndex.outputTimelinesOf(guid)
        },
      }),
      cacheObjects(
        {
          ...stored,
          async read(key, range) {
            const bytes = await stored.read(key, range)
            reads.push(key)
            onRead()
            return bytes
          },
        },
        { maxBytes: 1 << 20, isFar: true },
      ),
    )
    await store.resources.createChannel(channel, { maxChannels: 1 })
    await writer.storeParentPlaylist(ingest, variants('a', 'b'))
    await push(0, 5)
    assert.equal(await newestAt(writer), 5)
    assert.equal(await newestAt(reader), 5)
    looks = 0
  })
  afterEach(async () => {
    await Promise.all([writer.close(), reader.close()])
    await store.close()
    await rm(folder, { recursive: true })
  })

  it('has a segment that the other has listed, though it has not heard of it yet', async () => {
    await push(5, 6)
    assert.equal(await newestAt(reader), 5, 'it has not heard of it')
    const found = await reader.outputSegment(endpoint, 6)
    assert.equal(typeof found === 'object' ? found.segment.number : found, 6)
    assert.equal(looks, 1)
    assert.equal(await newestAt(reader), 6)
  })

  it('has a segment by its time that the other has listed, and an era', async () => {
    await push(5, 6)
    const { era, start } = (await writer.live(endpoint, 600))!.segments.at(-1)!
    const found = await reader.outputSegmentsAround(endpoint, { era, time: start })
    assert.ok(found.segments.some((segment) => segment.start === start))
    await push(50, 53)
    const next = (await writer.live(endpoint, 600))!.segments.at(-1)!.era
    assert.notEqual(next, era, 'it begins an era')
    const known = await reader.era(endpoint, next)
    assert.equal(typeof known === 'object' ? known.id : known, next)
  })

  it('looks once for many who ask for what is yet to come', async () => {
    const asked = Array.from({ length: 50 }, () => reader.outputSegment(endpoint, 6))
    assert.deepEqual(new Set(await Promise.all(asked)), new Set(['not yet']))
    assert.ok(looks <= 3, `${looks} looks`)
  })

  it('does not say that a segment is yet to come when it cannot learn whether the other has listed it', async () => {
    await push(5, 6)
    beforeLook = async () => {
      throw new StoreUnavailable('gone')
    }
    await assert.rejects(reader.outputSegment(endpoint, 6), StoreUnavailable)
    beforeLook = async () => {}
    assert.equal(typeof (await reader.outputSegment(endpoint, 6)), 'object')
  })

  it('shows what is in memory when the index does not answer, or not for long', async (t: TestContext) => {
    await push(5, 6)
    beforeLook = async () => {
      throw new StoreUnavailable('gone')
    }
    tell(channel.guid, 'shown')
    assert.equal(await newestAt(reader), 5)
    const answers = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    beforeLook = () => {
      asked.resolve()
      return answers.promise
    }
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const first = newestAt(reader)
    await asked.promise
    assert.equal(await newestAt(reader), 5, 'the others do not wait at all')
    t.mock.timers.tick(1000)
    assert.equal(await first, 5)
    t.mock.timers.reset()
    answers.resolve()
    await reader.outputSegment(endpoint, 6)
    assert.equal(await newestAt(reader), 6)
  })

  it('reads new media of the streams that were asked for here, before it is asked again', async () => {
    await reader.openProven(await newestObject(reader, 2))
    const isRead = Promise.withResolvers<void>()
    onRead = isRead.resolve
    await push(5, 6)
    reads = []
    tell(channel.guid, 'shown')
    await isRead.promise
    const { key } = await newestObject(writer, 2)
    assert.deepEqual(reads, [key])
    assert.equal(String(await reader.read(await newestObject(reader, 2))), 'b-5')
    assert.deepEqual(reads, [key], 'it is in memory')
    now = utcMs(now + 30_000)
    await push(6, 7)
    tell(channel.guid, 'shown')
    await newestAt(reader)
    await reader.close()
    assert.deepEqual(reads, [key], 'nobody has asked for thirty seconds')
  })

  /** Everything that live players ask for at the reader: manifests, and the newest segments by number and time. */
  async function playAll(): Promise<number> {
    const { segments, eras } = (await reader.live(endpoint, 600))!
    assert.deepEqual(
      eras.map(({ id }) => id),
      [...new Set(segments.map(({ era }) => era))],
    )
    assert.ok(await reader.edge(endpoint))
    for (const { number, era, start } of segments.slice(-3)) {
      assert.equal(typeof (await reader.outputSegment(endpoint, number)), 'object')
      assert.ok((await reader.outputSegmentsAround(endpoint, { era, time: start })).segments.length > 0)
      assert.equal(typeof (await reader.era(endpoint, era)), 'object')
    }
    return segments.at(-1)!.number
  }

  it('plays on when the index is lost, and wherever it is lost again while all is read anew', async () => {
    // An era is shown that was over before the slots that inputs keep in memory.
    await push(50, 115)
    tell(channel.guid, 'shown')
    const newest = await playAll()
    const gone = () => {
      throw new StoreUnavailable('gone')
    }
    beforeAnswer = gone
    tell(undefined, 'inputs')
    assert.equal(await playAll(), newest)
    await push(115, 116)
    for (let answers = 0; ; answers++) {
      let left = answers
      beforeAnswer = () => {
        if (left-- <= 0) gone()
      }
      tell(undefined, 'shown')
      await reader.edge(endpoint)
      beforeAnswer = gone
      const shown = await playAll()
      if (answers === 0) assert.equal(shown, newest)
      if (left >= 0) return assert.equal(shown, newest + 1)
    }
  })

  it('reads again after it stood still, before it hears of anything', async () => {
    await push(5, 10)
    assert.equal(await newestAt(reader), 10)
  })
})
