/**
 * Why the media of a source object is lost: there is no object, it cannot be read, its bytes are not those that were
 * stored, or they are, and yield no media.
 */
export type LossReason = 'missing' | 'unreadable' | 'damaged' | 'unusable'

/** Thrown where the bytes or the media of a source object are needed and lost. */
export class LostMedia extends Error {
  override readonly name = 'LostMedia'
  /** The key of the source object. */
  readonly key: string
  readonly reason: LossReason

  constructor(key: string, reason: LossReason, options?: ErrorOptions) {
    super(`source object ${key} is ${reason}`, options)
    this.key = key
    this.reason = reason
  }
}
