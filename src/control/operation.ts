/** The JSON type of a member, of its items or of its values. */
export type Shape =
  | {
      readonly kind: 'string'
      /** The values of an enumeration. */
      readonly values?: readonly string[]
      /** `date-time` is that of RFC 3339; where it is absent, any text. */
      readonly format?: 'date-time'
    }
  | { readonly kind: 'integer' }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'map'; readonly of: Shape }
  /** Any JSON. */
  | { readonly kind: 'any' }
  | Structure

export type Structure = { readonly kind: 'structure'; readonly name: string; readonly members: readonly Member[] }

export type Member = {
  /** The name in JSON, in queries and in Windrow's own values. */
  readonly name: string
  readonly place: 'path' | 'query' | 'body'
  readonly required: boolean
  readonly shape: Shape
}

/** An operation of a JSON API: its HTTP request, its input and its answer. */
export type Operation = {
  readonly name: string
  /** What it does, in one sentence. */
  readonly summary: string
  readonly method: string
  /** The path: a string matches itself, a label any one segment, or at the end, with `isRest`, one or more. */
  readonly segments: readonly (string | { readonly label: string; readonly isRest?: true })[]
  /** HTTP status of success. */
  readonly status: number
  readonly input: Structure
  /** The structure of the response; undefined when it has no body, or one that is not JSON. */
  readonly output: Structure | undefined
  /** The media type of a response that is not JSON. */
  readonly mediaType?: string
  /** Other statuses of a response that is not JSON, and what each says in a sentence. */
  readonly otherStatuses?: Readonly<Record<number, string>>
  /**
   * True where the operation is about one resource that has an entity tag: the response has it, unless the resource is
   * deleted, and what changes the resource heeds `If-Match`.
   */
  readonly hasEntityTag?: boolean
}

/** True where an operation heeds `If-Match`: it changes a resource that is there. */
export function isConditional({ method, segments, hasEntityTag = false }: Omit<Operation, 'name'>): boolean {
  return hasEntityTag && method !== 'GET' && segments.some((segment) => typeof segment !== 'string')
}

/** The path of an operation, with its labels in braces. */
export function pathTemplate({ segments }: Pick<Operation, 'segments'>): string {
  return `/${segments.map((segment) => (typeof segment === 'string' ? segment : `{${segment.label}}`)).join('/')}`
}
