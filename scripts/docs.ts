/** Writes the pages that follow from the code: `npm run docs`. A test fails when one is stale. */
import { readFileSync, writeFileSync } from 'node:fs'
import { configurationReference } from '../src/config/reference.ts'
import { operationsPage } from './operations-page.ts'
import { withScalingTable } from './scaling-table.ts'
import { selfCheckPage } from './self-check-page.ts'
import { tracingPage } from './tracing-page.ts'

const scaling = readFileSync(new URL('../docs/scaling.md', import.meta.url), 'utf8')
const pages = {
  configuration: configurationReference(),
  operations: operationsPage(),
  scaling: withScalingTable(scaling),
  'self-check': selfCheckPage(),
  tracing: tracingPage(),
}
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(new URL(`../docs/${name}.md`, import.meta.url), text)
  console.log(`Wrote docs/${name}.md`)
}
