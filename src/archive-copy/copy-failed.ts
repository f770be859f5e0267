/** Thrown when an archive cannot be copied as things are. The message is one line, for a person. */
export class CopyFailed extends Error {
  override readonly name = 'CopyFailed'
}
