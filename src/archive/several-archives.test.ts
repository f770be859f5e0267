import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { EPOCH, probeAt, variants } from '../../test/timeline/rehearsal.ts'
import { ticksFromSeconds, type UtcMs, utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ChangedPart, ContentListener } from '../stores/content-feed.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import { StoreUnavailable } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { type Archive, openArchive } from './archive.ts'

const log = { info() {}, warn() {}, error() {} }
const account = { region: 'eu-west-1', accountId: '111122223333' }
const retention = { liveMs: 60_000, marginMs: 0, graceMs: 3_600_000 }
const CHANNEL = 'c'.repeat(32)
const INPUT = { channelGuid: CHANNEL, ingestEndpointId: CHANNEL }
const channel: Channel = {
  guid: CHANNEL,
  id: 'news',
  tags: {},
  createdAt: EPOCH,
  revision: 1,
  ingestEndpoints: [
    { id: CHANNEL, username: 'u', password: 'p' },
    { id: 'd'.repeat(32), username: 'u', password: 'p' },
  ],
}
const endpoint = {
  guid: 'e'.repeat(32),
  id: 'e',
  channelId: channel.id,
  channelGuid: CHANNEL,
  startoverWindowSeconds: 0,
  timeDelaySeconds: 0,
  createdAt: EPOCH,
  modifiedAt: EPOCH,
  revision: 1,
  packaging: { segment: { durationSeconds: 2 } },
} as OriginEndpoint

/** One archive of several over one index, and what it has asked of the index. */
type Peer = {
  readonly archive: Archive
  readonly asked: string[]
  readonly watched: Set<string>
  /** The moments that it has named to the others: of claims, of objects staged, and before which they are abandoned. */
  readonly named: Record<string, number>
}

describe('several archives over one index', () => {
  let folder: string
  let store: SqliteStore
  let now: UtcMs
  let peers: Peer[]
  /** What the index is unable to answer. */
  let broken: ReadonlySet<string>
  /** True when the store takes commits of inputs that it then loses, as one that others take over may. */
  let losesCommits: boolean
  /** What the first archive waits for when it asks the index. */
  let slow: Promise<void> | undefined
  const listeners = new Map<string, ContentListener>()

  /** Tells of the commits of each archive to the others at once. */
  function indexOf(owner: string, asked: string[]): SegmentIndex {
    const tell = (channelGuid: string, part: ChangedPart) => {
      for (const [other, listener] of listeners) if (other !== owner) listener(channelGuid, part)
    }
    const index: SegmentIndex = {
      ...store.segmentIndex,
      async commitTimeline(ref, commit) {
        if (losesCommits) return 'committed'
        const answer = await store.segmentIndex.commitTimeline(ref, commit)
        if (answer === 'committed') tell(ref.channelGuid, commit.outputTimelines?.length ? 'shown' : 'inputs')
        return answer
      },
      async commitOutputTimelines(channelGuid, commit) {
        const answer = await store.segmentIndex.commitOutputTimelines(channelGuid, commit)
        if (answer === 'committed') tell(channelGuid, 'shown')
        return answer
      },
    }
    const noted = Object.entries(index).map(([name, operation]) => {
      const call = async (...asking: unknown[]) => {
        if (broken.has(name)) throw new StoreUnavailable('broken')
        asked.push(name)
        if (owner === 'first') await slow
        return (operation as (...asking: unknown[]) => unknown)(...asking)
      }
      return [name, call] as const
    })
    return Object.fromEntries(noted) as unknown as SegmentIndex
  }

  async function open(owner: string, dateAhead = 0): Promise<Peer> {
    const named: Record<string, number> = {}
    const asked: string[] = []
    const watched = new Set<string>()
    const segmentIndex = indexOf(owner, asked)
    const archive = await openArchive({
      segmentIndex,
      resources: store.resources,
      objects: await openFileObjects(join(folder, 'objects')),
      clock: () => now,
      serverDate: () => ({ believed: dateAhead, shown: dateAhead }),
      log,
      retention,
      account,
      shared: {
        owner,
        feed: {
          onChange(listener) {
            listeners.set(owner, listener)
            return () => listeners.delete(owner)
          },
          watch: (guid) => watched.add(guid),
          unwatch: (guid) => watched.delete(guid),
        },
        // The first that asks has all the work.
        claims: {
          async claimWork(claim) {
            named['claimed'] = claim.now
            return owner === 'first' ? claim.names : []
          },
          releaseWork: async () => {},
        },
        changing: (_, work) => work(segmentIndex),
        staged: {
          async stage(_, at) {
            named['staged'] = at
          },
          async abandon(before) {
            named['abandoned'] = before
            return 0
          },
          unstaged: async () => [],
        },
      },
    })
    return { archive, asked, watched, named }
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'several-archives-'))
    now = EPOCH
    broken = new Set()
    losesCommits = false
    store = await openSqliteStore(join(folder, 'windrow.db'))
    await store.resources.createChannel(channel, { maxChannels: 1 })
    await store.resources.createOriginEndpoint(endpoint, { maxPerChannel: 1 })
    peers = [await open('first'), await open('second')]
    await peers[1]!.archive.storeParentPlaylist(INPUT, variants('a'))
  })
  afterEach(async () => {
    broken = new Set()
    for (const { archive } of peers) await archive.close()
    await store.close()
    await rm(folder, { recursive: true })
  })

  async function put(archive: Archive, name: string, i: number): Promise<void> {
    const { key, writer } = await archive.createObject(INPUT)
    await writer.write(Buffer.from('a'))
    await writer.commit()
    const probe = probeAt(10 + 2 * i)
    await archive.storeSegment(INPUT, { key, name, size: 1, crc32: 0, sha256: 'x', receivedAt: now, probe })
  }
  const list = (archive: Archive, i: number, ended = false) =>
    archive.storeMediaPlaylist(INPUT, {
      name: 'a',
      targetDuration: ticksFromSeconds(2),
      mediaSequence: i,
      segments: [{ name: `a-${i}`, duration: ticksFromSeconds(2), discontinuity: false }],
      ended,
    })
  async function push(archive: Archive, from: number, to: number, ended = false): Promise<void> {
    for (let i = from; i < to; i++) {
      now = utcMs(now + 2000)
      await put(archive, `a-${i}`, i)
      await list(archive, i, ended && i === to - 1)
    }
  }
  const numbers = async ({ archive }: Peer) => (await archive.live(endpoint, 600))?.segments.map(({ number }) => number)
  const ask = async (peer: Peer, what: () => Promise<unknown>) => {
    peer.asked.length = 0
    await what()
    return new Set(peer.asked)
  }

  it('show the same, without reading what only inputs change', async () => {
    const [first, second] = peers as [Peer, Peer]
    await push(second.archive, 0, 3)
    assert.deepEqual(
      [await numbers(first), await numbers(second)],
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
    )
    const read = await ask(first, async () => {
      await push(second.archive, 3, 5)
      assert.deepEqual(await numbers(first), [1, 2, 3, 4, 5])
    })
    for (const name of ['loadTimeline', 'unsettledObjects', 'lastSlots']) assert.ok(!read.has(name), name)
    const unpublished = await ask(first, async () => {
      await second.archive.storeParentPlaylist(INPUT, variants('a', 'b'))
      assert.deepEqual(await numbers(first), [1, 2, 3, 4, 5])
    })
    assert.deepEqual([...unpublished], [])
  })

  it('read nothing to change what no other has changed', async () => {
    const [first] = peers as [Peer, Peer]
    await push(first.archive, 0, 3)
    await first.archive.storeParentPlaylist(INPUT, variants('a'))
    const asked = await ask(first, async () => {
      await put(first.archive, 'a-3', 3)
      await list(first.archive, 3)
    })
    assert.deepEqual([...asked], ['commitTimeline'])
    assert.deepEqual(await numbers(first), [1, 2, 3, 4])
  })

  it('show that the channel has ended, and goes on', async () => {
    const [first, second] = peers as [Peer, Peer]
    const ended = async ({ archive }: Peer) => (await archive.live(endpoint, 600))?.ended
    await push(second.archive, 0, 3)
    assert.deepEqual([await ended(first), await ended(second)], [false, false])
    await push(second.archive, 3, 4, true)
    assert.deepEqual([await ended(first), await ended(second)], [true, true])
    await push(second.archive, 4, 5)
    assert.deepEqual([await ended(first), await ended(second)], [false, false])
  })

  it('take an encoder in by turns', async () => {
    for (let i = 0; i < 12; i++) await push(peers[i % 2]!.archive, i, i + 1)
    const all = Array.from({ length: 12 }, (_, i) => i + 1)
    assert.deepEqual(await Promise.all(peers.map(numbers)), [all, all])
  })

  it('read no channel for retention that has nothing to be deleted, and keep none in memory for it', async () => {
    const [first, second] = peers as [Peer, Peer]
    await push(second.archive, 0, 3)
    await first.archive.tick()
    const idle = await ask(first, () => first.archive.retain())
    for (const name of ['forget', 'loadTimeline', 'versionsOf']) assert.ok(!idle.has(name), name)
    now = utcMs(now + 3_600_000)
    await first.archive.tick()
    assert.ok((await ask(first, () => first.archive.retain())).has('forget'))
    assert.deepEqual([...first.watched], [])
    assert.deepEqual(await store.segmentIndex.slots(INPUT, undefined, 9), [])
  })

  it('no longer show what retention at another has deleted', async () => {
    const [first, second] = peers as [Peer, Peer]
    await push(second.archive, 0, 60)
    assert.equal((await numbers(second))?.[0], 1)
    await first.archive.tick()
    await first.archive.retain()
    await second.archive.retain()
    assert.deepEqual(await numbers(second), await numbers(first))
    assert.equal((await numbers(second))?.[0], 30)
  })

  it('keep no channel in memory that nobody asks for', async () => {
    const [first, second] = peers as [Peer, Peer]
    await push(second.archive, 0, 3)
    await numbers(first)
    const version = first.archive.version(CHANNEL)
    now = utcMs(now + 600_000)
    await second.archive.storeParentPlaylist(INPUT, variants('a'))
    await first.archive.tick()
    await first.archive.retain()
    assert.deepEqual([[...first.watched], [...second.watched]], [[], [CHANNEL]])
    // A manifest that was rendered before is not taken for what is shown now.
    assert.notEqual(first.archive.version(CHANNEL), version)
    await push(second.archive, 3, 5)
    assert.deepEqual((await numbers(first))?.at(-1), 5)
  })

  it('show what they have read while the index does not answer', async () => {
    const [first, second] = peers as [Peer, Peer]
    await push(second.archive, 0, 3)
    assert.deepEqual(await numbers(first), [1, 2, 3])
    await push(second.archive, 3, 4)
    broken = new Set(['outputTimelinesOf'])
    assert.deepEqual(await numbers(first), [1, 2, 3])
    broken = new Set()
    assert.deepEqual(await numbers(first), [1, 2, 3, 4])
  })

  it('do not take for the newest what they show while the index does not answer', async () => {
    const [first, second] = peers as [Peer, Peer]
    await push(second.archive, 0, 3)
    await numbers(first)
    await push(second.archive, 3, 4, true)
    broken = new Set(['outputTimelinesOf'])
    const window = await first.archive.live(endpoint, 600)
    const edge = await first.archive.edge(endpoint)
    assert.deepEqual([window?.segments.length, edge?.segment.number], [3, 3])
    // A manifest made of it would be kept as long as the version is the same, and nothing more will be told.
    for (const { version } of [window!, edge!]) assert.ok(version < first.archive.version(CHANNEL))
    broken = new Set()
    const last = await first.archive.live(endpoint, 600)
    assert.deepEqual([last?.segments.length, last?.version], [4, first.archive.version(CHANNEL)])
  })

  it('do not take for the newest what they show while the index takes its time', async () => {
    const [first, second] = peers as [Peer, Peer]
    await push(second.archive, 0, 3)
    await numbers(first)
    await push(second.archive, 3, 4, true)
    const answer = Promise.withResolvers<void>()
    slow = answer.promise
    const waiting = first.archive.live(endpoint, 600)
    await setImmediate()
    const window = await first.archive.live(endpoint, 600)
    const newest = first.archive.version(CHANNEL)
    slow = undefined
    answer.reject(new StoreUnavailable('too late'))
    await waiting
    assert.equal(window?.segments.length, 3)
    assert.ok(window.version < newest)
    assert.equal((await numbers(first))?.at(-1), 4)
  })

  it('read all anew, under whatever versions, when another store may have taken over without the last commits', async () => {
    const [first, second] = peers as [Peer, Peer]
    await push(second.archive, 0, 3)
    assert.deepEqual(await numbers(first), [1, 2, 3])
    await first.archive.storeParentPlaylist(INPUT, variants('a'))
    losesCommits = true
    await put(first.archive, 'lost', 3)
    losesCommits = false
    const hear = listeners.get('first')!
    listeners.delete('first')
    await put(second.archive, 'a-3', 3)
    hear(undefined, 'inputs')
    await list(first.archive, 3)
    assert.deepEqual(await numbers(first), [1, 2, 3, 4])
    assert.ok((await first.archive.live(endpoint, 600))?.segments.at(-1)?.slots[0]?.objects[1], 'no gap')
  })

  it('do not wait for what was refused while the index did not answer', async () => {
    const [first] = peers as [Peer, Peer]
    await push(first.archive, 0, 3)
    await list(first.archive, 3)
    for (let seconds = 0; seconds < 30; seconds++) {
      now = utcMs(now + 1000)
      broken = new Set(['versionsOf', 'commitTimeline', 'commitOutputTimelines'])
      await assert.rejects(put(first.archive, 'a-3', 3), StoreUnavailable)
      await first.archive.tick()
    }
    broken = new Set()
    await first.archive.tick()
    await put(first.archive, 'a-3', 3)
    assert.deepEqual(await numbers(first), [1, 2, 3, 4])
    assert.ok((await first.archive.live(endpoint, 600))?.segments.at(-1)?.slots[0]?.objects[1], 'no gap')
  })

  it('do not wait for what another refused while the index did not answer', async () => {
    const [first, second] = peers as [Peer, Peer]
    await push(first.archive, 0, 3)
    await list(first.archive, 3)
    for (let seconds = 0; seconds < 30; seconds++) {
      now = utcMs(now + 1000)
      broken = new Set(['commitTimeline'])
      await assert.rejects(put(second.archive, 'a-3', 3), StoreUnavailable)
      broken = new Set()
      listeners.get('first')!(undefined, 'inputs')
      await first.archive.tick()
    }
    await put(second.archive, 'a-3', 3)
    assert.deepEqual(await numbers(first), [1, 2, 3, 4])
    assert.ok((await first.archive.live(endpoint, 600))?.segments.at(-1)?.slots[0]?.objects[1], 'no gap')
  })

  it('leave to one of them what retention deletes, also beside the archive', async () => {
    const retain = () => peers.map(({ archive }) => archive.retains())
    assert.deepEqual(retain(), [false, false])
    for (const { archive } of peers) await archive.tick()
    assert.deepEqual(retain(), [true, false])
    await peers[0]!.archive.release()
    assert.deepEqual(retain(), [false, false])
  })

  it('keep leases, and find what a crash left, by the clock they share, whatever date each believes', async () => {
    await peers[0]!.archive.close()
    // After a step of the date, a process that has just started believes it, and the others do not yet.
    const started = await open('first', 86_400_000)
    peers[0] = started
    await push(started.archive, 0, 1)
    await started.archive.tick()
    await started.archive.retain()
    assert.deepEqual(started.named, { staged: now, claimed: now, abandoned: now - 3_600_000 })
  })
})
