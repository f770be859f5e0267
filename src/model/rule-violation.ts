/** What was asked for breaks a rule of the service. Each interface says so in its own way. */
export class RuleViolation extends Error {
  override readonly name = 'RuleViolation'
  /** The JSON path of the offending member, or the name of the parameter. */
  readonly path: string
  /** What it breaks: what it must be, and what it is. */
  readonly rule: string

  constructor(path: string, rule: string) {
    super(`${path}: ${rule}`)
    this.path = path
    this.rule = rule
  }
}
