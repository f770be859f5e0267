import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { CheckedClock } from '../../checked-clock.ts'
import type { RecordedClock } from '../../clock.ts'
import { utcMs } from '../../media/time.ts'
import { SteadyClock, SYNCHRONISE_MS } from './steady-clock.ts'
import type { SteadyMoment, SteadyRecord } from './steady-record.ts'

const NOON = Date.UTC(2026, 10, 30, 12)
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A database and machines whose time passes as fast as they can be computed. */
class World {
  now = 0
  /** How far the date of the database has been set ahead. */
  dateAhead = 0
  /** The longest that a question, or an answer, takes. */
  latencyMs = 0
  isAnswering = true
  moment: SteadyMoment | undefined
  private readonly random: () => number
  private waiting: { at: number; resume: () => void }[] = []

  constructor(seed = 1) {
    let state = seed >>> 0
    this.random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
  }

  wait(ms: number): Promise<void> {
    return new Promise((resume) => this.waiting.push({ at: this.now + ms, resume }))
  }

  /** Lets time pass; `check` is called whenever something has happened. */
  async pass(ms: number, check: () => void = () => {}): Promise<void> {
    const end = this.now + ms
    for (;;) {
      await nextTurn()
      check()
      const next = this.waiting.reduce((a, b) => (b.at < a.at ? b : a), { at: end, resume: () => {} })
      this.now = next.at
      if (!this.waiting.includes(next)) return
      this.waiting.splice(this.waiting.indexOf(next), 1)
      next.resume()
    }
  }

  readonly record: SteadyRecord = {
    read: () => this.ask(() => ({ date: NOON + this.now + this.dateAhead, moment: this.moment })),
    replace: (read, moment) =>
      this.ask(() => {
        if (read?.steady !== this.moment?.steady || read?.date !== this.moment?.date) return false
        if (this.moment) assert.ok(moment.steady >= this.moment.steady - 1, 'what is recorded goes on')
        this.moment = moment
        return true
      }),
  }

  private async ask<Answer>(question: () => Answer): Promise<Answer> {
    await this.wait(this.random() * this.latencyMs)
    if (!this.isAnswering) throw new Error('gone')
    const answer = question()
    await this.wait(this.random() * this.latencyMs)
    return answer
  }
}

type Started = { readonly ppm?: number; readonly recorded?: RecordedClock }

/** A process on a machine of its own, whose clock passes at its own rate from anything, and may stand still. */
class Process {
  clock: SteadyClock | undefined
  isRunning = true
  stoodStill = 0
  private last = -Infinity
  private readonly world: World
  private readonly machine

  constructor(world: World, { ppm = 0, recorded }: Started = {}) {
    this.world = world
    const started = world.now
    this.machine = {
      wall: () => assert.fail('the date of the machine counts for nothing'),
      monotonic: () => (world.now - started - this.stoodStill) * (1 + ppm / 1e6) + 77_777.7 * ppm,
    }
    void this.run(recorded)
  }

  private async run(recorded: RecordedClock | undefined): Promise<void> {
    const { world, machine } = this
    const clock = await SteadyClock.open({ record: world.record, machine, recorded })
    this.clock = clock
    for (;;) {
      await world.wait(SYNCHRONISE_MS)
      if (!this.isRunning) return
      await clock.synchronise().catch(() => {})
    }
  }

  /** Since noon, when the clock was new; never goes back. */
  get steady(): number {
    const steady = this.clock!.monotonic()
    assert.ok(steady >= this.last, `went back by ${this.last - steady} ms`)
    this.last = steady
    return steady - NOON
  }
}

function moment(steady: number, date: number): RecordedClock {
  return { steady: utcMs(Math.round(steady)), date: utcMs(date) }
}

async function started(world: World, ...machines: Started[]): Promise<Process[]> {
  const processes = machines.map((machine) => new Process(world, machine))
  await world.pass(SECOND)
  return processes
}

/** How far the clocks of the processes are apart, in ms. */
function apart(processes: readonly Process[]): number {
  const told = processes.filter(({ clock }) => clock).map(({ steady }) => steady)
  return told.length === 0 ? 0 : Math.max(...told) - Math.min(...told)
}

function assertNear(actual: number, expected: number, mostMs: number): void {
  assert.ok(Math.abs(actual - expected) <= mostMs, `${actual} is not within ${mostMs} of ${expected}`)
}

describe('the steady clock of all processes', () => {
  it('is one, however machines drift and whenever processes start', async () => {
    const world = new World()
    world.latencyMs = 2
    const processes = await started(world, { ppm: -200 }, { ppm: 200 })
    for (const ppm of [0, 200, -200]) {
      await world.pass(15 * MINUTE, () => assert.ok(apart(processes) <= 5, `${apart(processes)}`))
      processes.push(new Process(world, { ppm }))
    }
    await world.pass(SECOND, () => assert.ok(apart(processes) <= 5, `${apart(processes)}`))
    assertNear(processes.at(-1)!.steady, world.now, 5)
  })

  it('does not follow the date when that steps, however far', async () => {
    for (const step of [-400 * DAY, -DAY, -11 * SECOND, -200, 200, 3 * SECOND, MINUTE, 400 * DAY]) {
      const world = new World()
      world.latencyMs = 2
      const processes = await started(world, { ppm: -200 }, { ppm: 200 }, {})
      world.dateAhead += step
      await world.pass(MINUTE, () => assert.ok(apart(processes) <= 5, `${apart(processes)} after ${step}`))
      processes.push(new Process(world))
      await world.pass(MINUTE, () => assert.ok(apart(processes) <= 5, `${apart(processes)} after ${step}`))
      for (const { steady } of processes) assertNear(steady, world.now, 10)
      assertNear(processes[0]!.clock!.wall(), NOON + world.now + step, 5)
    }
  })

  it('slews where the date is a little off', async () => {
    const world = new World()
    const [process] = await started(world, {})
    const before = process!.steady - world.now
    world.dateAhead += 8
    await world.pass(SYNCHRONISE_MS)
    let last = process!.steady - world.now
    assertNear(last, before, 8)
    for (let i = 0; i < 20; i++) {
      await world.pass(100)
      const gained = process!.steady - world.now - last
      assert.ok(gained >= -1e-6 && gained <= 1 + 1e-6, `${gained} ms in 100 ms`)
      last += gained
    }
    assertNear(last, before + 8, 1e-6)
  })

  it('goes on while the database does not answer, and all agree again when it does', async () => {
    const world = new World()
    const processes = await started(world, { ppm: -200 }, { ppm: 200 })
    world.isAnswering = false
    await world.pass(HOUR)
    assertNear(apart(processes), 1440, 20)
    world.isAnswering = true
    await world.pass(3 * MINUTE)
    assert.ok(apart(processes) <= 3)
    for (const { steady } of processes) assertNear(steady, world.now, 5)
  })

  it('does not count time for which no process was running, and counts all for which one was', async () => {
    const world = new World()
    const [one, two] = await started(world, {}, {})
    one!.isRunning = false
    await world.pass(HOUR)
    const ran = two!.steady
    two!.isRunning = false
    await world.pass(3 * DAY)
    const again = await started(world, {}, {})
    assert.ok(apart(again) <= 1)
    assertNear(again[0]!.steady, ran, 2 * SYNCHRONISE_MS)
    const [late] = await started(world, { recorded: moment(NOON + ran + MINUTE, NOON) })
    await world.pass(2 * SYNCHRONISE_MS)
    assertNear(late!.steady, ran + MINUTE, 3 * SYNCHRONISE_MS)
    assert.ok(apart([...again, late!]) <= 1, 'content that is newer is of a moment that has passed')
  })

  it('goes on from what a segment index knows of, when no process has shared it before', async () => {
    const recorded = moment(NOON - 9 * DAY, NOON - 2 * DAY)
    const [one, two] = await started(new World(), { recorded }, { recorded })
    assertNear(one!.steady, SECOND - 9 * DAY, 1)
    assertNear(two!.steady, SECOND - 9 * DAY, 1)
    assertNear(one!.clock!.recordedClock().date, NOON + SECOND - 2 * DAY, 2)
  })

  it('is found again by a machine that stood still, and by a process that started just as the date stepped', async () => {
    for (const stoodStill of [3 * SECOND, 8 * SECOND, 40 * SECOND]) {
      const world = new World()
      const processes = await started(world, {}, {}, {})
      processes[0]!.stoodStill += stoodStill
      await world.pass(MINUTE)
      assert.ok(apart(processes) <= 5, `${apart(processes)} after ${stoodStill}`)
      assertNear(processes[0]!.steady, world.now, 5)
    }
    for (const step of [-DAY, -7 * SECOND, 7 * SECOND, DAY]) {
      const world = new World()
      const processes = await started(world, {}, {})
      await world.pass(SECOND)
      world.dateAhead += step
      processes.push(new Process(world))
      await world.pass(3 * SYNCHRONISE_MS)
      assert.ok(apart(processes) <= 5, `${apart(processes)} after ${step}`)
      assertNear(processes[0]!.steady, world.now, 10 * SECOND)
    }
  })

  it('is what the clocks of a server go by', async () => {
    const world = new World()
    const [first] = await started(world, {})
    const clocksOf = ({ clock }: Process) => {
      const { wall, monotonic } = clock!
      const notice = () => assert.fail()
      return new CheckedClock({ wall, monotonic, settleMs: HOUR, recorded: clock!.recordedClock(), notice })
    }
    const one = clocksOf(first!)
    const recorded = one.record()
    await world.pass(40 * SECOND)
    const [second] = await started(world, { ppm: 150, recorded })
    const two = clocksOf(second!)
    for (const ms of [0, 7, HOUR]) {
      await world.pass(ms)
      assertNear(two.steady(), one.steady(), 3)
      assertNear(two.date(), NOON + world.now, 3)
    }
  })

  it('stays one through whatever happens to machines and to the date', async () => {
    const happening = fc.record({
      kind: fc.constantFrom('start', 'start', 'stop', 'step', 'nothing'),
      ppm: fc.integer({ min: -200, max: 200 }),
      step: fc.constantFrom(-40 * DAY, -HOUR, -11 * SECOND, -2 * SECOND, -40, 7, 90, 5 * SECOND, MINUTE, 9 * DAY),
      passMs: fc.integer({ min: 1, max: 3 * MINUTE }),
    })
    const property = fc.asyncProperty(
      fc.array(happening, { minLength: 5, maxLength: 12 }),
      fc.constantFrom(0, 1, 20),
      fc.nat(),
      async (happenings, latencyMs, seed) => {
        const world = new World(seed)
        world.latencyMs = latencyMs
        let processes = await started(world, { ppm: 200 }, { ppm: -200 })
        let steppedAt = -Infinity
        let uncounted = 0
        let uncertain = SECOND
        for (const { kind, ppm, step, passMs } of happenings) {
          if (kind === 'start') {
            processes.push(new Process(world, { ppm }))
            uncertain += 3 * SYNCHRONISE_MS
          } else if (kind === 'stop' && processes[0]) {
            processes[0].isRunning = false
            processes = processes.slice(1)
          } else if (kind === 'step') {
            world.dateAhead += step
            steppedAt = world.now
            uncertain += 200
          }
          if (processes.length === 0) uncounted += passMs
          await world.pass(passMs, () => {
            const ms = apart(processes)
            // Until every process has noticed a step: some may start that cannot know of it.
            if (world.now - steppedAt > 4 * SYNCHRONISE_MS) assert.ok(ms <= 2 * latencyMs + 5, `${ms} ms apart`)
          })
          const [first] = processes
          if (first?.clock) assertNear(first.steady, world.now - uncounted, uncertain + world.now / 1000)
        }
      },
    )
    // Every process ends, and after a quarter of a minute others start.
    const of = (kind: 'start' | 'stop', passMs: number) => ({ kind, ppm: 0, step: 7, passMs })
    const restart = [of('stop', 1), of('stop', 16_018), ...Array.from({ length: 5 }, () => of('start', 1))]
    await fc.assert(property, { numRuns: 30, examples: [[restart, 0, 0]] })
  })
})
