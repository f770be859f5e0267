import { utcMs } from '../media/time.ts'
import { keyPattern, type PatternPlace, type PatternValues } from './destination-pattern.ts'
import { checkSelection, isOfSeveralTypes, type MarkedEvent } from './event-selection.ts'
import { folderOfKey } from './harvest-job.ts'
import { type HarvestRule, RULE_KEY, type RuleAction, ruledValues } from './harvest-rule.ts'
import { between, refuse } from './rules.ts'
import { checkNoTimes } from './schedule-rules.ts'

const MOST_EXPIRY_SECONDS = 10 * 366 * 86_400

/** Throws RuleViolation for a rule that cannot be kept whatever its endpoint is. */
export function checkRule(rule: HarvestRule): void {
  const { selection, action } = rule
  checkSelection(selection)
  if (action.kind === 'JOB') {
    checkNoTimes(action.options, 'event')
    checkNames(rule, action)
  } else if (action.expiresAfterSeconds !== undefined) {
    between('expiresAfterSeconds', action.expiresAfterSeconds, 1, MOST_EXPIRY_SECONDS)
  }
}

const SAMPLE: MarkedEvent = { kind: 'segmentation', id: 1, typeId: 0x10, start: utcMs(Date.UTC(2026, 0, 1, 1, 1, 1)) }
const SAMPLE_END = utcMs(SAMPLE.start + 60_000)

/** An event that a rule could select, for checks of what is made of it. */
export function sampleOf(rule: Pick<HarvestRule, 'id' | 'originEndpointId'>): PatternValues {
  return ruledValues(rule, SAMPLE, SAMPLE_END, 'channel')
}

/** Events that differ from the sample in one thing, and what that is called. */
const OTHERS: readonly (readonly [string, Partial<MarkedEvent>])[] = [
  ...[
    [2027, 0, 1, 1, 1, 1],
    [2026, 1, 1, 1, 1, 1],
    [2026, 0, 2, 1, 1, 1],
    [2026, 0, 1, 2, 1, 1],
    [2026, 0, 1, 1, 2, 1],
    [2026, 0, 1, 1, 1, 2],
  ].map(([year = 0, month = 0, ...more]) => {
    return ['that begin at different times', { start: utcMs(Date.UTC(year, month, ...more)) }] as const
  }),
  ['with different ids', { id: 2 }],
]
const OF_OTHER_TYPE = ['of different types', { typeId: 0x20 }] as const

/** Throws RuleViolation where two events would be written under one key, or deliverables with names into one folder. */
function checkNames(rule: HarvestRule, { s3Destination, options }: RuleAction & { kind: 'JOB' }): void {
  const others = [...OTHERS, ...(isOfSeveralTypes(rule.selection) ? [OF_OTHER_TYPE] : [])]
  const valuesOf = (change: Partial<MarkedEvent>) => {
    // Events of one id may end in the same second, if one of them is short.
    return ruledValues(rule, { ...SAMPLE, ...change }, SAMPLE_END, 'channel')
  }
  const { places, expand } = keyPattern(RULE_KEY, s3Destination.manifestKey)
  // One hour of a year comes twice in many time zones.
  const counted = places.filter(({ isLocal = false }) => !isLocal)
  const textOf = (values: PatternValues) => counted.map((place: PatternPlace) => place.text(values)).join(' ')
  const hint = 'with {id}, or with {event} and a {start} to the second, in UTC'
  for (const [which, change] of others) {
    if (textOf(valuesOf(change)) === textOf(valuesOf({}))) {
      refuse(RULE_KEY, `must name events ${which} differently: ${hint}`)
    }
    if (!options.deliverables?.some(({ name }) => name !== undefined)) continue
    if (folderOfKey(expand(valuesOf(change))) === folderOfKey(expand(valuesOf({})))) {
      refuse(RULE_KEY, `must have a folder for each event, because deliverables have names; not so for those ${which}`)
    }
  }
}
