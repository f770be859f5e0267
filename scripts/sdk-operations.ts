/**
 * The operations of MediaPackage v1 as text, read from the schemas that its SDK exports. Those schemas are an internal
 * format of the SDK, which only this file uses; a test checks the result.
 */
import * as sdk from '@aws-sdk/client-mediapackage'
import { NormalizedSchema } from '@smithy/core/schema'
import type { StaticOperationSchema, StaticStructureSchema } from '@smithy/types'

/** Columns of a line, as for code. */
const WIDTH = 120

/** Enumerations by member: the schemas say "string" where the SDK has an enumeration. */
const ENUMERATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AdMarkers: sdk.AdMarkers,
  AdTriggers: sdk.__AdTriggersElement,
  AdsOnDeliveryRestrictions: sdk.AdsOnDeliveryRestrictions,
  'CmafEncryption.EncryptionMethod': sdk.CmafEncryptionMethod,
  'HlsEncryption.EncryptionMethod': sdk.EncryptionMethod,
  IncludeStatus: sdk.Status,
  ManifestLayout: sdk.ManifestLayout,
  Origination: sdk.Origination,
  PeriodTriggers: sdk.__PeriodTriggersElement,
  PlaylistType: sdk.PlaylistType,
  PresetSpeke20Audio: sdk.PresetSpeke20Audio,
  PresetSpeke20Video: sdk.PresetSpeke20Video,
  Profile: sdk.Profile,
  SegmentTemplateFormat: sdk.SegmentTemplateFormat,
  Status: sdk.Status,
  StreamOrder: sdk.StreamOrder,
  UtcTiming: sdk.UtcTiming,
}

/** The text of src/control/mediapackage-v1/sdk-operations.ts. */
export function sdkOperationsModule(): string {
  const schemas = Object.values(sdk)
    .filter((value) => Array.isArray(value))
    .filter((schema) => schema[0] === 9) as unknown as readonly StaticOperationSchema[]
  const structures = new Map<string, string>()
  const operations = schemas.map((schema) => operationText(schema, structures))
  const sorted = [...structures.values()].sort()
  return `// Written by \`npm run docs\` from the schemas of @aws-sdk/client-mediapackage.

/** Each operation: its name, method and path, the status of success, the structures of its input and its answer. */
export const SDK_OPERATIONS = \`
${operations.map(wrapped).join('\n')}
\`

/**
 * Each structure: its name and its members. \`/\` is before those in the path, \`?\` before those in the query, and
 * \`!\` after what is required. A member is text unless its type is named: \`[]\` is a list of that, \`{}\` a map to
 * it, and values with \`|\` between them are an enumeration.
 */
export const SDK_STRUCTURES = \`
${sorted.map(wrapped).join('\n')}
\`
`
}

/** The structures that the operation needs are added to those that are known. */
function operationText([, , name, traits, input, output]: StaticOperationSchema, known: Map<string, string>): string {
  const { http } = traits as { http: [method: string, path: string, status: number] }
  const [method, path, status] = http
  const ofJson = path.replaceAll(/\{(\w+)\}/g, (_, label: string) => `{${jsonName(label)}}`)
  const answer = NormalizedSchema.of(output)
  const structures = [NormalizedSchema.of(input), ...(answer.isUnitSchema() ? [] : [answer])]
  return [name, method, ofJson, status, ...structures.map((schema) => structureName(schema, known))].join(' ')
}

function structureName(schema: NormalizedSchema, known: Map<string, string>): string {
  const [, , name, , , , requiredCount = 0] = schema.getSchema() as StaticStructureSchema
  const members = [...schema.structIterator()].map(([member, target], n) => {
    const traits = target.getMergedTraits()
    const place = traits.httpLabel ? '/' : traits.httpQuery ? '?' : ''
    const values = ENUMERATIONS[`${name}.${member}`] ?? ENUMERATIONS[member]
    const type = typeText(target, values && Object.values(values).join('|'), known)
    // Required members come first.
    const required = n < requiredCount ? '!' : ''
    return place + (traits.httpQuery ?? traits.jsonName ?? jsonName(member)) + required + (type && `:${type}`)
  })
  known.set(name, [name, ...members].join(' '))
  return name
}

/** Empty for text. */
function typeText(schema: NormalizedSchema, values: string | undefined, known: Map<string, string>): string {
  if (schema.isStructSchema()) return structureName(schema, known)
  if (schema.isListSchema()) return `[${typeText(schema.getValueSchema(), values, known)}]`
  if (schema.isMapSchema()) return `{${typeText(schema.getValueSchema(), values, known)}}`
  if (schema.isBooleanSchema()) return 'boolean'
  if (schema.isNumericSchema()) return 'integer'
  // One value alone would be the name of a structure.
  if (schema.isStringSchema()) return values === undefined ? '' : values.includes('|') ? values : `${values}|`
  throw new Error(`the SDK's model has a member of an unknown kind: ${schema.getName(true)}`)
}

function jsonName(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1)
}

/** Lines after the first are indented. A word is never divided. */
function wrapped(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`
    if (lines.length === 0) lines.push(word)
    else if (longer.length > WIDTH) lines.push(`  ${word}`)
    else lines[lines.length - 1] = longer
  }
  return lines.join('\n')
}
