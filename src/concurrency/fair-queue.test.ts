import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FairQueue, type FairQueueOptions, QueueFull } from './fair-queue.ts'

/** A queue whose work ends when a test says so. */
class Bench {
  readonly started: string[] = []
  readonly refused: string[] = []
  private readonly ends = new Map<string, () => void>()
  private readonly queue: FairQueue

  constructor(options: Partial<FairQueueOptions> = {}) {
    this.queue = new FairQueue({ atOnce: 2, mostWaiting: 8, longCost: 100, mostWaitMs: 3_600_000, ...options })
  }

  ask(name: string, subject: string, client: string | undefined, cost = 10): void {
    const work = () => {
      this.started.push(name)
      return new Promise<void>((resolve) => this.ends.set(name, resolve))
    }
    this.queue.run({ subject, client, cost }, work).catch((error: unknown) => {
      assert.ok(error instanceof QueueFull)
      this.refused.push(name)
    })
  }

  async end(name: string): Promise<void> {
    this.ends.get(name)!()
    await turn()
  }

  /** Ends what runs, one after the other, until nothing does; the order in which work began. */
  async endAll(): Promise<readonly string[]> {
    await turn()
    for (let at = 0; at < this.started.length; at++) await this.end(this.started[at]!)
    return this.started
  }
}

describe('a fair queue', () => {
  it('does so many pieces at once, and of one client only one', async () => {
    const bench = new Bench()
    bench.ask('a1', 'one', 'a')
    bench.ask('a2', 'one', 'a')
    bench.ask('b1', 'one', 'b')
    bench.ask('c1', 'one', 'c')
    await turn()
    assert.deepEqual(bench.started, ['a1', 'b1'])
    await bench.end('b1')
    assert.deepEqual(bench.started, ['a1', 'b1', 'c1'])
    assert.deepEqual(await bench.endAll(), ['a1', 'b1', 'c1', 'a2'])
  })

  it('lets unknown clients run beside one another', async () => {
    const bench = new Bench()
    for (const name of ['x', 'y', 'z']) bench.ask(name, 'one', undefined)
    await turn()
    assert.deepEqual(bench.started, ['x', 'y'])
  })

  for (const [what, asks, newcomer] of [
    ['a client that asks about much', (at: number) => ['busy', `subject ${at}`], ['other', 'subject 0']],
    ['clients that ask about one thing', (at: number) => [`client ${at}`, 'busy'], ['client 99', 'other']],
    ['a client, even by itself, that asks about one thing', () => ['busy', 'busy'], ['busy', 'other']],
  ] as const) {
    it(`is not delayed for others by ${what}`, async () => {
      const bench = new Bench({ mostWaiting: 64 })
      for (let at = 0; at < 30; at++) {
        const [client = '', subject = ''] = asks(at)
        bench.ask(`attack ${at}`, subject, client)
      }
      bench.ask('other', newcomer[1], newcomer[0])
      await turn()
      const before = bench.started.length
      await bench.end(bench.started[0]!)
      assert.ok(bench.started.slice(0, before + 1).includes('other'), `${bench.started}`)
    })
  }

  it('does short work before long, one long piece at a time, and long work in the end', async () => {
    const bench = new Bench()
    bench.ask('day', 'one', 'a', 5000)
    bench.ask('another day', 'two', 'b', 5000)
    bench.ask('minute', 'three', 'c', 10)
    await turn()
    assert.deepEqual(bench.started, ['day', 'minute'])
    await bench.end('minute')
    await bench.end('day')
    assert.deepEqual(bench.started, ['day', 'minute', 'another day'])

    const steady = new Bench({ atOnce: 1, mostWaiting: 64 })
    steady.ask('first', 'zero', 'z')
    steady.ask('long', 'one', 'a', 5000)
    for (let at = 0; at < 2000 && !steady.started.includes('long'); at++) {
      steady.ask(`short ${at}`, `subject ${at}`, `client ${at}`, 10)
      await turn()
      await steady.end(steady.started.at(-1)!)
    }
    assert.ok(steady.started.includes('long'))
  })

  it('does in the end what little is asked about a subject that others ask much about', async () => {
    const bench = new Bench({ atOnce: 1, mostWaiting: 64 })
    for (let at = 0; at < 40; at++) bench.ask(`attack ${at}`, 'busy', 'attacker', 50)
    bench.ask('attacked', 'busy', 'viewers')
    const waits: number[] = []
    let round = 0
    for (; round < 500 && !bench.started.includes('attacked'); round++) {
      bench.ask(`attack more ${round}`, 'busy', 'attacker', 50)
      bench.ask(`viewer ${round}`, `subject ${round % 7}`, 'viewers')
      await turn()
      await bench.end(bench.started.at(-1)!)
      const waiting = round + 1 - bench.started.filter((name) => name.startsWith('viewer')).length
      waits.push(waiting)
    }
    assert.ok(bench.started.includes('attacked'), 'it never had its turn')
    assert.ok(round < 80, `after ${round} pieces`)
    assert.ok(Math.max(...waits) <= 3, `others wait for ${Math.max(...waits)} pieces`)
  })

  it('refuses what would be last when too much waits: that of whoever asks for most', async () => {
    const bench = new Bench({ mostWaiting: 8 })
    for (let at = 0; at < 20; at++) bench.ask(`attack ${at}`, 'busy', 'a')
    for (let at = 0; at < 4; at++) bench.ask(`other ${at}`, 'other', `client ${at}`)
    await turn()
    assert.ok(bench.refused.length > 0)
    assert.ok(
      bench.refused.every((name) => name.startsWith('attack')),
      `${bench.refused}`,
    )
    const begun = await bench.endAll()
    assert.equal(begun.filter((name) => name.startsWith('other')).length, 4)
    assert.equal(begun.length + bench.refused.length, 24)
  })

  it('refuses what has waited for too long', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] })
    const bench = new Bench({ atOnce: 1, mostWaitMs: 20_000 })
    bench.ask('slow', 'one', 'a')
    bench.ask('late', 'two', 'b')
    test.mock.timers.tick(19_999)
    await turn()
    assert.deepEqual(bench.refused, [])
    bench.ask('later', 'three', 'c')
    test.mock.timers.tick(1)
    await turn()
    assert.deepEqual([bench.started, bench.refused], [['slow'], ['late']])
    assert.deepEqual(await bench.endAll(), ['slow', 'later'])
  })

  it('passes failures on, and goes on', async () => {
    const queue = new FairQueue({ atOnce: 1, mostWaiting: 1, longCost: 1, mostWaitMs: 3_600_000 })
    const claim = { subject: 'one', client: 'a', cost: 1 }
    const failing = queue.run(claim, async () => Promise.reject(new Error('no')))
    const next = queue.run({ ...claim }, async () => 'done')
    await assert.rejects(failing, /no/)
    assert.equal(await next, 'done')
  })
})
