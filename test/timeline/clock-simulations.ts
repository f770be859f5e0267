import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Archive, openArchive } from '../../src/archive/archive.ts'
import { CheckedClock } from '../../src/checked-clock.ts'
import { ticksFromSeconds, utcMs } from '../../src/media/time.ts'
import type { Channel } from '../../src/model/channel.ts'
import { utcAt } from '../../src/model/eras/era.ts'
import { objectsOf } from '../../src/model/output-segment.ts'
import { openFileObjects } from '../../src/stores/file-objects.ts'
import { openSqliteStore, type SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { hlsEndpoint } from '../origin/sample-endpoints.ts'
import { EPOCH, probeAt, variants } from './rehearsal.ts'

const SEGMENT_MS = 2000
const DAY_MS = 86_400_000
/** How long content is kept: the lives are longer. */
const RETENTION_MS = 120_000
/** How long a step of the date must last to be believed: some do. */
const SETTLE_MS = 60_000

const INPUTS = ['c'.repeat(32), 'd'.repeat(32)] as const
const CHANNEL: Channel = {
  guid: INPUTS[0],
  id: 'news',
  tags: {},
  createdAt: EPOCH,
  revision: 1,
  ingestEndpoints: [
    { id: INPUTS[0], username: 'u', password: 'p' },
    { id: INPUTS[1], username: 'u', password: 'p' },
  ],
}
const ENDPOINT = hlsEndpoint(
  { durationSeconds: 2 },
  { guid: 'e'.repeat(32), id: 'e', channelId: CHANNEL.id, channelGuid: CHANNEL.guid },
)

/** What happens to clocks and encoders before the next segments come. */
type Change =
  | { readonly kind: 'server date' | 'encoder date'; readonly ms: number; readonly encoder: number }
  | { readonly kind: 'encoder restarts'; readonly encoder: number }
  | { readonly kind: 'server restarts'; readonly awayMs: number }
  | { readonly kind: 'nothing' }
export type ClockTurn = { readonly change: Change; readonly segments: number; readonly rate: number }

const offset = fc
  .oneof(fc.constantFrom(1, 11, 60, 3600, 5 * 3600, 90_000), fc.integer({ min: 1, max: 400 * 86_400 }))
  .chain((seconds) => fc.constantFrom(seconds * 1000, -seconds * 1000))
const encoder = fc.constantFrom(0, 1)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constantFrom('server date' as const, 'encoder date' as const), ms: offset, encoder }),
  fc.record({ kind: fc.constant('encoder restarts' as const), encoder }),
  fc.record({ kind: fc.constant('server restarts' as const), awayMs: fc.constantFrom(1000, 60_000, 3 * DAY_MS) }),
  fc.constant({ kind: 'nothing' as const }),
)
const clockTurns = fc.array(
  fc.record({
    change,
    segments: fc.integer({ min: 1, max: 20 }),
    rate: fc.constantFrom(1, 1, 1, 0.999, 1.001, 3),
  }),
  { minLength: 2, maxLength: 8 },
)

type Encoder = {
  readonly ingestEndpointId: string
  readonly isDated: boolean
  errorMs: number
  sequence: number
  pts: number
}

/** A channel with two encoders in a real archive, on a machine whose date is set to anything. */
class Life {
  private store!: SqliteStore
  private archive!: Archive
  private clocks!: CheckedClock
  private readonly folder: string
  private readonly encoders: readonly Encoder[]
  /** True time since the beginning, and since the machine started. */
  private ms = 0
  private monotonicFrom = 0
  private serverErrorMs = 0
  private rate = 1
  /** Time for which the server has run. */
  private ranMs = 0
  private hasBelieved = false
  private readonly kept: { readonly key: string; readonly ranMs: number }[] = []

  constructor(folder: string, isDated: boolean) {
    this.folder = folder
    this.encoders = INPUTS.map((ingestEndpointId) => {
      return { ingestEndpointId, isDated, errorMs: 0, sequence: 0, pts: 100 }
    })
  }

  async open(): Promise<void> {
    this.store = await openSqliteStore(join(this.folder, 'windrow.db'))
    const { segmentIndex, resources } = this.store
    this.monotonicFrom = this.ms
    if (this.serverErrorMs !== 0) this.hasBelieved = true
    this.clocks = new CheckedClock({
      wall: () => utcMs(EPOCH + this.ms + this.serverErrorMs),
      monotonic: () => this.ms - this.monotonicFrom,
      settleMs: SETTLE_MS,
      recorded: await segmentIndex.recordedClock(),
      notice: ({ kind }) => {
        if (kind === 'believed') this.hasBelieved = true
      },
    })
    this.archive = await openArchive({
      segmentIndex,
      resources,
      objects: await openFileObjects(join(this.folder, 'objects')),
      clock: this.clocks.steady,
      serverDate: () => this.clocks.serverDate(),
      log: { info() {}, warn() {}, error() {} },
      retention: { liveMs: RETENTION_MS, marginMs: 0, graceMs: 0 },
      account: { region: 'eu-west-1', accountId: '111122223333' },
    })
    if ((await resources.createChannel(CHANNEL, { maxChannels: 1 })) !== 'created') return
    await resources.createOriginEndpoint(ENDPOINT, { maxPerChannel: 1 })
    for (const one of this.encoders) await this.archive.storeParentPlaylist(this.refOf(one), variants('a'))
  }

  async close(): Promise<void> {
    await this.archive.close()
    await this.store.close()
  }

  async take({ change: what, segments, rate }: ClockTurn): Promise<void> {
    this.rate = rate
    const one = 'encoder' in what ? this.encoders[what.encoder]! : undefined
    if (what.kind === 'server date') this.serverErrorMs = what.ms
    if (what.kind === 'encoder date') one!.errorMs = what.ms
    if (what.kind === 'encoder restarts') restart(one!)
    if (what.kind === 'server restarts') {
      await this.store.segmentIndex.recordClock(this.clocks.record())
      await this.close()
      this.ms += what.awayMs
      for (const each of this.encoders) restart(each)
      await this.open()
    }
    for (let i = 0; i < segments; i++) await this.segment()
    await this.look()
  }

  /** The dates are right again; another era begins. */
  async end(): Promise<void> {
    this.serverErrorMs = 0
    this.rate = 1
    for (const one of this.encoders) {
      one.errorMs = 0
      restart(one)
    }
    for (let i = 0; i < 6; i++) await this.segment()
    await this.look()
    const live = await this.archive.live(ENDPOINT, 4)
    const newest = live!.segments.at(-1)!
    const late = (utc: number) => Math.round((utc - EPOCH - this.ms + SEGMENT_MS) / 1000)
    const isDated = this.encoders.every((one) => one.isDated)
    // A wrong date that has lasted, or was there when the server started, is the date where no encoder tells another.
    if (this.hasBelieved && !isDated) return
    assert.ok(Math.abs(late(newest.startUtc)) <= 12, `the live edge is dated ${late(newest.startUtc)} s off`)
    const clock = late(utcAt(live!.eras.find(({ id }) => id === newest.era)!.clock, newest.start))
    if (!this.hasBelieved) assert.ok(clock <= 12, `the clock of DASH is ${clock} s ahead`)
  }

  private async segment(): Promise<void> {
    await this.pass(SEGMENT_MS)
    for (const one of this.encoders) {
      const name = `${this.ms}.ts`
      const key = `${one.ingestEndpointId}/${this.ms}`
      const file = { key, name, size: 1000, crc32: this.ms, sha256: key, receivedAt: this.clocks.steady() }
      await this.archive.storeSegment(this.refOf(one), { ...file, probe: probeAt(one.pts) })
      this.kept.push({ key, ranMs: this.ranMs })
      const date = utcMs(EPOCH + this.ms - SEGMENT_MS + one.errorMs)
      await this.archive.storeMediaPlaylist(this.refOf(one), {
        name: 'a',
        targetDuration: ticksFromSeconds(2),
        mediaSequence: one.sequence,
        ended: false,
        segments: [
          {
            name,
            duration: ticksFromSeconds(2),
            discontinuity: one.pts % 1 === 0.5,
            ...(one.isDated && { programDateTime: date }),
          },
        ],
      })
      one.sequence++
      one.pts = Math.floor(one.pts) + 2
    }
  }

  private async pass(ms: number): Promise<void> {
    this.ms += ms
    this.ranMs += ms
    this.serverErrorMs += ms * (this.rate - 1)
    this.clocks.date()
    await this.archive.tick()
  }

  /** Nothing that was acknowledged within the retention window is gone, and viewers see the newest. */
  private async look(): Promise<void> {
    await this.archive.retain()
    const wanted = this.kept.filter(({ ranMs }) => this.ranMs - ranMs < RETENTION_MS - SEGMENT_MS)
    const gone = await this.store.segmentIndex.unknownObjects(wanted.map(({ key }) => key))
    assert.deepEqual(gone, [], 'what was acknowledged is kept')
    const live = await this.archive.live(ENDPOINT, 60)
    const newest = live?.segments.at(-1)?.slots.flatMap(objectsOf) ?? []
    const behind = Math.min(...newest.map(({ key }) => this.ms - Number(key.split('/')[1])))
    assert.ok(behind <= 2 * SEGMENT_MS, `viewers see what came ${behind} ms ago`)
  }

  private refOf({ ingestEndpointId }: Encoder) {
    return { channelGuid: CHANNEL.guid, ingestEndpointId }
  }
}

/** Timestamps begin anew, with a discontinuity. */
function restart(one: Encoder): void {
  one.pts = Math.floor(one.pts) + 500.5
}

/** One life; throws when something is lost, or hidden from viewers. */
export async function liveThrough(turns: readonly ClockTurn[], isDated: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-clocks-'))
  const life = new Life(folder, isDated)
  try {
    await life.open()
    await life.take({ change: { kind: 'nothing' }, segments: 3, rate: 1 })
    for (const turn of turns) await life.take(turn)
    await life.end()
  } finally {
    await life.close().catch(() => {})
    await rm(folder, { recursive: true })
  }
}

/** Random lives; one that breaks a promise is made as short as it can be. */
export async function simulateClocks(seed: number, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(clockTurns, fc.boolean(), (turns, isDated) => liveThrough(turns, isDated)),
    { seed, numRuns },
  )
}
