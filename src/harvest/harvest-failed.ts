import type { UtcRange } from '../media/time.ts'
import type { HarvestFailure } from '../model/harvest-failure.ts'
import type { NoContentKey } from '../packaging/content-keys.ts'

/** The reasons for which a job can fail, besides those of its bucket. */
export const HARVEST_PROBLEMS = [
  'WindowInvalid',
  'NoStartoverWindow',
  'NoContent',
  'BeforeContent',
  'BeforeStartoverWindow',
  'AfterContent',
  'GapInWindow',
  'EndedEarly',
  /** Source objects are missing, damaged or no media, and nothing replaces them. */
  'Damaged',
  'NoStreams',
  /** Ranges have tracks of different kinds. */
  'TracksDiffer',
  'CannotPackage',
  /** The key provider of an encrypted endpoint gives no key. */
  'NoContentKey',
  /** The endpoint has been encrypted since the job was created, and its asset would be in the clear. */
  'EncryptedSince',
  /** Stills are asked for, and nothing here decodes pictures. */
  'NoDecoder',
  /** Pictures are to be encoded anew, and nothing here encodes them. */
  'NoEncoder',
  /** An asset cannot begin or end at the picture asked for even if pictures are encoded anew. */
  'CannotCut',
  /** Another origin endpoint's object has one of the names. */
  'NameTaken',
  /** Two files of the asset would have the same name. */
  'NameClash',
  /** Someone else wrote the parent manifest in the meantime. */
  'Overtaken',
  'Cancelled',
  'Unexpected',
] as const

export type HarvestProblem = (typeof HARVEST_PROBLEMS)[number]

/** Thrown when a job cannot succeed. The message is one sentence for the job's owner. */
export class HarvestFailed extends Error {
  override readonly name = 'HarvestFailed'
  readonly code: HarvestProblem
  readonly nearest: UtcRange | undefined

  constructor(code: HarvestProblem, message: string, nearest?: UtcRange) {
    super(message)
    this.code = code
    this.nearest = nearest
  }

  get failure(): HarvestFailure {
    const { code, message, nearest } = this
    return { code, message, ...(nearest && { nearest }) }
  }
}

/** The failure of a job for whose asset there is no key. */
export function withoutKey({ message }: NoContentKey): HarvestFailure {
  return {
    code: 'NoContentKey' satisfies HarvestProblem,
    message: `There is no content key for the asset: ${message}.`,
  }
}
