/** Writes what follows from the code: `npm run docs`. A test fails when one of these files is stale. */
import { readFileSync, writeFileSync } from 'node:fs'
import { configurationReference } from '../src/config/reference.ts'
import { apiOperationsModule } from './api-operations.ts'
import { operationsPage } from './operations-page.ts'
import { withScalingTable } from './scaling-table.ts'
import { selfCheckPage } from './self-check-page.ts'
import { tracingPage } from './tracing-page.ts'

const scaling = readFileSync(new URL('../docs/scaling.md', import.meta.url), 'utf8')
const files = {
  'docs/configuration.md': configurationReference(),
  'docs/operations.md': operationsPage(),
  'docs/scaling.md': withScalingTable(scaling),
  'docs/self-check.md': selfCheckPage(),
  'docs/tracing.md': tracingPage(),
  'console/src/api/operations.ts': apiOperationsModule(),
}
for (const [path, text] of Object.entries(files)) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text)
  console.log(`Wrote ${path}`)
}
