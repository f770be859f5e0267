import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Archive, openArchive } from '../../src/archive/archive.ts'
import type { UtcMs } from '../../src/media/time.ts'
import type { Channel } from '../../src/model/channel.ts'
import { type OutputSegment, objectsOf } from '../../src/model/output-segment.ts'
import type { OutputTimelineState } from '../../src/model/output-timeline/state.ts'
import { openFileObjects } from '../../src/stores/file-objects.ts'
import { openSqliteStore, type SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { hlsEndpoint } from '../origin/sample-endpoints.ts'
import type { Happening, InputName } from './channel-rehearsal.ts'
import { ChannelSimulation, type Turn, turn } from './channel-simulation.ts'
import { assertOverview } from './overview-judge.ts'
import { EPOCH } from './rehearsal.ts'
import { factsOf } from './segment-facts.ts'

const GUIDS: Record<InputName, string> = { A: 'c'.repeat(32), B: 'd'.repeat(32) }
const CHANNEL: Channel = {
  guid: GUIDS.A,
  id: 'news',
  tags: {},
  createdAt: EPOCH,
  revision: 1,
  ingestEndpoints: [
    { id: GUIDS.A, username: 'u', password: 'p' },
    { id: GUIDS.B, username: 'u', password: 'p' },
  ],
}
/** Of the endpoints, in the order they are first asked for. */
const DURATIONS = [2, 6]
const ENDPOINTS = DURATIONS.map((segmentDurationSeconds, i) =>
  hlsEndpoint(
    { durationSeconds: segmentDurationSeconds },
    { guid: `${i}`.repeat(32), id: `e${i}`, channelId: CHANNEL.id, channelGuid: CHANNEL.guid },
  ),
)
/** How long it keeps content where it forgets any: a few turns. */
const RETENTION_MS = 20_000

/** A channel of an archive, its store and its clock. */
class Archived {
  private store: SqliteStore | undefined
  private archive: Archive | undefined
  private now: UtcMs = EPOCH
  private readonly folder: string
  private readonly liveMs: number

  constructor(folder: string, liveMs: number) {
    this.folder = folder
    this.liveMs = liveMs
  }

  async open(): Promise<void> {
    this.store = await openSqliteStore(join(this.folder, 'windrow.db'))
    const { segmentIndex, resources } = this.store
    this.archive = await openArchive({
      segmentIndex,
      resources,
      objects: await openFileObjects(join(this.folder, 'objects')),
      clock: () => this.now,
      log: { info() {}, warn() {}, error() {} },
      retention: { liveMs: this.liveMs, marginMs: 0, graceMs: 0 },
      account: { region: 'eu-west-1', accountId: '111122223333' },
    })
    if ((await resources.createChannel(CHANNEL, { maxChannels: 1 })) !== 'created') return
    for (const endpoint of ENDPOINTS) await resources.createOriginEndpoint(endpoint, { maxPerChannel: 9 })
  }

  async close(): Promise<void> {
    await this.archive?.close()
    await this.store?.close()
  }

  async happens(happening: Happening): Promise<void> {
    this.now = happening.now
    if ('kind' in happening) {
      if (happening.kind === 'tick') return this.archive!.tick()
      await this.close()
      await this.open()
      await this.archive!.live(ENDPOINTS[0]!, 1)
      return
    }
    const { input, event, object } = happening
    const ref = { channelGuid: CHANNEL.guid, ingestEndpointId: GUIDS[input] }
    if (event.kind === 'parent playlist') return this.archive!.storeParentPlaylist(ref, event.streams)
    if (event.kind === 'media playlist') return this.archive!.storeMediaPlaylist(ref, event.playlist)
    if (object) return this.archive!.storeSegment(ref, object)
  }

  async shown(): Promise<unknown[]> {
    return (await this.listed()).map((segments) => factsOf(segments))
  }

  /** What the first endpoint shows when it comes back to its segment duration from another one. */
  async shownAgain(): Promise<unknown> {
    const { guid, channelGuid } = ENDPOINTS[0]!
    const revised = (revision: number, segmentDurationSeconds: number) =>
      hlsEndpoint({ durationSeconds: segmentDurationSeconds }, { guid, channelGuid, revision })
    await this.archive!.live(revised(2, 4), 1)
    return factsOf((await this.archive!.live(revised(3, DURATIONS[0]!), 1e6))?.segments ?? [])
  }

  /** Forgets what lies outside the retention window; exactly what lies in it is listed then. */
  async forget(outputs: readonly (readonly OutputSegment[])[]): Promise<void> {
    await this.archive!.retain()
    const { segmentIndex } = this.store!
    const needed = (await segmentIndex.outputTimelinesOf(CHANNEL.guid)).flatMap(({ state = '{}' }) => {
      const { run = [], standbySlots = [] } = JSON.parse(state) as Partial<OutputTimelineState>
      return [...run, ...standbySlots.map(({ slot }) => slot)].map(({ sealedAt }) => sealedAt)
    })
    const from = Math.min(this.now - this.liveMs, ...needed)
    const listed = await this.listed()
    for (const [i, segments] of listed.entries()) {
      const slots = segments.flatMap((segment) => segment.slots)
      assert.ok(
        slots.every(({ sealedAt }) => sealedAt >= from),
        'it lies outside the retention window',
      )
      const keys = slots.flatMap(objectsOf).map(({ key }) => key)
      assert.deepEqual(await segmentIndex.unknownObjects(keys), [], 'what is listed is kept')
      const all = outputs[i] ?? []
      const last = all.findLastIndex((segment) => segment.slots.some(({ sealedAt }) => sealedAt < from))
      assert.deepEqual(factsOf(segments), factsOf(all.slice(last + 1)), 'all is listed that lies inside')
    }
  }

  private async listed(): Promise<(readonly OutputSegment[])[]> {
    const windows = await Promise.all(ENDPOINTS.map((endpoint) => this.archive!.live(endpoint, 1e6)))
    await assertOverview(this.archive!, CHANNEL, ENDPOINTS, windows)
    return windows.map((window) => window?.segments ?? [])
  }
}

const script = fc.record({
  isLocked: fc.boolean(),
  forgets: fc.boolean(),
  turns: fc.array(turn(4), { minLength: 3, maxLength: 10 }),
})

export type ArchivedLife = { readonly isLocked: boolean; readonly forgets: boolean; readonly turns: readonly Turn[] }

/** A life in a real archive, restarts and all: it shows what the rehearsal of the same life does. */
export async function simulateArchive({ isLocked, forgets, turns }: ArchivedLife): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-lives-'))
  const archived = new Archived(folder, forgets ? RETENTION_MS : 1e12)
  try {
    await archived.open()
    await (forgets ? forget : archive)(archived, isLocked, turns)
  } finally {
    await archived.close().catch(() => {})
    await rm(folder, { recursive: true })
  }
}

/** Random lives in a real archive. */
export async function simulateArchives(seed: number, numRuns: number): Promise<void> {
  await fc.assert(fc.asyncProperty(script, simulateArchive), { seed, numRuns })
}

/** The first turns of a life, and the output timelines that are opened then. */
async function begin(archived: Archived, isLocked: boolean, first: Turn | undefined): Promise<ChannelSimulation> {
  const life = new ChannelSimulation(2, { isLocked })
  const { channel } = life
  channel.log = (['A', 'B'] as const).map((input) => {
    const streams = channel.inputs[input].state.streams ?? []
    return { now: EPOCH, input, event: { kind: 'parent playlist', streams } }
  })
  life.take({ who: 'A', change: 'nothing', segments: 3 })
  if (first) life.take(first)
  for (const happening of channel.log.splice(0)) await archived.happens(happening)
  await archived.shown()
  for (const [i, seconds] of DURATIONS.entries()) channel.open(i + 1, seconds)
  return life
}

async function forget(archived: Archived, isLocked: boolean, [first, ...rest]: readonly Turn[]): Promise<void> {
  const life = await begin(archived, isLocked, first)
  const { channel } = life
  for (const one of rest) {
    life.take(one)
    for (const happening of channel.log?.splice(0) ?? []) await archived.happens(happening)
    await archived.forget(DURATIONS.map((_, i) => channel.outputs(i + 1)))
  }
}

async function archive(archived: Archived, isLocked: boolean, [first, ...rest]: readonly Turn[]): Promise<void> {
  const life = await begin(archived, isLocked, first)
  const { channel } = life
  for (const one of rest) life.take(one)
  for (const happening of channel.log?.splice(0) ?? []) await archived.happens(happening)
  const expected = DURATIONS.map((_, i) => factsOf(channel.outputs(i + 1)))
  assert.deepEqual(await archived.shown(), expected)
  await archived.close()
  await archived.open()
  assert.deepEqual(await archived.shown(), expected, 'after a restart')
  assert.deepEqual(await archived.shownAgain(), expected[0], 'under numbers of its own')
}
