import type { Condition } from './entity-tags.ts'
import type { Member, Operation, Structure } from './operation.ts'
import {
  type Fields,
  membersOf,
  oneOf,
  optional,
  type Received,
  TEXT,
  type TypedShape,
  type Values,
  WHOLE_NUMBER,
} from './typed-shapes.ts'

/** Where the types of an operation's input and answer are kept, for the compiler alone. */
declare const TYPES: unique symbol

/** An operation without its name, which is that of its declaration. */
export type TypedOperation<I, O> = Omit<Operation, 'name'> & { readonly [TYPES]?: readonly [I, O] }

/** Operations by their names. */
export type Declarations = Readonly<Record<string, Omit<Operation, 'name'>>>

type TypesOf<T> = T extends { readonly [TYPES]?: infer P } ? Exclude<P, undefined> : never

/** The input that each operation is given: all that is required of it is there. */
export type InputsOf<D extends Declarations> = { readonly [N in keyof D]: TypesOf<D[N]>[0 & keyof TypesOf<D[N]>] }

/** The answer of each operation. Members that are undefined are left out. */
export type OutputsOf<D extends Declarations> = { readonly [N in keyof D]: TypesOf<D[N]>[1 & keyof TypesOf<D[N]>] }

/**
 * One function for each operation. It throws ApiError or RuleViolation for requests it refuses. Where the operation is
 * conditional, it changes nothing that `condition` refuses.
 */
export type HandlersOf<D extends Declarations> = {
  readonly [N in keyof D]: (input: InputsOf<D>[N], condition?: Condition) => Promise<OutputsOf<D>[N]>
}

type Labels<R extends string> = R extends `${string}{${infer L}}${infer Rest}` ? Bare<L> | Labels<Rest> : never
type Bare<L extends string> = L extends `${infer B}+` ? B : L

type NoFields = Record<never, never>

/** The members that pages of a list are asked for with. */
export const PAGING = { maxResults: optional(WHOLE_NUMBER), nextToken: optional(TEXT) }

/** The same, of a list that can also begin with what was added last. */
export const ORDERED_PAGING = { ...PAGING, order: optional(oneOf('OLDEST_FIRST', 'NEWEST_FIRST')) }

/** An operation as it is declared: what it does, and the members of its request besides the labels of its path. */
type Declared<Q, B> = {
  /** What it does, in one sentence. */
  readonly summary: string
  /** Of success; when absent, 200. */
  readonly status?: number
  /** True where it is about one resource with an entity tag. */
  readonly hasEntityTag?: boolean
  readonly query?: Q
  readonly body?: B
}

type InputOf<R extends string, Q extends Fields, B extends Fields> = { readonly [L in Labels<R>]: string } & Received<
  Values<Q>
> &
  Received<Values<B>>

/**
 * Declares an operation. `request` is the method and the path below `/windrow/v1/`, where `{name}` stands for a segment
 * that is a member of the input, and `{name+}` at its end for one or more.
 */
export function operation<const R extends string, O, Q extends Fields = NoFields, B extends Fields = NoFields>(
  request: R,
  { output, ...declared }: Declared<Q, B> & { readonly output: TypedShape<O, Structure> },
): TypedOperation<InputOf<R, Q, B>, O> {
  return { ...requested(request, declared), output }
}

/** Declares an operation whose answer is not JSON, but of a media type. */
export function mediaOperation<const R extends string, Q extends Fields = NoFields, B extends Fields = NoFields>(
  request: R,
  {
    mediaType,
    otherStatuses = {},
    ...declared
  }: Declared<Q, B> & { readonly mediaType: string } & Pick<Operation, 'otherStatuses'>,
): TypedOperation<InputOf<R, Q, B>, never> {
  return { ...requested(request, declared), output: undefined, mediaType, otherStatuses }
}

function requested(
  request: string,
  { summary, status = 200, hasEntityTag = false, query = {}, body = {} }: Declared<Fields, Fields>,
): Omit<Operation, 'name' | 'output'> {
  const [method = '', path = ''] = request.split(' ')
  const segments = ['windrow', 'v1', ...path.split('/')].map((segment) =>
    segment.startsWith('{') ? labelOf(segment.slice(1, -1)) : segment,
  )
  const labels = segments.flatMap((segment): Member[] =>
    typeof segment === 'string' ? [] : [{ name: segment.label, place: 'path', required: true, shape: TEXT }],
  )
  const members = [...labels, ...membersOf(query, 'query'), ...membersOf(body, 'body')]
  return { method, segments, status, summary, input: { kind: 'structure', name: 'Input', members }, hasEntityTag }
}

function labelOf(label: string): Exclude<Operation['segments'][number], string> {
  return label.endsWith('+') ? { label: label.slice(0, -1), isRest: true } : { label }
}

/** The operations with their names, in the order in which they are declared. */
export function namedOperations(declarations: Declarations): readonly Operation[] {
  return Object.entries(declarations).map(([name, declared]) => ({ ...declared, name }))
}
