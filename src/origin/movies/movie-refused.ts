import type { PlaybackError } from '../playback-error.ts'
import type { PlaybackRefusal } from '../responses.ts'

/** Thrown when a file cannot be made or sent now, with what its client is told. */
export class MovieRefused extends Error {
  override readonly name = 'MovieRefused'
  readonly refusal: PlaybackRefusal

  constructor(error: PlaybackError) {
    super(error)
    this.refusal = { error }
  }
}
