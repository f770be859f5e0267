import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fittingConnections } from './descriptors.ts'

for (const [openFiles, fitting] of [
  [Number.POSITIVE_INFINITY, 10_000],
  [20_000, 10_000],
  [4096, 2883],
  [1024, 579],
  [200, 16],
] as const) {
  it(`fits 10,000 connections to ${openFiles} open files: ${fitting}`, () => {
    assert.equal(fittingConnections(10_000, openFiles, 124), fitting)
  })
}

it('never raises the number of connections', () => {
  assert.equal(fittingConnections(3, 64, 0), 3)
  assert.equal(fittingConnections(300, 1e6, 0), 300)
})
