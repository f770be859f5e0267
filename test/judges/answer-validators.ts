/** Validators of the API's responses, as code that ajv writes. Loaded only where nobody has kept them yet. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import formats from 'ajv-formats'

type Schema = Readonly<Record<string, unknown>>

const KEPT_MS = 86_400_000

/**
 * Writes a CommonJS module with a validator for each schema of an OpenAPI document, by its name. Members that a schema
 * does not have are refused. Processes may write the same file at the same time.
 */
export function writeValidators(schemas: Readonly<Record<string, Schema>>, file: string): void {
  const ajv = new Ajv2020({ strict: true, code: { source: true } })
  formats.default(ajv)
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(strictly(schema), name)
  const names = Object.keys(schemas).map((name) => [name, name])
  const folder = dirname(file)
  mkdirSync(folder, { recursive: true })
  const draft = join(folder, `${randomUUID()}.draft`)
  writeFileSync(draft, standalone.default(ajv, Object.fromEntries(names) as Record<string, string>))
  renameSync(draft, file)
  for (const other of readdirSync(folder).map((name) => join(folder, name))) {
    if ((statSync(other, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < Date.now() - KEPT_MS)
      rmSync(other, { force: true })
  }
}

function strictly(schema: Schema): Schema {
  const text = JSON.stringify(schema).replaceAll('"#/components/schemas/', '"')
  const own = JSON.parse(text) as Schema
  return 'properties' in own ? { ...own, additionalProperties: false } : own
}
