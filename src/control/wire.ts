import { quoteValue, refuse } from '../model/rules.ts'
import { parseJson } from './json.ts'
import type { Member, Operation, Shape, Structure } from './operation.ts'

/** The parts of a request from which an operation's input is read; the body is complete. */
export type RequestParts = {
  readonly labels: Readonly<Record<string, string>>
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array
}

/**
 * Reads the input of an operation: required members are present, all are of the kind in their schema, and unknown
 * members are dropped. Throws RuleViolation with the JSON path of the wrong member.
 */
export function readInput(operation: Operation, { labels, query, body }: RequestParts): unknown {
  const { members } = operation.input
  const reads = (place: Member['place']) => members.filter((member) => member.place === place)
  const json = reads('body').length > 0 && body.length > 0 ? parseJson(body) : {}
  return {
    ...labels,
    ...Object.fromEntries(
      reads('query')
        .map((member) => [member.name, readQuery(member, query)])
        .filter(([, value]) => value !== undefined),
    ),
    ...readMembers(reads('body'), json, 'request body', ''),
  }
}

/** How numbers are written in queries. */
const NUMBERS: Partial<Record<Shape['kind'], RegExp>> = {
  integer: /^-?\d+$/,
  number: /^-?\d{1,20}(?:\.\d{1,20})?$/,
}

function readQuery({ name, shape, required }: Member, query: RequestParts['query']): unknown {
  const values = query.filter((pair) => pair[0] === name).map((pair) => pair[1])
  if (values.length === 0) return required ? refuse(name, 'is required') : undefined
  if (shape.kind === 'list') return values.map((value, n) => read(shape.of, value, `${name}[${n}]`))
  const [value = '', another] = values
  if (another !== undefined) refuse(name, 'must be given only once')
  const form = NUMBERS[shape.kind]
  return read(shape, form?.test(value) ? Number(value) : value, name)
}

function readMembers(members: readonly Member[], json: unknown, what: string, prefix: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    refuse(what, `must be an object, got ${kind(json)}`)
  const given = new Map(Object.entries(json))
  const values = members.map(({ name, shape, required }): [string, unknown] => {
    const value = given.get(name) ?? undefined
    if (value === undefined) return [name, required ? refuse(prefix + name, 'is required') : undefined]
    return [name, read(shape, value, prefix + name)]
  })
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}

function read(shape: Shape, value: unknown, path: string): unknown {
  switch (shape.kind) {
    case 'structure':
      return readMembers(shape.members, value, path, `${path}.`)
    case 'list':
      if (!Array.isArray(value)) refuse(path, `must be a list, got ${kind(value)}`)
      return value.map((item, n) => read(shape.of, item, `${path}[${n}]`))
    case 'map':
      if (kind(value) !== 'an object') refuse(path, `must be an object, got ${kind(value)}`)
      return Object.fromEntries(
        Object.entries(value as object).map(([key, item]) => [
          key,
          read(shape.of, item, `${path}[${quoteValue(key)}]`),
        ]),
      )
    case 'string':
      return readString(value, path, shape.values)
    case 'integer':
      if (typeof value !== 'number') refuse(path, `must be a whole number, got ${kind(value)}`)
      if (!Number.isInteger(value)) refuse(path, `must be a whole number, got ${value}`)
      return value
    case 'number':
      return typeof value === 'number' ? value : refuse(path, `must be a number, got ${kind(value)}`)
    case 'any':
      return value
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse(path, `must be true or false, got ${kind(value)}`)
  }
}

function readString(value: unknown, path: string, values: readonly string[] | undefined): string {
  if (typeof value !== 'string') refuse(path, `must be a string, got ${kind(value)}`)
  if (!value.isWellFormed()) refuse(path, 'must be Unicode without lone surrogates')
  if (values && !values.includes(value)) refuse(path, `must be one of ${values.join(', ')}, got ${quoteValue(value)}`)
  return value
}

function kind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Writes the members of `value` that the schema knows; others, and undefined ones, are left out. */
export function writeOutput(structure: Structure, value: object): object {
  return write(structure, value) as object
}

function write(shape: Shape, value: unknown): unknown {
  if (shape.kind === 'list') return (value as unknown[]).map((item) => write(shape.of, item))
  if (shape.kind !== 'structure') return value
  const given = value as Record<string, unknown>
  return Object.fromEntries(
    shape.members
      .filter(({ name }) => given[name] !== undefined)
      .map(({ name, shape }) => [name, write(shape, given[name])]),
  )
}
