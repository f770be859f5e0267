import type { Tags } from './channel.ts'
import { quoteValue, refuse } from './rules.ts'

const MAX_TAGS = 50
const ALLOWED = /^[\p{L}\p{N} _.:/=+\-@]*$/u

/**
 * Returns `tags` when a resource may have all of them; `path` is their place in the request. Throws RuleViolation.
 */
export function checkedTags(path: string, tags: Tags): Tags {
  for (const [key, value] of Object.entries(tags)) {
    const member = `${path}[${quoteValue(key)}]`
    if (key.length < 1 || key.length > 128) refuse(member, `a key must have 1 to 128 characters, got ${key.length}`)
    if (value.length > 256) refuse(member, `a value must have at most 256 characters, got ${value.length}`)
    if (/^aws:/i.test(key)) refuse(member, 'a key must not begin with "aws:"')
    if (!ALLOWED.test(key)) refuse(member, 'a key must consist of letters, digits, spaces and _ . : / = + - @')
    if (!ALLOWED.test(value)) refuse(member, 'a value must consist of letters, digits, spaces and _ . : / = + - @')
  }
  const count = Object.keys(tags).length
  if (count > MAX_TAGS) refuse(path, `a resource must have at most ${MAX_TAGS} tags, but would have ${count}`)
  return tags
}

/** Adds tags to `current`, replacing equal keys. Throws RuleViolation. */
export function withTags(path: string, current: Tags, added: Tags): Tags {
  return checkedTags(path, { ...current, ...added })
}

/** Removes `keys` from `current`; an absent key is no error. */
export function withoutTags(current: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(current).filter(([key]) => !keys.includes(key)))
}
