/**
 * A stored record names a version that this program does not know: a newer one has written it. Whoever reads such a
 * record must not guess what its fields mean.
 */
export class UnknownRecordVersion extends Error {
  /** What kind of record it is, as the message names it. */
  readonly record: string
  /** What stands where the version is expected. */
  readonly version: unknown

  constructor(record: string, version: unknown) {
    super(`${record}: version ${JSON.stringify(version)} is not known to this program`)
    this.name = 'UnknownRecordVersion'
    this.record = record
    this.version = version
  }
}
