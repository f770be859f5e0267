import { RuleViolation } from './rule-violation.ts'

/** Throws RuleViolation: `path` is the JSON path of the offending member, `rule` what it breaks. */
export function refuse(path: string, rule: string): never {
  throw new RuleViolation(path, rule)
}

/** `value`, when it lies between `min` and `max`, both included. */
export function between(path: string, value: number, min: number, max: number): number {
  if (value < min || value > max) refuse(path, `must be between ${min} and ${max}, got ${value}`)
  return value
}

/** `value`, when all of it matches `pattern`; `form` says the pattern in words. */
export function matching(path: string, value: string, pattern: RegExp, form: string): string {
  if (!pattern.test(value)) refuse(path, `must be ${form}, got ${quoteValue(value)}`)
  return value
}

/** Channels, origin endpoints, harvest jobs and the manifests of a CmafPackage are called by such names. */
export function checkedId(path: string, id: string): string {
  return matching(path, id, /^[0-9A-Za-z_-]{1,256}$/, '1 to 256 letters, digits, "_" or "-"')
}

export function checkedDescription(path: string, description: string): string {
  if (description.length > 1024) refuse(path, `must be at most 1024 characters, got ${description.length}`)
  return description
}

export function checkedRoleArn(path: string, arn: string): string {
  return matching(path, arn, /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'the ARN of an IAM role')
}

/** For messages: as JSON, and not longer than a line. */
export function quoteValue(value: string): string {
  return value.length > 100 ? `${JSON.stringify(value.slice(0, 100))}…` : JSON.stringify(value)
}
