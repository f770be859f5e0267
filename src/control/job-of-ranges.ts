import { utcMs } from '../media/time.ts'
import { assetEndpoint, checkAsServed, checkRangesAsServed } from '../model/asset-encryption.ts'
import type { HarvestJob, HarvestOptions, HarvestRange } from '../model/harvest-job.ts'
import { checkRanges } from '../model/harvest-ranges.ts'
import {
  checkCut,
  checkDestination,
  checkHarvestEnd,
  checkHarvestStart,
  longestWindowMs,
} from '../model/harvest-request.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { checkedId, refuse } from '../model/rules.ts'
import type { ControlContext } from './control-context.ts'
import type { GivenRange } from './given-ranges.ts'
import {
  type AskedRange,
  askedRange,
  expanded,
  type JobMembers,
  jobFor,
  type RequestContext,
  type RequestedJob,
  requestedJob,
  usableOf,
} from './new-harvest-job.ts'

/** As `requestedJob`, for one or more ranges of an asset, with Windrow's own options. */
export async function jobOfRanges(
  context: RequestContext & Pick<ControlContext, 'harvest'>,
  { id, s3Destination: given }: JobMembers,
  ranges: readonly GivenRange[],
  options: HarvestOptions,
): Promise<RequestedJob> {
  const [only, ...others] = ranges
  if (only && others.length === 0) {
    const requested = await requestedJob(context, { id, s3Destination: given, ...only }, options)
    checkHarvestStart(requested.job.start, requested.job.createdAt)
    return requested
  }
  checkedId('id', id)
  const asked: AskedRange[] = []
  for (const [i, range] of ranges.entries()) asked.push(await askedRange(context, range, `ranges[${i}].`))
  const [first, last] = [asked[0]!, asked.at(-1)!]
  const { endpoint, start } = first
  const values = { channel: endpoint.channelId, endpoint: endpoint.id, id, start, end: last.end }
  const s3Destination = expanded(given, values)
  checkDestination(s3Destination, endpoint, options.deliverables)
  checkCut(endpoint, options)
  checkAsServed(endpoint, options)
  const endpoints = asked.map((range) => range.endpoint)
  checkRangesAsServed(endpoints, options)
  const now = context.clock()
  const usable = []
  for (const [i, range] of asked.entries()) {
    const within = `ranges[${i}].`
    checkSameContainer(range, endpoint, within)
    const own = await usableOf(context, range, { longestMs: longestWindowMs({}), within })
    checkHarvestEnd(range, own, utcMs(Math.max(now, own.end)), within)
    usable.push(own)
  }
  const job: HarvestJob = {
    ...jobFor(context, { id, s3Destination }, first, options),
    ranges: asked.map(
      ({ originEndpointId, startTime, endTime, start, end, endpoint: { channelGuid } }): HarvestRange => {
        return { originEndpointId, channelGuid, startTime, endTime, start, end }
      },
    ),
    otherEndpoints: [...new Map(endpoints.map((each) => [each.id, assetEndpoint(each, options)])).values()].slice(1),
  }
  checkRanges(job)
  const found = await context.harvest.firstDifference(job)
  if (found) refuse(`ranges[${found.range}]`, `must have the tracks of ranges[0]. ${found.difference}`)
  return { job, usable: usable[0]! }
}

function checkSameContainer({ endpoint }: AskedRange, first: OriginEndpoint, within: string): void {
  const [own, wanted] = [endpoint.packaging.container, first.packaging.container]
  if (own === wanted) return
  const rule = `must be packaged as ranges[0] is, whose ${first.id} has segments of ${wanted}, but ${endpoint.id} has ${own}`
  refuse(`${within}originEndpointId`, rule)
}
