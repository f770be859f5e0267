/** How far a copy has come: what of a phase is done, of how much, in objects or rows. */
export type CopyProgress = {
  readonly phase: 'media' | 'rows' | 'verification'
  readonly done: number
  /** What there was to be done when the phase began. */
  readonly total: number
  /** Bytes of media that this process has copied. */
  readonly bytes: number
}
