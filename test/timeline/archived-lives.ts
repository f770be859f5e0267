import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Archive, openArchive } from '../../src/archive/archive.ts'
import type { UtcMs } from '../../src/media/time.ts'
import type { Channel } from '../../src/model/channel.ts'
import type { OutputSegment } from '../../src/model/output-segment.ts'
import { openFileObjects } from '../../src/stores/file-objects.ts'
import { openSqliteStore, type SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { hlsEndpoint } from '../origin/sample-channel.ts'
import type { Happening, InputName } from './channel-rehearsal.ts'
import { Life, type Turn, turn } from './life.ts'
import { EPOCH } from './rehearsal.ts'

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
  hlsEndpoint({ segmentDurationSeconds }, { guid: `${i}`.repeat(32), channelGuid: CHANNEL.guid }),
)
/** A channel of an archive, its store and its clock. */
class Archived {
  private store: SqliteStore | undefined
  private archive: Archive | undefined
  private now: UtcMs = EPOCH
  private readonly folder: string

  constructor(folder: string) {
    this.folder = folder
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
      retention: { liveMs: 1e12, marginMs: 0, graceMs: 0 },
      account: { region: 'eu-west-1', accountId: '111122223333' },
    })
    await resources.createChannel(CHANNEL, { maxChannels: 1 })
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
    const windows = await Promise.all(ENDPOINTS.map((endpoint) => this.archive!.live(endpoint, 1e6)))
    return windows.map((window) => facts(window?.segments ?? []))
  }
}

/** All that viewers could notice; numbers from where the numbering begins. */
function facts(segments: readonly OutputSegment[]): unknown {
  const [first] = segments
  return segments.map(({ number, era, start, startUtc, duration, discontinuitySequence, sealedAt, slots }) => ({
    number: number - (first?.number ?? 0),
    era,
    start,
    startUtc,
    duration,
    discontinuitySequence,
    sealedAt,
    slots: slots.map(({ objects }) => objects),
  }))
}

const script = fc.record({ isLocked: fc.boolean(), turns: fc.array(turn(4), { minLength: 3, maxLength: 10 }) })

/** Random lives in a real archive, restarts and all: it shows what the rehearsal of the same life does. */
export async function archiveLives(seed: number, numRuns: number): Promise<void> {
  const lives = fc.asyncProperty(script, async ({ isLocked, turns }) => {
    const folder = await mkdtemp(join(tmpdir(), 'windrow-lives-'))
    const archived = new Archived(folder)
    try {
      await archived.open()
      await archive(archived, isLocked, turns)
    } finally {
      await archived.close().catch(() => {})
      await rm(folder, { recursive: true })
    }
  })
  await fc.assert(lives, { seed, numRuns })
}

async function archive(archived: Archived, isLocked: boolean, turns: readonly Turn[]): Promise<void> {
  const life = new Life(2, { isLocked })
  const { channel } = life
  channel.log = (['A', 'B'] as const).map((input) => {
    const streams = channel.inputs[input].state.streams ?? []
    return { now: EPOCH, input, event: { kind: 'parent playlist', streams } }
  })
  const [first, ...rest] = turns
  life.take({ who: 'A', change: 'nothing', segments: 3 })
  life.take(first!)
  for (const happening of channel.log.splice(0)) await archived.happens(happening)
  await archived.shown()
  for (const [i, seconds] of DURATIONS.entries()) channel.open(i + 1, seconds)
  for (const one of rest) life.take(one)
  for (const happening of channel.log.splice(0)) await archived.happens(happening)
  const expected = DURATIONS.map((_, i) => facts(channel.outputs(i + 1)))
  assert.deepEqual(await archived.shown(), expected)
  await archived.close()
  await archived.open()
  assert.deepEqual(await archived.shown(), expected, 'after a restart')
}
