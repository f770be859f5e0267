import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fittingConnections } from './descriptors.ts'

for (const [openFiles, fitting] of [
  [Number.POSITIVE_INFINITY, 10_000],
  [20_000, 10_000],
  [4096, 2339],
  [1024, 337],
  [200, 16],
] as const) {
  it(`fits 10,000 connections to ${openFiles} open files: ${fitting}`, () => {
    assert.equal(fittingConnections(openFiles, { maxConnections: 10_000, workFiles: 124, streams: 1024 }), fitting)
  })
}

it('never raises the number of connections', () => {
  assert.equal(fittingConnections(64, { maxConnections: 3, workFiles: 0, streams: 10 }), 3)
  assert.equal(fittingConnections(1e6, { maxConnections: 300, workFiles: 0, streams: 10 }), 300)
})
