import type { Member, Shape, Structure } from './operation.ts'

/** Where the type of a shape's values is kept, for the compiler alone. */
declare const VALUES: unique symbol

/** A shape, and the type of its values as they are before they are written as JSON. */
export type TypedShape<T, S extends Shape = Shape> = S & { readonly [VALUES]?: T }

/** The type of a shape's values. */
export type ValueOf<S> = S extends { readonly [VALUES]?: infer T } ? Exclude<T, undefined> : never

/** A member that may be absent. Values may have it as undefined, which JSON leaves out. */
type Optional<T> = { readonly optional: TypedShape<T> }

/** The members of an object of JSON, in the order in which they are read and told of. */
export type Fields = Readonly<Record<string, TypedShape<unknown> | Optional<unknown>>>

/** The type of objects that have these members. */
export type Values<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Optional<unknown> ? never : K]: ValueOf<F[K]>
} & {
  readonly [K in keyof F as F[K] extends Optional<unknown> ? K : never]?:
    | (F[K] extends Optional<infer T> ? T : never)
    | undefined
}

/** A value as it was read from JSON: members that are absent are missing, not undefined. */
export type Received<T> = T extends readonly (infer E)[]
  ? readonly Received<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Received<Exclude<T[K], undefined>> }
    : T

export const TEXT: TypedShape<string> = { kind: 'string' }
/** A moment, as RFC 3339 writes it. */
export const MOMENT: TypedShape<string> = { kind: 'string', format: 'date-time' }
export const WHOLE_NUMBER: TypedShape<number> = { kind: 'integer' }
export const NUMBER: TypedShape<number> = { kind: 'number' }
export const TRUTH: TypedShape<boolean> = { kind: 'boolean' }
export const ANY_JSON: TypedShape<unknown> = { kind: 'any' }

export const oneOf = <const V extends readonly string[]>(...values: V): TypedShape<V[number]> => ({
  kind: 'string',
  values,
})

export const listOf = <T>(of: TypedShape<T>): TypedShape<readonly T[]> => ({ kind: 'list', of })

export const mapOf = <T>(of: TypedShape<T>): TypedShape<Readonly<Record<string, T>>> => ({ kind: 'map', of })

export const optional = <T>(shape: TypedShape<T>): Optional<T> => ({ optional: shape })

/** An object of JSON. Its name is that of the schema in the OpenAPI document. */
export function structure<const F extends Fields>(name: string, fields: F): TypedShape<Values<F>, Structure> {
  return { kind: 'structure', name, members: membersOf(fields, 'body') }
}

/** The members of a request, in one place of it. */
export function membersOf(fields: Fields, place: Member['place']): readonly Member[] {
  return Object.entries(fields).map(([name, field]) => {
    const isOptional = 'optional' in field
    return { name, place, required: !isOptional, shape: isOptional ? field.optional : field }
  })
}

/** The answer of operations that have nothing to tell: an object without members. */
export const NOTHING = structure('Nothing', {})
