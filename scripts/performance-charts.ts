/** The charts of docs/performance.md: Windrow beside its peers, and cost as work grows. */
import { type Measure, median } from '../test/bench/measure.ts'
import { isGrowth, type MeasuredLine, rounded, workOf } from './measured-lines.ts'
import { element, picture, SERIES, textAt } from './svg.ts'

export type Chart = { readonly title: string; readonly svg: string }

const WIDTH = 860
const ROW = 20
const TOP = 72

/** By the names of their files, without extension; none of what is not recorded. */
export function performanceCharts(lines: readonly MeasuredLine[]): ReadonlyMap<string, Chart> {
  const charts = new Map<string, Chart>()
  const judged = lines.filter(({ budget: { must } }) => must !== undefined && 'ratio' in must)
  if (judged.length > 0) charts.set('beside-peers', besidePeers(judged))
  const grown = lines.filter(isGrowth).map(curveOf)
  const add = (name: string, title: string, curves: readonly Curve[]) => {
    if (curves.length > 0) charts.set(name, growthChart(title, curves))
  }
  const ofDays = grown.filter(({ of }) => of === 'days')
  add(
    'cost-against-load',
    'Cost against load',
    grown.filter(({ of }) => of !== 'days'),
  )
  add('cost-against-archive', 'Cost against the length of the archive', ofDays)
  return charts
}

/** Bars from 1×, on a scale of powers of ten: to the right is better than the peer. */
function besidePeers(lines: readonly MeasuredLine[]): Chart {
  const title = 'Windrow beside its peers'
  const rows = lines.flatMap(({ name, peer, budget: { must }, machines }) => {
    const measured = machines.filter(({ measures }) => measures.length > 0)
    return measured.map(({ machine, measures }) => ({
      text: `${workOf(name)} | ${peer}${machines.length > 1 ? ` (${machine})` : ''}`,
      ratio: middle(measures, ({ ratio }) => ratio),
      must: must && 'ratio' in must ? must.ratio : 1,
      series: machines.findIndex((each) => each.machine === machine) % SERIES,
    }))
  })
  const most = Math.max(10, ...rows.flatMap(({ ratio, must }) => [ratio, must]))
  const least = Math.min(0.1, ...rows.map(({ ratio }) => ratio))
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))]
  const [left, right] = [430, WIDTH - 60]
  const at = (ratio: number) => left + ((Math.log10(ratio) - from) / (to - from)) * (right - left)
  const bottom = TOP + rows.length * ROW
  const scale = Array.from({ length: to - from + 1 }, (_, n) => 10 ** (from + n)).flatMap((ratio) => [
    element('path', { d: `M${at(ratio).toFixed(1)} ${TOP - 6}V${bottom}`, class: ratio === 1 ? 'zero' : 'axis' }),
    textAt(at(ratio), TOP - 12, `${rounded(ratio)}×`, { 'text-anchor': 'middle' }),
  ])
  const bars = rows.flatMap(({ text, ratio, must, series }, n) => {
    const y = TOP + n * ROW
    const [start, end] = [Math.min(at(1), at(ratio)), Math.max(at(1), at(ratio))]
    return [
      textAt(left - 14, y + 14, text, { 'text-anchor': 'end' }),
      element('rect', { x: start, y: y + 4, width: Math.max(1, end - start), height: 12, class: `bar s${series}` }),
      element('path', { d: `M${at(must).toFixed(1)} ${y + 1}v18`, class: 'mark' }),
      textAt(right + 8, y + 14, `${rounded(ratio)}×`),
    ]
  })
  const said = rows.map(({ text, ratio, must }) => `${text}: ${rounded(ratio)}, must ${must}`)
  const axis = 'times the peer, by CPU or by time; right of 1× is better; the tick is the must'
  const svg = picture(WIDTH, bottom + 16, `${title}. ${said.join('; ')}.`, [
    textAt(16, 26, title, { class: 'title' }),
    textAt(16, 46, axis),
    ...scale,
    ...bars,
  ])
  return { title, svg }
}

type Curve = {
  readonly text: string
  readonly of: string
  /** How many times the work, and the cost. */
  readonly work: number
  readonly cost: number
}

/** Of the machine that is recorded first. */
function curveOf({ name, unit, machines }: MeasuredLine): Curve {
  const { measures } = machines.find((each) => each.measures.length > 0)!
  const { of, sizes } = measures.at(-1)!.growth!
  const [small, large] = [middle(measures, ({ peerValue }) => peerValue), middle(measures, ({ value }) => value)]
  const text = `${name}: ${rounded(small)} to ${rounded(large)} ${unit}, ${sizes.join(' to ')} ${of}`
  return { text, of, work: sizes[1] / sizes[0], cost: large / small }
}

/** Both axes are powers: the slope of a line is the exponent. Names stand beside the ends of their lines. */
function growthChart(title: string, curves: readonly Curve[]): Chart {
  const [left, right, bottom, height] = [64, 300, 360, 270]
  const most = Math.max(10, ...curves.flatMap(({ work, cost }) => [work, cost]))
  const least = Math.min(1, ...curves.map(({ cost }) => cost))
  const across = (work: number) => left + (Math.log(work) / Math.log(10)) * (right - left)
  const up = (cost: number) => bottom - (Math.log(cost / least) / Math.log(most / least)) * height
  const wanted = curves.map(({ cost }) => up(cost))
  const names = spread(wanted, ROW)
  const scale = [1, 2, 5, 10].flatMap((n) => [
    element('path', { d: `M${left} ${up(n).toFixed(1)}H${right}`, class: 'axis' }),
    textAt(left - 8, up(n) + 4, `${n}×`, { 'text-anchor': 'end' }),
    element('path', { d: `M${across(n).toFixed(1)} ${bottom}V${bottom - height}`, class: 'axis' }),
    textAt(across(n), bottom + 18, `${n}×`, { 'text-anchor': 'middle' }),
  ])
  const lines = curves.flatMap(({ text, work, cost }, n) => {
    const [x, y] = [across(work).toFixed(1), up(cost).toFixed(1)]
    return [
      element('path', { d: `M${left} ${up(1).toFixed(1)}L${x} ${y}`, class: `line s${n % SERIES}` }),
      element('circle', { cx: x, cy: y, r: 3.5, class: `dot s${n % SERIES}` }),
      element('path', { d: `M${x} ${y}L${right + 24} ${names[n]!.toFixed(1)}`, class: 'axis', fill: 'none' }),
      textAt(right + 28, names[n]! + 4, text, { class: `name s${n % SERIES}` }),
    ]
  })
  const even = element('path', { d: `M${left} ${up(1).toFixed(1)}L${right} ${up(10).toFixed(1)}`, class: 'even' })
  const svg = picture(WIDTH, bottom + 52, `${title}. ${curves.map(({ text }) => text).join('; ')}.`, [
    textAt(16, 26, title, { class: 'title' }),
    textAt(16, 46, 'cost (times that of the less), on a scale of powers; broken line: in proportion to the work'),
    ...scale,
    even,
    ...lines,
    textAt((left + right) / 2, bottom + 38, 'work (times the less)', { 'text-anchor': 'middle' }),
  ])
  return { title, svg }
}

/** Heights near those that are wanted, none nearer to another than `least`. */
function spread(wanted: readonly number[], least: number): number[] {
  const order = wanted.map((_, n) => n).sort((a, b) => wanted[b]! - wanted[a]!)
  const heights = [...wanted]
  let lowest = Number.POSITIVE_INFINITY
  for (const n of order) {
    heights[n] = Math.min(wanted[n]!, lowest - least)
    lowest = heights[n]
  }
  return heights
}

function middle(measures: readonly Measure[], of: (measure: Measure) => number): number {
  return median(measures.map(of))
}
