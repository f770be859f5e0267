import type { Member, Operation, Shape, Structure } from '../operation.ts'
import type { OperationName } from './api.ts'
import { SDK_OPERATIONS, SDK_STRUCTURES } from './sdk-operations.ts'
import { SUMMARIES } from './summaries.ts'

/**
 * The operations of MediaPackage v1 as plain values. They are read from text that was written of its SDK: the SDK
 * itself would take a tenth of the time of a start, and a server needs no more of it than this.
 */

const PLACES = { '/': 'path', '?': 'query', '': 'body' } as const

const written = new Map(entriesOf(SDK_STRUCTURES).map(([name = '', ...members]) => [name, members]))
const structures = new Map<string, Structure>()

export const OPERATIONS: readonly Operation[] = entriesOf(SDK_OPERATIONS).map(
  ([name = '', method = '', path = '', status, input = '', output]) => ({
    name,
    summary: SUMMARIES[name as OperationName],
    method,
    segments: path
      .slice(1)
      .split('/')
      .map((segment) => (segment.startsWith('{') ? { label: segment.slice(1, -1) } : segment)),
    status: Number(status),
    input: structure(input),
    output: output === undefined ? undefined : structure(output),
    hasEntityTag: /^(Create|Describe|Update|Delete|Rotate|Configure)/.test(name) && !name.endsWith('HarvestJob'),
  }),
)

/** The words of each entry, which may go on in indented lines. */
function entriesOf(text: string): readonly (readonly string[])[] {
  return text
    .trim()
    .split(/\n(?! )/)
    .map((entry) => entry.split(/\s+/))
}

function structure(name: string): Structure {
  const known = structures.get(name)
  if (known) return known
  const members = written.get(name)
  if (!members) throw new Error(`no structure is written of ${name}`)
  const made: Structure = { kind: 'structure', name, members: members.map(member) }
  structures.set(name, made)
  return made
}

function member(text: string): Member {
  const [, place = '', name = '', required, type = ''] = /^([/?]?)(\w+)(!?)(?::(.+))?$/.exec(text) ?? []
  return { name, place: PLACES[place as keyof typeof PLACES], required: required === '!', shape: shape(type) }
}

function shape(type: string): Shape {
  if (type === '') return { kind: 'string' }
  if (type === 'boolean' || type === 'integer') return { kind: type }
  if (type.startsWith('[')) return { kind: 'list', of: shape(type.slice(1, -1)) }
  if (type.startsWith('{')) return { kind: 'map', of: shape(type.slice(1, -1)) }
  if (type.includes('|')) return { kind: 'string', values: type.split('|').filter((value) => value !== '') }
  return structure(type)
}
