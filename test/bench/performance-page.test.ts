import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measuredLines, medianAndRange } from '../../scripts/measured-lines.ts'
import { performanceCharts } from '../../scripts/performance-charts.ts'
import { withMeasurements } from '../../scripts/performance-page.ts'
import { type Budgets, readBudget } from './budget.ts'
import { exponentOf, exponentText, type Measure, median } from './measure.ts'
import type { RecordedMachine, RecordedRun } from './recorded-runs.ts'

const PAGE = ['summary', 'growth']
  .map(
    (name) => `<!-- Written by \`npm run docs\` from docs/measurements: ${name}. -->\nold\n<!-- End of ${name}. -->\n`,
  )
  .join('between\n')

const BUDGETS: Budgets = {
  requests: { ratio: 0.5, must: { ratio: 0.6 }, why: 'they are many' },
  wait: { ratio: 0.1, must: { most: 200 } },
  channels: { ratio: 0.4, must: { least: 300 } },
  growing: { ratio: 0.9 },
}

const requests = (ratio: number): Measure => {
  return { name: 'requests', unit: 'a second', peer: 'peer', value: ratio * 1000, peerValue: 1000, ratio }
}
const run = (...measures: Measure[]): RecordedRun => ({
  date: '2026-12-03T10:00:00.000Z',
  commit: '01234567',
  cores: 2,
  isVirtual: true,
  memoryGiB: 8,
  load: 0.1,
  machine: [{ name: 'a system call', value: 2.34, unit: 'µs' }],
  measures,
})
const machine = (name: string, ...runs: RecordedRun[]): RecordedMachine => ({ name, runs })
const verdict = (...machines: RecordedMachine[]) => measuredLines(machines, BUDGETS)[0]?.verdict

describe('figures of recorded runs', () => {
  it('have the median in the middle, and of an even number between the two there', () => {
    assert.equal(median([9, 1, 2]), 2)
    assert.equal(median([4, 1, 2, 100]), 3)
  })

  it('are told with two digits, and their range where it shows', () => {
    assert.equal(medianAndRange([0.4321, 0.4111, 0.4567], '×'), '0.43× (0.41 to 0.46)')
    assert.equal(medianAndRange([37_612, 37_599]), '38,000')
    assert.equal(medianAndRange([168.4]), '170')
  })

  it('grow with a power of the work', () => {
    assert.equal(exponentOf([4, 40], [25, 250]), 1)
    assert.equal(exponentOf([1, 10], [300, 300]), 0)
    assert.equal(exponentText(exponentOf([1, 10], [300, 299])), '0.0')
    assert.ok(Math.abs(exponentOf([2, 20], [7, 700]) - 2) < 1e-9)
    assert.ok(Math.abs(exponentOf([1, 4], [10, 20]) - 0.5) < 1e-9)
  })
})

describe('a must', () => {
  it('is met where each run of every machine meets it', () => {
    assert.equal(
      verdict(machine('A', run(requests(0.6)), run(requests(0.7))), machine('B', run(requests(0.61)))),
      'met',
    )
  })

  it('is missed by one run of one machine, whatever the median', () => {
    const runs = [0.7, 0.59, 0.7].map((ratio) => run(requests(ratio)))
    assert.equal(verdict(machine('A', run(requests(0.9))), machine('B', ...runs)), 'missed')
  })

  it('is not met everywhere where a machine has not measured it', () => {
    assert.equal(verdict(machine('A', run(requests(0.9))), machine('B', run())), 'not everywhere')
  })

  it('is judged by the last three runs that have the line', () => {
    const runs = [0.1, 0.7, 0.7].map((ratio) => run(requests(ratio)))
    assert.equal(verdict(machine('A', ...runs)), 'missed')
    assert.equal(verdict(machine('A', ...runs, run(), run(requests(0.65)))), 'met')
  })

  it('may be about the value itself', () => {
    const one = (name: string, value: number) => {
      const measure = { name, unit: 'ms', peer: 'peer', value, peerValue: 1, ratio: 0.01 }
      return measuredLines([machine('A', run(measure))], BUDGETS)[0]?.verdict
    }
    assert.deepEqual([one('wait', 200), one('wait', 201)], ['met', 'missed'])
    assert.deepEqual([one('channels', 300), one('channels', 299)], ['met', 'missed'])
    assert.equal(one('growing', 1), undefined)
    assert.equal(one('gone from the budget', 1), undefined)
  })

  it('is told with a reason where the budget of a line does not hold it', () => {
    const without = Object.entries(readBudget()).filter(([, { ratio, most, must, why }]) => {
      if (must === undefined || why !== undefined) return false
      return 'ratio' in must ? ratio < must.ratio : !('most' in must && most !== undefined && most <= must.most)
    })
    assert.deepEqual(
      without.map(([name]) => name),
      [],
    )
  })
})

describe('the page about performance', () => {
  const growing: Measure = {
    name: 'growing',
    unit: 'ms',
    peer: '4 instead of 40 channels',
    value: 200,
    peerValue: 20,
    ratio: 1,
    growth: { of: 'channels', sizes: [4, 40] },
  }

  it('says that nothing is recorded, and has no charts then', () => {
    const text = withMeasurements(PAGE, [], BUDGETS)
    assert.equal(text.match(/No runs are recorded yet/g)?.length, 2)
    assert.ok(text.includes('between') && !text.includes('old'))
    assert.equal(performanceCharts(measuredLines([], BUDGETS)).size, 0)
  })

  it('has a row for each line, with must, budget and what each machine has measured', () => {
    const runs = [0.7, 0.5, 0.6].map((ratio) => run(requests(ratio)))
    const text = withMeasurements(PAGE, [machine('A', ...runs), machine('B', run(growing))], BUDGETS)
    assert.ok(
      text.includes('**Machine A**: 2 virtual cores, 8 GiB of memory; a system call 2.3 µs. 3 runs, 2026-12-03'),
    )
    assert.ok(
      text.includes(
        '| requests, a second | peer | 0.6× | 0.5× | 0.6× (0.5 to 0.7): 600 against 1,000 | – | **missed** |',
      ),
      text,
    )
    assert.ok(text.includes('- requests: they are many.'))
    assert.ok(text.includes('| growing, ms | 4 and 40 channels | 20 | 200 | 5 | 1.0 | B |'), text)
    assert.equal(withMeasurements(text, [], BUDGETS), withMeasurements(PAGE, [], BUDGETS))
  })

  it('has charts that say what they show to those who do not see them', () => {
    const days: Measure = { ...growing, growth: { of: 'days', sizes: [1, 10] } }
    const lines = measuredLines([machine('A', run(requests(0.5), { ...days, name: 'wait' }, growing))], BUDGETS)
    const charts = performanceCharts(lines)
    assert.deepEqual([...charts.keys()], ['beside-peers', 'cost-against-load', 'cost-against-archive'])
    assert.match(charts.get('beside-peers')!.svg, /role="img" aria-label="[^"]*requests \| peer: 0\.5, must 0\.6/)
    assert.match(charts.get('cost-against-load')!.svg, /aria-label="[^"]*growing: 20 to 200 ms, 4 to 40 channels/)
    for (const { svg } of charts.values()) assert.doesNotMatch(svg, /NaN|Infinity|undefined/)
  })
})
