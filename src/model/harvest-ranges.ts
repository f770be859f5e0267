import { ONE_DAY_MS } from '../media/time.ts'
import type { HarvestJob } from './harvest-job.ts'
import { manifestsOfType } from './packaging.ts'
import { refuse } from './rules.ts'

/** More is an edit of something else than an archive. */
export const MOST_RANGES = 100

/** Throws RuleViolation unless an asset can show these ranges one behind the other. */
export function checkRanges(job: HarvestJob): void {
  const { ranges = [job] } = job
  const length = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  if (length > ONE_DAY_MS) {
    refuse('ranges', `must be at most 24 hours together, got ${Math.ceil(length / 1000)} s`)
  }
  checkJoinable(job)
}

/** Throws RuleViolation for a presentation that has no means to go on with another timeline. */
function checkJoinable({ endpoint: { packaging }, options }: HarvestJob): void {
  const made: readonly (string | undefined)[] = options?.deliverables?.map(({ kind }) => kind) ?? [
    packaging.manifests[0]?.type,
  ]
  if (made.includes('MSS')) {
    refuse('ranges', 'must be one where Smooth Streaming is made, which has one timeline: ask for other deliverables')
  }
  const [dash] = manifestsOfType(packaging, 'DASH')
  const isCounted = dash?.segmentTemplateFormat === 'NUMBER_WITH_DURATION' && !made.includes('CMAF')
  if (made.includes('DASH') && (isCounted || dash?.profile === 'HYBRIDCAST')) {
    const why = isCounted ? 'segmentTemplateFormat NUMBER_WITH_DURATION' : 'profile HYBRIDCAST'
    refuse('ranges', `must be one where DASH is made with ${why}, which has one Period`)
  }
}
