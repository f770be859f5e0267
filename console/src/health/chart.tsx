import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { clockText, momentText } from '../time/moment-text.ts'
import './chart.css'
import { type MetricChart, summaryOf } from './metrics.ts'

/** Colours that differ from one another, and from the ground of both themes by 3:1 at least. */
const COLOURS = ['#5978e3', '#c33d69', '#278b80', '#8456ce'] as const
const HEIGHT = 140
/** Rows of the table beside a chart. */
const MOST_ROWS = 60

type ChartProps = {
  readonly chart: MetricChart
  /** Milliseconds since 1970, of each sample. */
  readonly times: readonly number[]
  readonly zone: string
}

/** A small chart, and all of it as a sentence and as a table. */
export function Chart({ chart, times, zone }: ChartProps) {
  return (
    <Container
      header={
        <Header variant="h2" description={chart.about}>
          {chart.title}
        </Header>
      }
    >
      <figure className="metric-chart">
        <Plot chart={chart} times={times} zone={zone} />
        <figcaption>
          {chart.lines.map(({ label }, n) => (
            <span key={label} className="metric-line" style={{ borderColor: COLOURS[n % COLOURS.length] }}>
              {label}
            </span>
          ))}
          <span className="metric-summary">{summaryOf(chart)}</span>
        </figcaption>
      </figure>
      <ExpandableSection headerText="As a table" headerAriaLabel={`${chart.title} as a table`}>
        <Values chart={chart} times={times} zone={zone} />
      </ExpandableSection>
    </Container>
  )
}

function Plot({ chart, times, zone }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const { text, lines } = chart
  const labels = lines.map(({ label }) => label).join('\n')
  const data = [
    times.map((at) => at / 1000),
    ...lines.map(({ values }) => values.map((value) => value ?? null)),
  ] as unknown as uPlot.AlignedData
  const newest = useRef(data)
  newest.current = data

  useEffect(() => {
    const element = place.current
    if (!element) return
    const colour = () => getComputedStyle(element).color
    const axis = { stroke: colour, grid: { stroke: 'rgba(128, 128, 128, 0.25)' }, ticks: { show: false } }
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
        axes: [
          { ...axis, values: (_, seconds) => seconds.map((at) => clockText(at * 1000, zone, 'minute')) },
          { ...axis, size: 80, values: (_, values) => values.map(text) },
        ],
        series: [
          {},
          ...labels.split('\n').map((label, n) => ({
            label,
            stroke: COLOURS[n % COLOURS.length] ?? COLOURS[0],
            width: 1.5,
            // Lines that lie on one another are told apart.
            ...(n > 0 && { dash: [2 + 3 * n, 2 * n] }),
          })),
        ],
      },
      newest.current,
      element,
    )
    plot.current = made
    const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    sized.observe(element)
    // The theme is a class of the body.
    const themed = new MutationObserver(() => made.redraw())
    themed.observe(document.body, { attributes: true, attributeFilter: ['class'] })
    return () => {
      sized.disconnect()
      themed.disconnect()
      made.destroy()
    }
  }, [labels, text, zone])

  useEffect(() => plot.current?.setData(data))
  return <div ref={place} aria-hidden="true" />
}

function Values({ chart: { lines, text, title }, times, zone }: ChartProps) {
  const every = Math.max(1, Math.ceil(times.length / MOST_ROWS))
  const shown = times.map((at, n) => ({ at, n })).filter(({ n }) => (times.length - 1 - n) % every === 0)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is higher than its box is scrolled by keyboard
    <section className="metric-table" tabIndex={0} aria-label={`Values of ${title}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map(({ label }) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.toReversed().map(({ at, n }) => (
            <tr key={at}>
              <th scope="row">{momentText(at, zone)}</th>
              {lines.map(({ label, values }) => {
                const value = values[n]
                return <td key={label}>{value === undefined ? '–' : text(value)}</td>
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
