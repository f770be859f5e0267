/** Writes the pages that follow from the code: `npm run docs`. A test fails when one is stale. */
import { writeFileSync } from 'node:fs'
import { configurationReference } from '../src/config/reference.ts'
import { operationsPage } from './operations-page.ts'

const pages = { configuration: configurationReference(), operations: operationsPage() }
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(new URL(`../docs/${name}.md`, import.meta.url), text)
  console.log(`Wrote docs/${name}.md`)
}
