/** Thrown when a backup cannot be made, read or restored as things are. The message is one line, for a person. */
export class BackupFailed extends Error {
  override readonly name = 'BackupFailed'
}
