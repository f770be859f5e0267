import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { describe, it } from 'node:test'
import { latenessOf, MachineWatch } from './machine.ts'
import { spawnOwned } from './processes.ts'

const isCounted = existsSync('/proc/self/schedstat')

describe('a watch of the machine', () => {
  it('sees that processes waited for a core, when there are more of them than cores', {
    skip: !isCounted && 'needs a kernel that counts waiting',
  }, async () => {
    const machine = await MachineWatch.start()
    const from = performance.now()
    const busy = 'const end = performance.now() + 1500; while (performance.now() < end);'
    const children = Array.from({ length: 2 * availableParallelism() }, () => {
      return once(spawnOwned(process.execPath, ['-e', busy], { stdio: 'ignore' }), 'exit')
    })
    await Promise.all(children)
    const to = performance.now()
    const late = await machine.lateness(from, to)
    await machine.stop()
    // Two share a core: one of them waits while the other runs.
    assert.ok(late > 500 && late <= to - from, `${late} of ${to - from} ms`)
  })

  it('counts the most that anything waited, of each beat the part that is asked for, and never more than that', () => {
    const beats = [
      { from: 0, to: 200, late: 10, runQueue: 50, disk: 0 },
      { from: 200, to: 400, late: 40, runQueue: 20, disk: 60 },
      { from: 400, to: 800, late: 200, runQueue: 900, disk: 300 },
    ]
    assert.equal(latenessOf(beats, 0, 200), 50)
    assert.equal(latenessOf(beats, 0, 400), 150)
    assert.equal(latenessOf(beats, 300, 400), 50)
    assert.equal(latenessOf(beats, 500, 600), 100)
    assert.equal(latenessOf(beats, -1000, 5000), 550)
    assert.equal(latenessOf(beats, 900, 5000), 0)
  })
})
