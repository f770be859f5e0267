/** Writes the pages that follow from the code: `npm run docs`. A test fails when one is stale. */
import { writeFileSync } from 'node:fs'
import { configurationReference } from '../src/config/reference.ts'

const page = new URL('../docs/configuration.md', import.meta.url)
writeFileSync(page, configurationReference())
console.log('Wrote docs/configuration.md')
