import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CommandMisused } from './terminal.ts'
import { secondsOf, timeOf } from './times.ts'

const NOW = Date.parse('2026-03-04T12:00:00Z')

describe('a time on the command line', () => {
  for (const [text, time] of [
    ['now', '2026-03-04T12:00:00.000Z'],
    ['-10m', '2026-03-04T11:50:00.000Z'],
    ['-90s', '2026-03-04T11:58:30.000Z'],
    ['-1h30m', '2026-03-04T10:30:00.000Z'],
    ['-1.5s', '2026-03-04T11:59:58.500Z'],
    ['+1d', '2026-03-05T12:00:00.000Z'],
    ['2026-03-04T11:00:00+01:00', '2026-03-04T11:00:00+01:00'],
    ['1772625600', '1772625600'],
  ] as const) {
    it(`${text} is ${time}`, () => assert.equal(timeOf('--start', text, NOW), time))
  }

  for (const text of ['-', '-10', '+m', '-10m5', '-5 m', '-10y', '-9007199254740993m', `-${'9'.repeat(400)}s`]) {
    it(`${text} is none`, () => assert.throws(() => timeOf('--start', text, NOW), CommandMisused))
  }
})

it('a length on the command line has units', () => {
  assert.equal(secondsOf('--length', '1h30m'), 5400)
  assert.equal(secondsOf('--length', '10s'), 10)
  for (const text of ['', '90', '-5m', '5 m', '9007199254740993d'])
    assert.throws(() => secondsOf('--length', text), CommandMisused)
})
