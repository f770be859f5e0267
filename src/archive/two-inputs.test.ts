import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { found } from '../../test/found.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { EPOCH, probeAt, variants } from '../../test/timeline/rehearsal.ts'
import { wholeWindow } from '../../test/whole-window.ts'
import type { Log } from '../log.ts'
import { ticksFromSeconds, type UtcMs, utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { type Archive, openArchive } from './archive.ts'
import { ChannelContent } from './channel-content.ts'

const log: Log = { info() {}, warn() {}, error() {} }
const [FIRST, SECOND] = ['c'.repeat(32), 'd'.repeat(32)]
const channel: Channel = {
  guid: FIRST,
  id: 'news',
  tags: {},
  createdAt: EPOCH,
  revision: 1,
  ingestEndpoints: [
    { id: FIRST, username: 'u', password: 'p' },
    { id: SECOND, username: 'u', password: 'p' },
  ],
}

function endpoint(id: string, segmentDurationSeconds: number): OriginEndpoint {
  return hlsEndpoint(
    { durationSeconds: segmentDurationSeconds },
    { guid: id.padEnd(32, '0'), id, channelId: 'news', channelGuid: FIRST },
  )
}

describe('the archive of a channel with two inputs', () => {
  let folder: string
  let store: SqliteStore
  let archive: Archive
  let now: UtcMs

  const open = async (
    changed: Partial<SqliteStore['resources']> = {},
    changedIndex: (index: SegmentIndex) => Partial<SegmentIndex> = () => ({}),
  ) => {
    store = await openSqliteStore(join(folder, 'windrow.db'))
    const segmentIndex = { ...store.segmentIndex, ...changedIndex(store.segmentIndex) }
    const resources = { ...store.resources, ...changed }
    archive = await openArchive({
      segmentIndex,
      resources,
      objects: await openFileObjects(join(folder, 'objects')),
      clock: () => now,
      log,
      retention: { liveMs: 60_000, marginMs: 0, graceMs: 3_600_000 },
      account: { region: 'eu-west-1', accountId: '111122223333' },
    })
  }
  const restart = async () => {
    await archive.close()
    await store.close()
    await open()
  }
  const pass = async (ms: number) => {
    now = utcMs(now + ms)
    await archive.tick()
  }
  const put = async (ingestEndpointId: string, i: number, base = 10) => {
    const ref = { channelGuid: FIRST, ingestEndpointId }
    const name = `a-${i}.ts`
    const { key, writer } = await archive.createObject(ref)
    const bytes = Buffer.from(`${ingestEndpointId} ${name}`)
    const stored = { key, name, size: bytes.length, crc32: crc32(bytes), sha256: key, receivedAt: now }
    await writer.write(bytes)
    await writer.commit()
    await archive.storeSegment(ref, { ...stored, probe: probeAt(base + 2 * i) })
  }
  const list = (ingestEndpointId: string, i: number, ended = false) => {
    const duration = ticksFromSeconds(2)
    const segment = { name: `a-${i}.ts`, duration, discontinuity: false, programDateTime: utcMs(EPOCH + 2000 * i) }
    const playlist = { name: 'a', targetDuration: duration, mediaSequence: i, segments: [segment], ended }
    return archive.storeMediaPlaylist({ channelGuid: FIRST, ingestEndpointId }, playlist)
  }
  const push = async (ingestEndpointId: string, i: number, base = 10, ended = false) => {
    await put(ingestEndpointId, i, base)
    await list(ingestEndpointId, i, ended)
  }
  /** Segments from one number up to another, of the inputs that are there. */
  const both = async (from: number, to: number, inputs: readonly string[] = [FIRST, SECOND], base = 10) => {
    for (let i = from; i < to; i++) {
      await pass(2000)
      for (const input of inputs) await push(input, i, input === SECOND ? base : 10)
    }
  }
  /** Number, era and input of what an endpoint shows. */
  const shown = async (e: OriginEndpoint) => {
    const { segments = [] } = (await archive.live(e, 600)) ?? {}
    return Promise.all(
      segments.map(async ({ number, era, discontinuity, slots }) => {
        const bytes = Buffer.from(await archive.read(slots[0]!.objects[1]!)).toString()
        return `${number} ${era} ${bytes.startsWith(FIRST) ? 'first' : 'second'}${discontinuity ? ' breaks' : ''}`
      }),
    )
  }
  const events = async () => (await store.resources.listEvents({ limit: 99 })).items

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-two-inputs-'))
    now = EPOCH
    await open()
    await store.resources.createChannel(channel, { maxChannels: 1 })
    for (const ingestEndpointId of [FIRST, SECOND]) {
      await archive.storeParentPlaylist({ channelGuid: FIRST, ingestEndpointId }, variants('a'))
    }
  })
  afterEach(async () => {
    await archive.close()
    await store.close()
    await rm(folder, { recursive: true })
  })

  it('goes over to the second input, and shows the same after a restart', async () => {
    const [locked, late] = [endpoint('locked', 2), endpoint('late', 6)]
    await both(0, 3)
    assert.equal(await archive.activeInput(locked), FIRST)
    assert.deepEqual(await shown(late), ['4 1 first'])
    await both(3, 9, [SECOND])
    const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${n} 1 ${n > 3 ? 'second' : 'first'}`)
    assert.deepEqual(await shown(locked), expected)
    assert.equal(await archive.activeInput(locked), SECOND)
    assert.equal(await archive.activeInput(late), SECOND)
    await restart()
    assert.deepEqual(await shown(locked), expected)
    assert.equal(await archive.activeInput(locked), SECOND)
    await both(9, 11)
    assert.deepEqual((await shown(locked)).slice(-2), ['10 1 second', '11 1 second'])
    assert.deepEqual(
      (await wholeWindow(archive, locked, { start: EPOCH, end: now }))?.segments.map(
        ({ startUtc }) => (startUtc - EPOCH) / 2000,
      ),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
  })

  it('tells eras of the two inputs apart where they are not on one timeline', async () => {
    const e = endpoint('e', 2)
    await both(0, 3, [FIRST, SECOND], 500)
    assert.equal((await shown(e)).length, 3)
    await both(3, 7, [SECOND], 500)
    assert.deepEqual((await shown(e)).slice(2, 5), ['3 1 first', '4 1000001 second breaks', '5 1000001 second'])
    assert.equal(found(await archive.era(e, 1_000_001))?.id, 1_000_001)
    await restart()
    assert.equal(found(await archive.era(e, 1_000_001))?.id, 1_000_001)
    assert.equal(found(await archive.era(e, 1))?.id, 1)
    const later = endpoint('later', 2)
    assert.deepEqual(await shown(later), await shown(e), 'the output timeline is shared')
  })

  it('tells of a switch once in five minutes', async () => {
    const [e, f] = [endpoint('e', 2), endpoint('f', 2)]
    for (const one of [e, f]) await store.resources.createOriginEndpoint(one, { maxPerChannel: 9 })
    await both(0, 3)
    for (const one of [e, f]) await shown(one)
    await both(3, 8, [SECOND])
    const told = await events()
    assert.deepEqual(
      told.map(({ detailType, resources, detail }) => ({ detailType, resources, detail })),
      [e, f].map(({ guid }) => ({
        detailType: 'MediaPackage Input Notification',
        resources: [`arn:aws:mediapackage:eu-west-1:111122223333:origin_endpoints/${guid}`],
        detail: {
          event: 'InputSwitchEvent',
          message: 'Origin endpoint experienced an Input Switch Event',
          EventDetails: { Channel: FIRST, PreviousIngestEndpoint: FIRST, CurrentIngestEndpoint: SECOND },
        },
      })),
    )
    await both(8, 13, [FIRST])
    assert.equal(await archive.activeInput(e), FIRST)
    await restart()
    await archive.live(e, 60)
    await pass(0)
    assert.equal((await events()).length, 2, 'the second switch is kept to ourselves')
    await both(13, 170, [FIRST])
    await both(170, 175, [SECOND])
    assert.equal((await events()).length, 4)
  })

  it('ends when both inputs have, an input that never came apart', async () => {
    const e = endpoint('e', 2)
    await both(0, 2)
    assert.equal((await shown(e)).length, 2)
    await push(FIRST, 2, 10, true)
    assert.equal((await archive.live(e, 60))?.ended, false)
    await push(SECOND, 2, 10, true)
    assert.equal((await archive.live(e, 60))?.ended, true)
    await restart()
    assert.equal((await archive.live(e, 60))?.ended, true)
    await push(SECOND, 3)
    assert.equal((await archive.live(e, 60))?.ended, false)
    assert.equal((await shown(e)).at(-1), '4 1 second')
  })

  it('fills what one input lacks from the other, and keeps that as long as either needs it', async () => {
    const e = endpoint('e', 2)
    await both(0, 3)
    await pass(2000)
    await push(SECOND, 3)
    await restart()
    await both(4, 6)
    assert.deepEqual(await shown(e), ['1 1 first', '2 1 first', '3 1 first', '4 1 second', '5 1 first', '6 1 first'])
    const { segments } = (await wholeWindow(archive, e, { start: EPOCH, end: now }))!
    assert.deepEqual(
      segments.map(({ startUtc, discontinuity }) => [(startUtc - EPOCH) / 2000, discontinuity]),
      [0, 1, 2, 3, 4, 5].map((i) => [i, false]),
    )
    const [filled] = segments[3]!.slots
    const ref = { channelGuid: FIRST, ingestEndpointId: SECOND }
    await store.segmentIndex.forget(ref, utcMs(now + 1), { inUse: [], limit: 99 })
    await archive.retain()
    assert.ok((await archive.read(filled!.objects[1]!)).length > 0)
  })

  it('leaves a store alone for a while that cannot take the event of a switch, and tells it then', async () => {
    const e = endpoint('e', 2)
    await store.resources.createOriginEndpoint(e, { maxPerChannel: 9 })
    await archive.close()
    await store.close()
    let tries = 0
    let isAway = true
    const appendEvent: typeof store.resources.appendEvent = async (event) => {
      tries++
      if (isAway) throw new Error('away')
      return store.resources.appendEvent(event)
    }
    await open({ appendEvent })
    await both(0, 3)
    await shown(e)
    await both(3, 7, [SECOND])
    for (let i = 0; i < 150; i++) await pass(200)
    assert.equal(await archive.activeInput(e), SECOND)
    assert.ok(tries > 2 && tries < 9, `${tries} tries in 30 s`)
    isAway = false
    await pass(60_000)
    assert.equal((await events()).length, 1)
    const [last] = [tries]
    await pass(60_000)
    assert.equal(tries, last)
  })

  /** All that is shown of an endpoint, but for where the numbers begin. */
  const facts = async (e: OriginEndpoint) => {
    const { segments = [], eras = [] } = (await archive.live(e, 6000)) ?? {}
    const from = segments[0]?.number ?? 0
    return {
      eras,
      segments: segments.map(({ number, period, ...rest }) => {
        return { ...rest, number: number - from, period: period && { ...period, number: period.number - from } }
      }),
    }
  }

  it('gives an endpoint that comes back to a segment duration what it showed under that before', async () => {
    const revised = (revision: number, seconds: number): OriginEndpoint => ({ ...endpoint('e', seconds), revision })
    const two = revised(1, 2)
    await both(0, 4)
    assert.equal((await shown(two)).length, 4)
    // The server is away, and the second input is back first.
    now = utcMs(now + 60_000)
    await restart()
    await archive.live(two, 60)
    await push(SECOND, 34)
    await pass(3000)
    await push(FIRST, 34)
    await both(35, 37)
    assert.equal(await archive.activeInput(two), FIRST)
    assert.equal((await shown(revised(2, 6))).length, 3)
    // The first input ends, is late once it is back, and the second dies.
    await push(FIRST, 36, 10, true)
    await both(37, 39, [SECOND])
    await both(39, 44)
    await both(44, 50, [FIRST])
    await pass(9000)
    await push(FIRST, 50)
    const before = await facts(two)
    const again = await facts(revised(3, 2))
    assert.ok(before.segments.length > 15)
    assert.deepEqual(again, before)
    const past = async (e: OriginEndpoint) => {
      const edge = (await archive.edge(e))!
      return (await archive.range(e, { start: EPOCH, end: edge.publishedUntil }, edge))!.eras
    }
    assert.deepEqual(await past(revised(3, 2)), await past(two))
    assert.ok((await past(two)).length > 0)
    await both(51, 53)
    await restart()
    await both(53, 58, [SECOND])
    await archive.live(revised(3, 2), 60)
    assert.deepEqual(await facts(revised(3, 2)), await facts(two))
    assert.equal(await archive.activeInput(revised(3, 2)), SECOND)
    assert.ok(
      (await archive.live(two, 60))!.segments[0]!.number < (await archive.live(revised(3, 2), 60))!.segments[0]!.number,
    )
  })

  it('lets an output timeline rest that no endpoint has any more, and takes it up again where it stood', async () => {
    const revised = (revision: number, seconds: number): OriginEndpoint => ({ ...endpoint('e', seconds), revision })
    await store.resources.createOriginEndpoint(revised(1, 2), { maxPerChannel: 9 })
    await both(0, 4)
    assert.equal((await shown(revised(1, 2))).length, 4)
    const version = async () => (await store.segmentIndex.outputTimelinesOf(FIRST))[0]!.version
    const used = await version()
    await archive.retain()
    await both(4, 6)
    assert.equal(await version(), used + 4, 'it is in use')
    await store.resources.updateOriginEndpoint(revised(2, 6), 0)
    await archive.retain()
    const resting = await version()
    await both(6, 12, [SECOND])
    await restart()
    await archive.live(revised(2, 6), 60)
    await both(12, 14)
    await archive.retain()
    assert.equal(await version(), resting)
    // Whoever still asks gets what would have been shown.
    const segments = await shown(revised(1, 2))
    assert.deepEqual(
      segments,
      Array.from({ length: 14 }, (_, i) => `${i + 1} 1 ${i < 6 ? 'first' : 'second'}`),
    )
    await both(14, 15)
    assert.equal((await shown(revised(1, 2))).length, 15)
    await archive.retain()
    await both(15, 50)
    await archive.retain()
    const again = revised(3, 2)
    await store.resources.updateOriginEndpoint(again, 0)
    const { segments: kept = [] } = (await archive.live(again, 600)) ?? {}
    assert.ok(kept.length > 25, `${kept.length}`)
    for (const { slots } of kept) {
      for (const { sealedAt, objects } of slots) {
        assert.ok(sealedAt >= now - 60_000, 'an output timeline at rest keeps nothing')
        await archive.read(objects[1]!)
      }
    }
  })

  it('shows nobody an output timeline that is still being taken up', async () => {
    const revised = (revision: number, seconds: number): OriginEndpoint => ({ ...endpoint('e', seconds), revision })
    await archive.close()
    await store.close()
    const shownMeanwhile: Promise<string[]>[] = []
    await open({}, (index) => ({
      slots(...page) {
        shownMeanwhile.push(shown(revised(1, 2)))
        return index.slots(...page)
      },
    }))
    await store.resources.createOriginEndpoint(revised(1, 2), { maxPerChannel: 9 })
    await both(0, 4)
    await shown(revised(1, 2))
    await store.resources.updateOriginEndpoint(revised(2, 6), 0)
    await archive.retain()
    await both(4, 260, [FIRST])
    shownMeanwhile.length = 0
    const after = await shown(revised(1, 2))
    assert.equal(after.length, 260)
    assert.ok(shownMeanwhile.length > 3)
    for (const one of await Promise.all(shownMeanwhile)) assert.deepEqual(one, after)
  })

  it('copies an output timeline that rests and is taken up meanwhile', async () => {
    const revised = (revision: number, seconds: number): OriginEndpoint => ({ ...endpoint('e', seconds), revision })
    await archive.close()
    await store.close()
    const taken: Promise<unknown>[] = []
    await open({}, (index) => ({
      copyOutputSegments(from, to) {
        // Whoever harvests from what the endpoint was.
        taken.push(archive.live(revised(1, 2), 60))
        return index.copyOutputSegments(from, to, 4)
      },
    }))
    await store.resources.createOriginEndpoint(revised(1, 2), { maxPerChannel: 9 })
    await both(0, 12)
    await shown(revised(1, 2))
    await store.resources.updateOriginEndpoint(revised(2, 6), 0)
    await archive.live(revised(2, 6), 60)
    await archive.retain()
    await both(12, 270, [FIRST])
    await store.resources.updateOriginEndpoint(revised(3, 2), 0)
    const again = await facts(revised(3, 2))
    await Promise.all(taken)
    assert.ok(taken.length > 2)
    assert.equal(again.segments.length, 270)
    assert.deepEqual(again, await facts(revised(1, 2)))
  })

  it('goes on with a copy that a crash cut off', async () => {
    const revised = (revision: number, seconds: number): OriginEndpoint => ({ ...endpoint('e', seconds), revision })
    await both(0, 10)
    const before = await facts(revised(1, 2))
    await archive.live(revised(2, 6), 60)
    await archive.close()
    await store.close()
    let pages = 0
    await open({}, (index) => ({
      async copyOutputSegments(from, to) {
        if (++pages > 2) throw new Error('crash')
        return index.copyOutputSegments(from, to, 3)
      },
    }))
    await assert.rejects(archive.live(revised(3, 2), 60), /crash/)
    await push(FIRST, 10)
    await restart()
    await archive.live(revised(1, 2), 60)
    const again = await facts(revised(3, 2))
    assert.equal(again.segments.length, 11)
    assert.deepEqual(again.segments.slice(0, 10), before.segments)
    assert.deepEqual(again, await facts(revised(1, 2)))
  })

  it('copies what an output timeline knows of the time the server was away', async () => {
    const revised = (revision: number, seconds: number): OriginEndpoint => ({ ...endpoint('e', seconds), revision })
    await both(0, 4)
    await archive.live(revised(1, 2), 60)
    now = utcMs(now + 60_000)
    await archive.close()
    await store.close()
    let listed: Promise<void> | undefined
    await open({}, (index) => ({
      copyOutputSegments(...copied) {
        listed ??= list(SECOND, 35)
        return index.copyOutputSegments(...copied)
      },
    }))
    await archive.live(revised(1, 2), 60)
    await push(SECOND, 34)
    await archive.live(revised(2, 6), 60)
    await pass(1000)
    await put(SECOND, 35)
    await archive.live(revised(3, 2), 60)
    await listed
    await both(34, 37, [FIRST])
    assert.equal(await archive.activeInput(revised(1, 2)), FIRST)
    assert.equal(await archive.activeInput(revised(3, 2)), FIRST)
    assert.deepEqual(await facts(revised(3, 2)), await facts(revised(1, 2)))
  })

  it('keeps what the largest window needs as windows grow and shrink, and says how much that is', async () => {
    const window = (revision: number, startoverWindowSeconds: number): OriginEndpoint => ({
      ...endpoint('e', 2),
      startoverWindowSeconds,
      revision,
      modifiedAt: now,
    })
    const kept = async () => {
      await archive.retain()
      const names = await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true })
      const files = names.filter((file) => file.isFile()).length
      assert.deepEqual(
        (await archive.usage()).map((usage) => ({ ...usage })),
        [{ channelGuid: FIRST, objects: files, bytes: 40 * files }],
      )
      for (const { slots } of (await wholeWindow(archive, endpoint('e', 2), { start: EPOCH, end: now }))?.segments ??
        []) {
        for (const { objects, sealedAt } of slots) {
          assert.ok((await archive.read(objects[1]!)).length > 0)
          seconds = Math.max(seconds, (now - sealedAt) / 1000)
        }
      }
      const oldest = seconds
      seconds = 0
      return oldest
    }
    let seconds = 0
    await store.resources.createOriginEndpoint(window(1, 0), { maxPerChannel: 9 })
    await both(0, 60)
    assert.equal(await kept(), 60)
    await store.resources.updateOriginEndpoint(window(2, 100), 0)
    await both(60, 70)
    assert.equal(await kept(), 80, 'it grows with time')
    await both(70, 90)
    assert.equal(await kept(), 100)
    await store.resources.updateOriginEndpoint(window(3, 80), 5000)
    await both(90, 92)
    assert.equal(await kept(), 100, 'the time of grace')
    await both(92, 94)
    assert.equal(await kept(), 80)
  })

  it('fills nothing from what is forgotten', async () => {
    await both(0, 3)
    for (const i of [3, 4]) await push(SECOND, i)
    await pass(90_000)
    await archive.retain()
    // The first input was held up for longer than anything is kept, and has lost a segment.
    await push(FIRST, 4)
    await pass(20_000)
    assert.deepEqual(await shown(endpoint('e', 2)), ['1 1 first'])
  })

  it('remembers no endpoint for long that was told of a switch', async () => {
    for (let i = 0; i < 3; i++) {
      const e = endpoint(`e${i}`, 2)
      await store.resources.createOriginEndpoint(e, { maxPerChannel: 9 })
      await both(20 * i, 20 * i + 3)
      await shown(e)
      await both(20 * i + 3, 20 * i + 8, [i % 2 === 0 ? SECOND : FIRST])
      await pass(0)
      await store.resources.deleteOriginEndpoint(e.id, now, 0)
      await pass(400_000)
    }
    const [stored] = await store.segmentIndex.outputTimelinesOf(FIRST)
    const { notifiedAt } = JSON.parse(stored?.state ?? '') as { notifiedAt: Record<string, UtcMs> }
    assert.ok(!(endpoint('e0', 2).guid in notifiedAt), JSON.stringify(notifiedAt))
  })

  it('says once that it shows nothing of an era nothing is known of', async () => {
    for (let i = 0; i < 6; i++) await push(FIRST, i, i < 3 ? 10 : 900)
    const { segmentIndex } = store
    const faults: object[] = []
    const content = new ChannelContent(FIRST, {
      segmentIndex: { ...segmentIndex, eras: async () => [] },
      clock: () => now,
      log: { ...log, error: (fields) => faults.push(fields) },
      changed() {},
    })
    const ref = { channelGuid: FIRST, ingestEndpointId: FIRST }
    const outputTimeline = await segmentIndex.openOutputTimeline({ guid: 'e', revision: 1 }, ref, 2)
    await content.fill(outputTimeline)
    assert.deepEqual(faults, [
      {
        event: 'slots-dropped',
        channelGuid: FIRST,
        outputTimeline: outputTimeline.id,
        segmentDurationSeconds: 2,
        era: 1,
      },
    ])
    assert.equal((await segmentIndex.lastOutputSegments(outputTimeline.id, 99)).length, 3)
  })

  it('does not fill for ever what is forgotten meanwhile', async () => {
    await both(0, 3)
    const { segmentIndex } = store
    const content = new ChannelContent(FIRST, { segmentIndex, clock: () => now, log, changed() {} })
    await content.read()
    const ref = { channelGuid: FIRST, ingestEndpointId: FIRST }
    const outputTimeline = await segmentIndex.openOutputTimeline({ guid: 'e', revision: 1 }, ref, 2)
    await segmentIndex.forgetChannel(FIRST)
    await content.fill(outputTimeline)
  })

  it('forgets what neither input needs any more, and keeps the era that is shown', async () => {
    const e = endpoint('e', 2)
    await both(0, 3)
    assert.equal((await shown(e)).length, 3)
    await both(3, 60, [SECOND])
    await archive.retain()
    assert.deepEqual(new Set((await shown(e)).map((one) => one.replace(/^\d+ /, ''))), new Set(['1 second']))
    const files = await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true })
    assert.equal(files.filter((file) => file.isFile()).length, 31)
    await restart()
    await both(60, 62, [SECOND])
    assert.equal((await shown(e)).at(-1), '62 1 second')
  })
})
