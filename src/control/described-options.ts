import { isoDateTime } from '../media/time.ts'
import type { Deliverable } from '../model/deliverable.ts'
import type { HarvestOptions } from '../model/harvest-job.ts'
import type { HarvestReport } from './harvest-operations.ts'

/** The options of a job as answers have them: as a request may give them. */
type DescribedOptions = Pick<HarvestReport, keyof HarvestOptions>

export function describedOptions({ deliverables, ...options }: HarvestOptions): DescribedOptions {
  return { ...options, ...(deliverables && { deliverables: deliverables.map(describedDeliverable) }) }
}

function describedDeliverable(deliverable: Deliverable): NonNullable<DescribedOptions['deliverables']>[number] {
  if (deliverable.kind !== 'STILLS') return deliverable
  const { times, ...stills } = deliverable
  return { ...stills, ...(times && { times: times.map(isoDateTime) }) }
}
