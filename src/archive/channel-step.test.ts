import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { EPOCH, variants } from '../../test/timeline/rehearsal.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { TimelineCommit } from '../stores/timeline-store.ts'
import { ChannelState } from './channel-state.ts'
import { type Compute, computeStep, takeStep, takeStoredStep, tryStep } from './channel-step.ts'

const GUID = 'c'.repeat(32)
const log = { info() {}, warn() {}, error() {} }

describe('a step of a channel', () => {
  /** The version of the input's timeline, as other processes have left it. */
  let version = 0
  /** Commits of other processes that come just before one of ours. */
  let others = 0
  let loads = 0
  let changes = 0
  const index = {
    versionsOf: async () => ({ inputs: new Map(version > 0 ? [[GUID, version]] : []), outputTimelines: new Map() }),
    outputTimelinesOf: async () => [],
    unsettledObjects: async () => [],
    lastSlots: async () => [],
    loadTimeline: async () => {
      loads++
      return version > 0 ? { version, state: JSON.stringify(before) } : undefined
    },
    commitTimeline: async (_: unknown, { expectedVersion }: TimelineCommit) => {
      if (others-- > 0) version++
      if (expectedVersion !== version) return 'stale'
      version++
      return 'committed'
    },
  } as unknown as SegmentIndex
  let channel: ChannelState
  let before: unknown

  beforeEach(async () => {
    version = 0
    others = 0
    channel = new ChannelState(GUID, index)
    before = (await channel.inputs.open(GUID)).state
    loads = 0
    changes = 0
  })

  const event = { kind: 'parent playlist', streams: variants('a', 'b') } as const
  const compute = async () => computeStep(channel, await channel.inputs.open(GUID), { event }, EPOCH)
  const take = (tries: number) => {
    return takeStep(channel, compute, { segmentIndex: index, log, changed: () => changes++ }, tries)
  }

  it('is computed without changing the state, as often as one likes', async () => {
    const first = await compute()
    assert.equal((await channel.inputs.open(GUID)).state, before)
    assert.deepEqual(first?.input?.result, (await compute())?.input?.result)
  })

  it('is adopted once it is committed, and then changes nothing more', async () => {
    assert.equal(await take(1), true)
    assert.deepEqual((await channel.inputs.open(GUID)).state.streams, event.streams)
    assert.equal(await compute(), undefined)
    assert.deepEqual([version, loads, changes], [1, 0, 0])
  })

  it('is computed again from what another process has written before it', async () => {
    others = 2
    assert.equal(await take(5), true)
    assert.deepEqual([version, loads], [3, 2])
  })

  it('that changes nothing says nothing of what another process has stored since', async () => {
    await take(1)
    const deps = { segmentIndex: index, log, changed: () => changes++ }
    assert.equal(await tryStep(channel, compute, deps, { isCompared: true }), true)
    version++
    assert.equal(await tryStep(channel, compute, deps, { isCompared: true }), false)
    assert.equal(await tryStep(channel, compute, deps), true, 'as far as is known')
  })

  it('is taken at once from what is stored while no other process may change that', async () => {
    version = 3
    const changing = <T>(_: string, work: (stored: SegmentIndex) => Promise<T>) => work(index)
    const compute: Compute = async (stored) => {
      return computeStep(channel, await channel.inputs.open(GUID, stored), { event }, EPOCH)
    }
    const take = () => takeStoredStep(channel, compute, { changing, log, changed: () => changes++ })
    assert.deepEqual(await take(), { isTaken: true, isContended: true })
    assert.deepEqual([version, loads], [4, 1])
    assert.deepEqual(await take(), { isTaken: true, isContended: false }, 'nobody has changed it since')
    assert.deepEqual((await channel.inputs.open(GUID)).state.streams, event.streams)
  })

  it('is given up, with the state as it is stored, when others are always faster', async () => {
    others = 9
    assert.equal(await take(3), false)
    assert.deepEqual([version, loads], [3, 3])
    assert.equal((await channel.inputs.open(GUID)).state.streams, undefined)
  })
})
