import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { found } from '../../test/found.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { EPOCH, probeAt, variants } from '../../test/timeline/rehearsal.ts'
import type { Log } from '../log.ts'
import { ticksFromSeconds, type UtcMs, utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { OutputSegment } from '../model/output-segment.ts'
import { recordedIn } from '../model/recorded-segment.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { type Archive, openArchive } from './archive.ts'

const log: Log = { info() {}, warn() {}, error() {} }
const account = { region: 'eu-west-1', accountId: '111122223333' }
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
const own = (id: string, revision = 1) => {
  return { guid: id.repeat(32), id, channelGuid: channel.guid, channelId: channel.id, revision }
}

describe('endpoints with ad markers and without, on one channel', () => {
  let folder: string
  let store: SqliteStore
  let archive: Archive
  let now: UtcMs = EPOCH

  const open = async () => {
    store = await openSqliteStore(join(folder, 'windrow.db'))
    const objects = await openFileObjects(join(folder, 'objects'))
    const { segmentIndex, resources } = store
    const retention = { liveMs: 60_000, marginMs: 0, graceMs: 3_600_000 }
    archive = await openArchive({ segmentIndex, resources, objects, clock: () => now, log, retention, account })
  }
  const close = async () => {
    await archive.close()
    await store.close()
  }
  /** Two seconds of pictures, and the two seconds they take; `tagged` are those with an ad tag before them. */
  const push = async (from: number, to: number, tagged: readonly number[] = []) => {
    for (let i = from; i < to; i++) {
      now = utcMs(now + 2000)
      const name = `a-${i}`
      const bytes = Buffer.from(name)
      const { key, writer } = await archive.createObject(ingest)
      await writer.write(bytes)
      await writer.commit()
      const stored = { key, name, size: bytes.length, crc32: crc32(bytes), sha256: 'x', receivedAt: now }
      await archive.storeSegment(ingest, { ...stored, probe: probeAt(10 + 2 * i) })
      const adTags = tagged.includes(i) && { adTags: [`#EXT-X-CUE-OUT:${i}`] }
      const targetDuration = ticksFromSeconds(2)
      const segments = [{ name, duration: targetDuration, discontinuity: false, ...adTags }]
      await archive.storeMediaPlaylist(ingest, { name: 'a', targetDuration, mediaSequence: i, segments, ended: false })
    }
  }
  /** The number and the slots of each output segment. */
  const shown = async (endpoint: OriginEndpoint) => {
    const { segments = [] } = (await archive.live(endpoint, 600)) ?? {}
    return segments.map(({ number, slots }) => [number, ...slots.map(({ index }) => index)])
  }
  const threes = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => [from + n, 3 * n, 3 * n + 1, 3 * n + 2])

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-ad-cuts-'))
    await open()
    await store.resources.createChannel(channel, { maxChannels: 1 })
    await archive.storeParentPlaylist(ingest, variants('a'))
  })
  after(async () => {
    await close()
    await rm(folder, { recursive: true })
  })

  const plain = hlsEndpoint({}, own('e'))
  const marking = hlsEndpoint({ adMarkers: 'PASSTHROUGH' }, own('f'))
  const changed = hlsEndpoint({}, own('f', 2))
  const cut = [
    [4, 0, 1, 2],
    [5, 3],
    [6, 4],
    [7, 5, 6, 7],
    [8, 8, 9],
    [9, 10, 11, 12],
  ]

  it('have segments of their own, also of what was sealed before and after a restart', async () => {
    for (const each of [plain, marking]) await store.resources.createOriginEndpoint(each, { maxPerChannel: 9 })
    await push(0, 3)
    assert.deepEqual(await shown(plain), threes(1, 1))
    await push(3, 9, [4, 5])
    assert.deepEqual(await shown(marking), cut.slice(0, 4))
    await push(9, 12, [10])
    await close()
    await open()
    await push(12, 13)
    assert.deepEqual(await shown(marking), cut)
    assert.deepEqual(await shown(plain), threes(1, 4))
    assert.deepEqual(
      await shown(hlsEndpoint({ adMarkers: 'DATERANGE', adTriggers: [] }, own('d'))),
      cut,
      'whatever markers',
    )
  })

  it('have numbers above all that were given when they are changed, and the old ones by what they were', async () => {
    await store.resources.updateOriginEndpoint(changed, 0)
    assert.deepEqual(await shown(changed), threes(10, 4))
    assert.deepEqual(await shown(marking), cut)
  })

  it('go on as they were when they are from before there was a difference, until they are changed', async () => {
    const older = hlsEndpoint({ adMarkers: 'PASSTHROUGH' }, own('b'))
    const { isCut: _, ...segment } = older.packaging.segment
    const packaging = { ...older.packaging, segment } as OriginEndpoint['packaging']
    assert.deepEqual(await shown({ ...older, packaging }), threes(10, 4))
    const numbers = (await shown(hlsEndpoint({ adMarkers: 'PASSTHROUGH' }, own('b', 2)))).map(([number]) => number)
    assert.deepEqual(numbers, [14, 15, 16, 17, 18, 19])
  })

  it('let an output timeline rest that none of them has any more', async () => {
    await archive.retain()
    const versions = async () =>
      (await store.segmentIndex.outputTimelinesOf(channel.guid)).map(({ isCut, version }) => (isCut ? version : 0))
    const resting = await versions()
    await push(13, 16)
    assert.deepEqual((await shown(changed)).at(-1), [14, 12, 13, 14])
    assert.deepEqual(await versions(), resting)
  })

  it('have two of one number, told apart, where an endpoint is as before and a job that began before goes on', async () => {
    const again = hlsEndpoint({ adMarkers: 'PASSTHROUGH' }, own('f', 3))
    const [[first] = []] = await shown(again)
    await push(30, 60)
    const segments = await Promise.all(
      [marking, again].map(async (each) => found(await archive.outputSegment(each, first!))!.segment),
    )
    for (const tell of [recordedIn, ({ startUtc }: OutputSegment) => startUtc]) {
      assert.notEqual(...(segments.map(tell) as [number, number]))
    }
  })
})
