/** Writes what follows from the code: `npm run docs`. A test fails when one of these files is stale. */
import { readFileSync, writeFileSync } from 'node:fs'
import { configurationReference } from '../src/config/reference.ts'
import { readBudget } from '../test/bench/budget.ts'
import { recordedMachines } from '../test/bench/recorded-runs.ts'
import { apiOperationsModule } from './api-operations.ts'
import { measuredLines } from './measured-lines.ts'
import { operationsPage } from './operations-page.ts'
import { performanceCharts } from './performance-charts.ts'
import { withMeasurements } from './performance-page.ts'
import { withScalingTable } from './scaling-table.ts'
import { sdkOperationsModule } from './sdk-operations.ts'
import { selfCheckPage } from './self-check-page.ts'
import { tracingPage } from './tracing-page.ts'

const page = (name: string) => readFileSync(new URL(`../docs/${name}.md`, import.meta.url), 'utf8')
const [machines, budgets] = [recordedMachines(), readBudget()]
const charts = [...performanceCharts(measuredLines(machines, budgets))]
const files = {
  'docs/configuration.md': configurationReference(),
  'docs/operations.md': operationsPage(),
  'docs/performance.md': withMeasurements(page('performance'), machines, budgets),
  'docs/scaling.md': withScalingTable(page('scaling')),
  'docs/self-check.md': selfCheckPage(),
  'docs/tracing.md': tracingPage(),
  'console/src/api/operations.ts': apiOperationsModule(),
  'src/control/mediapackage-v1/sdk-operations.ts': sdkOperationsModule(),
  ...Object.fromEntries(charts.map(([name, { svg }]) => [`docs/images/${name}.svg`, svg])),
}
for (const [path, text] of Object.entries(files)) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text)
  console.log(`Wrote ${path}`)
}
