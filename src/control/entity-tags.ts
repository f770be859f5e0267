import { ApiError } from './api-error.ts'

/** Where the answer of a handler has the entity tag of the resource that it describes. It is not written as JSON. */
const ENTITY_TAG = Symbol('entity tag')

/** An answer about one resource, with the entity tag of the state in which it describes that. */
export function withEntityTag<T extends object>(answer: T, tag: string): T {
  return { ...answer, [ENTITY_TAG]: tag }
}

/** The entity tag of the resource that an answer describes; undefined where it is not about one. */
export function entityTagOf(answer: object): string | undefined {
  return (answer as { readonly [ENTITY_TAG]?: string })[ENTITY_TAG]
}

/**
 * A strong entity tag, RFC 9110 §8.8.3. Its parts, of letters, digits, _ and -, tell a state of a resource from others.
 */
export function entityTag(...parts: readonly (string | number)[]): string {
  return `"${parts.join('-')}"`
}

/**
 * What a request says of the resource that it changes: throws ApiError unless this is in a state that the client has
 * seen. Undefined tags are those of what has none.
 */
export type Condition = (tag: string | undefined) => void

/** The condition of `If-Match`, by strong comparison, RFC 9110 §13.1.1; undefined where a request has none. */
export function conditionOf(ifMatch: string | undefined): Condition | undefined {
  if (ifMatch === undefined) return undefined
  const listed = ifMatch.split(',').map((item) => item.trim())
  return (tag) => {
    if (listed.includes('*') || (tag !== undefined && listed.includes(tag))) return
    throw new ApiError('PreconditionFailedException', messageFor(tag))
  }
}

function messageFor(tag: string | undefined): string {
  if (tag === undefined) return 'What this operation changes has no entity tag that If-Match could name.'
  return (
    `Somebody else has changed this since: its entity tag is ${tag} now. Their change stands, and nothing of yours was ` +
    'done. Describe it again, and repeat what is still to be changed.'
  )
}
