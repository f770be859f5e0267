/** Thrown when a request breaks a rule of the service. Each interface reports it in its own form. */
export class RuleViolation extends Error {
  override readonly name = 'RuleViolation'
  /** The JSON path of the offending member, or the name of the parameter. */
  readonly path: string
  /** The rule it breaks: the values allowed, and the value given. */
  readonly rule: string

  constructor(path: string, rule: string) {
    super(`${path}: ${rule}`)
    this.path = path
    this.rule = rule
  }
}
