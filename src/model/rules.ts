import { RuleViolation } from './rule-violation.ts'

/** Throws RuleViolation: `path` is the JSON path of the offending member, `rule` the rule it breaks. */
export function refuse(path: string, rule: string): never {
  throw new RuleViolation(path, rule)
}

/** Returns `value` when it lies between `min` and `max`, both included. Throws RuleViolation. */
export function between(path: string, value: number, min: number, max: number): number {
  if (value < min || value > max) refuse(path, `must be between ${min} and ${max}, got ${value}`)
  return value
}

/** Returns `value` when it matches `pattern` as a whole; `form` describes the pattern. Throws RuleViolation. */
export function matching(path: string, value: string, pattern: RegExp, form: string): string {
  if (!pattern.test(value)) refuse(path, `must be ${form}, got ${quoteValue(value)}`)
  return value
}

/**
 * Returns `id` when it is a valid id of a channel, origin endpoint, harvest job or CMAF manifest. Throws
 * RuleViolation.
 */
export function checkedId(path: string, id: string): string {
  return matching(path, id, /^[0-9A-Za-z_-]{1,256}$/, '1 to 256 letters, digits, "_" or "-"')
}

/** Room for what follows it in the ids of what is made by itself. */
const MOST_LETTERS_BEFORE_MORE = 200

/** Returns `id` when it is one of a schedule or a rule, with which ids of jobs begin. Throws RuleViolation. */
export function checkedBeginningOfIds(path: string, id: string): string {
  const most = MOST_LETTERS_BEFORE_MORE
  if (id.length > most) refuse(path, `must be at most ${most} characters, got ${id.length}`)
  return checkedId(path, id)
}

export function checkedDescription(path: string, description: string): string {
  if (description.length > 1024) refuse(path, `must be at most 1024 characters, got ${description.length}`)
  return description
}

export function checkedRoleArn(path: string, arn: string): string {
  return matching(path, arn, /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'the ARN of an IAM role')
}

/** Quotes a value as JSON for messages, shortened to a line. */
export function quoteValue(value: string): string {
  return value.length > 100 ? `${JSON.stringify(value.slice(0, 100))}…` : JSON.stringify(value)
}
