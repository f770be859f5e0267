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
  /** The path: a string matches itself, a label any one segment. */
  readonly segments: readonly (string | { readonly label: string })[]
  /** HTTP status of success. */
  readonly status: number
  readonly input: Structure
  /** The structure of the response; undefined when it has no body. */
  readonly output: Structure | undefined
}
