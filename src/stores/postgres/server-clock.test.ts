import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CheckedClock } from '../../checked-clock.ts'
import { utcMs } from '../../media/time.ts'
import { ServerClock } from './server-clock.ts'

const NOON = Date.UTC(2026, 10, 30, 12)
const HOUR_MS = 3_600_000

/** A database server, and machines with dates of their own. Time passes for all of them at once. */
class World {
  private passed = 0
  /** How far the server's date is ahead. */
  serverAhead = 0
  /** From question to date, and from there to the answer. */
  latency: readonly [to: number, fro: number] = [0, 0]

  pass(ms: number): void {
    this.passed += ms
  }

  readonly readDate = async (): Promise<number> => {
    const [to, fro] = this.latency
    this.pass(to)
    const date = NOON + this.passed + this.serverAhead
    this.pass(fro)
    return date
  }

  /** A machine that was started some time ago. */
  machine(ahead: number, uptime: number) {
    return { wall: () => utcMs(NOON + this.passed + ahead), monotonic: () => this.passed + uptime }
  }

  get now(): number {
    return NOON + this.passed
  }
}

describe('the clock of a database server', () => {
  it('is the same on all machines, whatever their dates are', async () => {
    const world = new World()
    const clocks = await Promise.all(
      [0, -HOUR_MS, 9 * HOUR_MS].map(async (ahead, at) => {
        const { wall, monotonic } = await ServerClock.open(world.readDate, world.machine(ahead, 1000 * at))
        return new CheckedClock({ wall, monotonic, settleMs: HOUR_MS, notice: () => assert.fail() })
      }),
    )
    for (const ms of [0, 1, 60_000, HOUR_MS]) {
      world.pass(ms)
      assert.deepEqual(
        clocks.map(({ date }) => date()),
        clocks.map(() => world.now),
      )
    }
  })

  it('is wrong by no more than half a round trip', async () => {
    for (const latency of [
      [0, 40],
      [40, 0],
      [15, 25],
    ] as const) {
      const world = new World()
      world.latency = latency
      const clock = await ServerClock.open(world.readDate, world.machine(HOUR_MS, 5))
      assert.ok(Math.abs(clock.wall() - world.now) <= 20, `${clock.wall() - world.now} ms`)
    }
  })

  it('goes by the quickest of some readings, and by none that took a second', async () => {
    const world = new World()
    const latencies: (readonly [number, number])[] = [
      [900, 0],
      [3, 3],
      [0, 800],
    ]
    const readDate = () => {
      world.latency = latencies.shift() ?? [0, 60_000]
      return world.readDate()
    }
    const clock = await ServerClock.open(readDate, world.machine(HOUR_MS, 5))
    assert.ok(Math.abs(clock.wall() - world.now) <= 3)
    await clock.synchronise()
    assert.ok(Math.abs(clock.wall() - world.now) <= 3)
  })

  it('goes on while the server does not answer, and follows it when it does', async () => {
    const world = new World()
    let isGone = false
    const readDate = () => (isGone ? Promise.reject(new Error('gone')) : world.readDate())
    const clock = await ServerClock.open(readDate, world.machine(-HOUR_MS, 5))
    isGone = true
    world.pass(HOUR_MS)
    await assert.rejects(clock.synchronise(), /gone/)
    assert.equal(clock.wall(), world.now)
    isGone = false
    world.serverAhead = 700
    await clock.synchronise()
    assert.equal(clock.wall(), world.now + 700)
  })
})
