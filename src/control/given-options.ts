import type { Deliverable } from '../model/deliverable.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestOptions } from '../model/harvest-job.ts'
import { parsedInstant } from '../model/harvest-request.ts'
import type { JOB_OPTIONS } from './job-shapes.ts'
import type { Received, Values } from './typed-shapes.ts'

/** The options of a job as a request has them. */
type GivenOptions = Received<Values<typeof JOB_OPTIONS>>
type GivenDeliverable = NonNullable<GivenOptions['deliverables']>[number]

/** The options of a job, with the defaults for what is not given. Throws RuleViolation. */
export function harvestOptionsOf({
  gapPolicy,
  earlyEndPolicy,
  report,
  deliverables,
  cut,
  encryption,
}: GivenOptions): HarvestOptions {
  return {
    gapPolicy: gapPolicy ?? DEFAULT_HARVEST_OPTIONS.gapPolicy,
    earlyEndPolicy: earlyEndPolicy ?? DEFAULT_HARVEST_OPTIONS.earlyEndPolicy,
    report: report ?? DEFAULT_HARVEST_OPTIONS.report,
    ...(deliverables && { deliverables: deliverables.map(deliverableOf) }),
    ...(cut && { cut }),
    ...(encryption && { encryption }),
  }
}

function deliverableOf({ times, ...given }: GivenDeliverable, i: number): Deliverable {
  const read = times?.map((time, n) => parsedInstant(`deliverables[${i}].times[${n}]`, time))
  return { ...given, ...(read && { times: read }) } as Deliverable
}
