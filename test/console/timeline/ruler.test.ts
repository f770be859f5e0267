import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readAddress, writeAddress } from '../../../console/src/timeline/model/address.ts'
import { rulerTicks } from '../../../console/src/timeline/model/ruler.ts'
import { xAt } from '../../../console/src/timeline/model/view.ts'
import { UTC, zoneNamed } from '../../../console/src/timeline/model/zone.ts'
import { ARCHIVE, anyView } from './arbitraries.ts'

const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe'].map(zoneNamed)
const at = (text: string) => Date.parse(text)

describe('the ruler', () => {
  it('has lines in the order of time, within the view, with room for each label', () => {
    fc.assert(
      fc.property(anyView, fc.constantFrom(...ZONES), (view, zone) => {
        const ticks = rulerTicks(view, zone)
        for (const [n, { time }] of ticks.entries()) {
          assert.ok(time >= view.start && time <= view.end)
          if (n > 0) assert.ok(time > ticks[n - 1]!.time)
        }
        const labels = ticks.filter(({ label }) => label !== undefined).map(({ time }) => xAt(view, time))
        for (const [n, x] of labels.slice(1).entries()) assert.ok(x - labels[n]! >= 90, `${x - labels[n]!} px`)
        assert.ok(ticks.length <= view.width / 5 + 2)
      }),
    )
  })

  it('begins days at midnight of the zone, also on the day when clocks are put back', () => {
    const view = { start: at('2026-10-24T12:00:00Z'), end: at('2026-10-26T12:00:00Z'), width: 900 }
    const ticks = rulerTicks(view, zoneNamed('Europe/Berlin'))
    const days = ticks.filter(({ isNewDay }) => isNewDay)
    assert.deepEqual(
      days.map(({ time, label }) => [new Date(time).toISOString(), label]),
      [
        ['2026-10-24T22:00:00.000Z', '10-25'],
        ['2026-10-25T23:00:00.000Z', '10-26'],
      ],
    )
    const noon = ticks.find(({ time }) => time === at('2026-10-25T11:00:00Z'))
    assert.equal(noon?.label, '12:00')
  })

  it('names moments as precisely as they are apart', () => {
    const labels = (end: string) =>
      rulerTicks({ start: at('2026-12-01T21:40:00Z'), end: at(end), width: 300 }, UTC).flatMap(
        ({ label }) => label ?? [],
      )
    assert.deepEqual(labels('2026-12-01T21:40:00.600Z'), [
      '21:40:00.000',
      '21:40:00.200',
      '21:40:00.400',
      '21:40:00.600',
    ])
    assert.deepEqual(labels('2026-12-01T21:40:06Z'), ['21:40:00', '21:40:02', '21:40:04', '21:40:06'])
    assert.deepEqual(labels('2026-12-02T03:40:00Z'), ['22:00', '12-02', '02:00'])
  })
})

describe('the address of a timeline', () => {
  const moment = fc.integer({ min: ARCHIVE.start, max: ARCHIVE.end })
  const span = fc.tuple(moment, fc.integer({ min: 1, max: 1e9 })).map(([start, ms]) => ({ start, end: start + ms }))
  const optional = <T>(key: string, value: fc.Arbitrary<T>) =>
    fc.option(value, { nil: undefined }).map((v) => (v === undefined ? {} : { [key]: v }))
  const anyAddress = fc
    .tuple(
      optional('view', span),
      optional('playhead', moment),
      fc.option(span),
      fc.constantFrom('none', 'in', 'both'),
      fc.array(span, { maxLength: 5 }),
    )
    .map(([view, playhead, chosen, points, ranges]) => {
      const selection =
        chosen && points !== 'none' ? { in: chosen.start, ...(points === 'both' && { out: chosen.end }) } : {}
      return { ...view, ...playhead, selection, ranges }
    })

  it('is read as what was written', () => {
    fc.assert(fc.property(anyAddress, (address) => assert.deepEqual(readAddress(writeAddress(address)), address)))
  })

  it('is read as nothing where it is anything else', () => {
    const nothing = { selection: {}, ranges: [] }
    for (const query of [
      '',
      'in=yesterday&at=<script>',
      'ranges=a/b,,/',
      'start=2026-12-01T00:00:00Z',
      'at=2026-13-01T00:00:00Z',
    ]) {
      assert.deepEqual(readAddress(query), nothing, query)
    }
    assert.deepEqual(readAddress('in=2026-12-01T00:00:01Z&out=2026-12-01T00:00:00Z'), nothing)
    fc.assert(fc.property(fc.string(), (query) => void readAddress(query)))
  })
})
