/** What a file of test/soak exports: one claim, shown at the numbers it is made for. */
export type Soak = {
  /** What `npm run soak -- --only` takes. */
  readonly name: string
  /** Resolves with figures for the report; throws when the claim does not hold. */
  readonly run: (context: SoakContext) => Promise<Readonly<Record<string, string | number>>>
  /** Left out unless it is asked for by its name. */
  readonly onlyByName?: boolean
}

export type SoakContext = {
  /** Everything random follows from it. */
  readonly seed: number
  /** One line about how far it is; also kept in the report. */
  readonly log: (line: string) => void
  /** Makes, at the first call, the folder for what is kept beside the report, and gives its path. */
  readonly folder: () => string
  /** How often to do what is done as a whole: `--runs`. */
  readonly runs: number
  /** How many cores to keep busy meanwhile: `--load`. */
  readonly load: number
}
