import * as sdk from '@aws-sdk/client-mediapackage'
import { NormalizedSchema } from '@smithy/core/schema'
import type { StaticOperationSchema, StaticStructureSchema } from '@smithy/types'
import type { Member, Operation, Shape, Structure } from '../operation.ts'
import type { OperationName } from './api.ts'
import { SUMMARIES } from './summaries.ts'

/**
 * The operations of MediaPackage v1 as plain values, read from the schemas that its SDK exports. Those schemas are an
 * internal format of the SDK, which only this file uses; a test checks the result.
 */

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

export const OPERATIONS: readonly Operation[] = Object.values(sdk)
  .filter((value) => Array.isArray(value))
  .filter((schema) => schema[0] === 9)
  .map((schema) => operation(schema as StaticOperationSchema))

function operation([, , name, traits, input, output]: StaticOperationSchema): Operation {
  const { http } = traits as { http: [method: string, path: string, status: number] }
  const [method, path, status] = http
  const answer = NormalizedSchema.of(output)
  return {
    name,
    summary: SUMMARIES[name as OperationName],
    method,
    segments: path
      .slice(1)
      .split('/')
      .map((segment) => (segment.startsWith('{') ? { label: jsonName(segment.slice(1, -1)) } : segment)),
    status,
    input: structure(NormalizedSchema.of(input)),
    output: answer.isUnitSchema() ? undefined : structure(answer),
    hasEntityTag: /^(Create|Describe|Update|Delete|Rotate|Configure)/.test(name) && !name.endsWith('HarvestJob'),
  }
}

function structure(schema: NormalizedSchema): Structure {
  const [, , name, , , , requiredCount = 0] = schema.getSchema() as StaticStructureSchema
  const members = [...schema.structIterator()].map(([member, target], n): Member => {
    const traits = target.getMergedTraits()
    const values = ENUMERATIONS[`${name}.${member}`] ?? ENUMERATIONS[member]
    return {
      name: traits.httpQuery ?? traits.jsonName ?? jsonName(member),
      place: traits.httpLabel ? 'path' : traits.httpQuery ? 'query' : 'body',
      // Required members come first.
      required: n < requiredCount,
      shape: shape(target, values && Object.values(values)),
    }
  })
  return { kind: 'structure', name, members }
}

function shape(schema: NormalizedSchema, values: readonly string[] | undefined): Shape {
  if (schema.isStructSchema()) return structure(schema)
  if (schema.isListSchema()) return { kind: 'list', of: shape(schema.getValueSchema(), values) }
  if (schema.isMapSchema()) return { kind: 'map', of: shape(schema.getValueSchema(), values) }
  if (schema.isBooleanSchema()) return { kind: 'boolean' }
  if (schema.isNumericSchema()) return { kind: 'integer' }
  if (schema.isStringSchema()) return values ? { kind: 'string', values } : { kind: 'string' }
  throw new Error(`the SDK's model has a member of an unknown kind: ${schema.getName(true)}`)
}

function jsonName(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1)
}
