/** The JSON type of a member, of its items or of its values. */
export type Shape =
  | { readonly kind: 'string' /** Of an enumeration. */; readonly values?: readonly string[] }
  | { readonly kind: 'integer' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'map'; readonly of: Shape }
  | Structure

export type Structure = { readonly kind: 'structure'; readonly name: string; readonly members: readonly Member[] }

export type Member = {
  /** As JSON, queries and our own values spell it. */
  readonly name: string
  readonly place: 'path' | 'query' | 'body'
  readonly required: boolean
  readonly shape: Shape
}

/** An operation of a JSON API: its HTTP request, its input and its answer. */
export type Operation = {
  readonly name: string
  readonly method: string
  /** A string must stand in the path as it is, a label takes any one segment. */
  readonly segments: readonly (string | { readonly label: string })[]
  /** HTTP status of success. */
  readonly status: number
  readonly input: Structure
  /** Undefined where the answer has no body at all. */
  readonly output: Structure | undefined
}
