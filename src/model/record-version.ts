/**
 * Thrown when a stored record has a version that this program does not know, because a newer one wrote it: the
 * meaning of its fields must not be guessed.
 */
export class UnknownRecordVersion extends Error {
  /** The kind of record, as named in the message. */
  readonly record: string
  /** The value found in place of the version. */
  readonly version: unknown

  constructor(record: string, version: unknown) {
    super(`${record}: version ${JSON.stringify(version)} is not supported by this program`)
    this.name = 'UnknownRecordVersion'
    this.record = record
    this.version = version
  }
}
