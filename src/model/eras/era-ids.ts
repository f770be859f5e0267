/**
 * How ids of eras are allocated. They name files and must not repeat within a channel, so each input and each output
 * timeline has a range of its own. An id tells who may give it; what an era is, its `origin` says.
 */

const FIRST_OF_SECOND_INPUT = 1_000_001
const FIRST_ALIAS = 1_000_000_000
const ALIASES_OF_AN_OUTPUT_TIMELINE = 1_000_000

/** The first id that an input gives: the channel's first input, or its second. */
export function firstEraId(input: 'first' | 'second'): number {
  return input === 'first' ? 1 : FIRST_OF_SECOND_INPUT
}

/** The first id that an output timeline gives to the eras it makes; the others follow in a row. */
export function firstAliasEraId(outputTimeline: number): number {
  return FIRST_ALIAS + outputTimeline * ALIASES_OF_AN_OUTPUT_TIMELINE
}

/** Who gives an era this id: an input, or an output timeline. */
export function giverOfEraId(id: number): 'first' | 'second' | 'output timeline' {
  if (id >= FIRST_ALIAS) return 'output timeline'
  return id < FIRST_OF_SECOND_INPUT ? 'first' : 'second'
}
