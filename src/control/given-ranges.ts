import { MOST_RANGES } from '../model/harvest-ranges.ts'
import { refuse } from '../model/rules.ts'

/** A range as a request has it. */
export type GivenRange = { readonly originEndpointId: string; readonly startTime: string; readonly endTime: string }

/** A list of ranges, or the members of one. */
export type GivenRanges = Partial<GivenRange> & {
  readonly ranges?: readonly (Omit<GivenRange, 'originEndpointId'> & Partial<GivenRange>)[]
}

/**
 * The ranges that a request asks for, each with its endpoint: where it names none, that of the request, or else of the
 * range before. Throws RuleViolation for none or too many, and for a time beside the list.
 */
export function givenRanges({ ranges, originEndpointId, startTime, endTime }: GivenRanges): readonly GivenRange[] {
  if (!ranges) {
    return [
      {
        endTime: endTime ?? refuse('endTime', 'is required'),
        originEndpointId: originEndpointId ?? refuse('originEndpointId', 'is required'),
        startTime: startTime ?? refuse('startTime', 'is required'),
      },
    ]
  }
  if (startTime !== undefined) refuse('startTime', 'must be in one of the ranges, where there are any')
  if (endTime !== undefined) refuse('endTime', 'must be in one of the ranges, where there are any')
  if (ranges.length === 0) refuse('ranges', 'must not be empty')
  if (ranges.length > MOST_RANGES) refuse('ranges', `must be at most ${MOST_RANGES}, got ${ranges.length}`)
  let before = originEndpointId
  return ranges.map((range, i) => {
    before = range.originEndpointId ?? originEndpointId ?? before
    return { ...range, originEndpointId: before ?? refuse(`ranges[${i}].originEndpointId`, 'is required') }
  })
}
