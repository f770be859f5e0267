import type { HarvestFailure } from '../model/harvest-failure.ts'
import type { HarvestOptions, JobMaker } from '../model/harvest-job.ts'
import { RuleViolation } from '../model/rule-violation.ts'
import { quoteValue } from '../model/rules.ts'
import type { ControlContext } from './control-context.ts'
import type { OperationInput } from './mediapackage-v1/api.ts'
import { requestedJob, submitJob } from './new-harvest-job.ts'

type Context = Pick<ControlContext, 'resources' | 'clock' | 'extent' | 'limits' | 'harvest'>

/** A job that nobody asks for; `rest` may throw RuleViolation. */
type SelfMade = {
  readonly id: string
  readonly rest: () => Omit<OperationInput<'CreateHarvestJob'>, 'id'>
  readonly options: HarvestOptions
  readonly maker: JobMaker
}

/** The job that was made, or why there is none. */
export type JobOutcome = { readonly jobId: string } | { readonly failure: HarvestFailure }

/**
 * Makes the job of a schedule or a rule, unless that has been done before: its id is the same whoever makes it.
 * 'quota': there are too many jobs in progress for now.
 */
export async function makeJob(context: Context, { id, rest, options, maker }: SelfMade): Promise<JobOutcome | 'quota'> {
  try {
    const job = { id, ...rest() }
    const result = await submitJob(context, await requestedJob(context, job, options, maker))
    if (result === 'quota') return result
    if (result === 'created') return { jobId: id }
    // It was made before a crash, or by a schedule or a rule of that id before.
    const known = await context.resources.harvestJobById(id)
    const isOwn = known && known.scheduleId === maker.scheduleId && known.ruleId === maker.ruleId
    return isOwn ? { jobId: id } : failed('IdTaken', `There is another harvest job with the id ${quoteValue(id)}.`)
  } catch (error) {
    if (error instanceof RuleViolation) return failed('JobRefused', `The job was refused: ${error.message}.`)
    throw error
  }
}

export const failed = (code: string, message: string) => ({ failure: { code, message } })
