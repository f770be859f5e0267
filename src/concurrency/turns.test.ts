import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Turns } from './turns.ts'

function* counting(name: string, steps: number, seen: string[]): Generator<void, string, void> {
  for (let i = 1; i < steps; i++) {
    seen.push(`${name}${i}`)
    yield
  }
  seen.push(`${name}${steps}`)
  return name
}

describe('Turns', () => {
  it('does a single step at once', async () => {
    const seen: string[] = []
    const done = new Turns().run('a', counting('a', 1, seen))
    assert.deepEqual(seen, ['a1'])
    assert.equal(await done, 'a')
  })

  it('does one step in a turn of the event loop, whoever it is for', async () => {
    const seen: string[] = []
    const turns = new Turns()
    const work = ['a', 'b', 'c'].map((owner) => turns.run(owner, counting(owner, 3, seen)))
    const inEachTurn: number[] = []
    while (seen.length < 9) {
      const before = seen.length
      await turn()
      inEachTurn.push(seen.length - before)
    }
    assert.ok(
      inEachTurn.every((steps) => steps <= 1),
      `${inEachTurn}`,
    )
    assert.deepEqual(await Promise.all(work), ['a', 'b', 'c'])
  })

  it('lets owners take turns, and does the work of each in order', async () => {
    const seen: string[] = []
    const turns = new Turns()
    const work = ['a', 'x', 'y'].map((name) => turns.run('busy', counting(name, 2, seen)))
    const other = turns.run('other', counting('o', 3, seen))
    await Promise.all([...work, other])
    assert.deepEqual(seen, ['a1', 'o1', 'a2', 'o2', 'x1', 'o3', 'x2', 'y1', 'y2'])
  })

  it('rejects as the work throws, and goes on with what is left', async () => {
    const seen: string[] = []
    const turns = new Turns()
    const failing = function* () {
      yield
      throw new Error('no')
    }
    const work = [turns.run('a', failing()), turns.run('a', counting('a', 2, seen)), turns.run('b', failing())]
    const outcomes = await Promise.allSettled(work)
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'fulfilled', 'rejected'],
    )
    assert.deepEqual(seen, ['a1', 'a2'])
  })
})
