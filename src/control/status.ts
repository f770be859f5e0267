import { isoDateTime, ONE_DAY_MS, type UtcMs, utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import { keyPeriodAt } from '../model/content-keys.ts'
import type { HarvestJobStatus } from '../model/harvest-job.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { between } from '../model/rules.ts'
import type { ControlContext } from './control-context.ts'
import { inputSummary } from './inputs-report.ts'
import type { ChannelStatus, EndpointStatus, JobCounts, StatusReport } from './service-operations.ts'
import type { WindrowInputs } from './windrow-operations.ts'

/** Channels in one response: each costs reads of its inputs and endpoints. */
const [FEW, MOST_CHANNELS] = [20, 100]
/** Jobs that are counted of each status. */
const MOST_JOBS = 1000
/** The quota of a channel's endpoints can be no more. */
const MOST_ENDPOINTS = 1000

/** What a process knows of itself. */
export type ProcessStatus = {
  readonly version: string
  readonly startedAt: UtcMs
  readonly uptimeSeconds: number
  readonly roles: readonly string[]
  readonly listeners: readonly { readonly name: string; readonly address: string; readonly tls: boolean }[]
  /** Why `/readyz` answers 503, a sentence each; empty where it does not. */
  readonly unready: readonly string[]
  readonly certificates: readonly {
    readonly file: string
    readonly names: readonly string[]
    readonly validFrom: UtcMs
    readonly validUntil: UtcMs
  }[]
}

/** The operation DescribeStatus: the process that answers, and the channels, a page of them. */
export function statusHandlers(context: ControlContext) {
  const { resources, pages, clock } = context
  return {
    async DescribeStatus(input: WindrowInputs['DescribeStatus']): Promise<StatusReport> {
      between('maxResults', input.maxResults ?? FEW, 1, MOST_CHANNELS)
      const listing = ['DescribeStatus'] as const
      const page = await resources.listChannels(pages.request({ maxResults: FEW, ...input }, listing))
      const process = await context.status()
      const channels: ChannelStatus[] = []
      for (const channel of page.items) channels.push(await channelStatus(context, channel))
      return {
        date: isoDateTime(clock()),
        process: {
          ...process,
          startedAt: isoDateTime(process.startedAt),
          certificates: process.certificates.map(({ validFrom, validUntil, ...rest }) => ({
            ...rest,
            validFrom: isoDateTime(validFrom),
            validUntil: isoDateTime(validUntil),
          })),
        },
        counts: await resources.resourceCounts(clock()),
        harvestJobsOfLastDay: await jobsOfLastDay(context),
        channels,
        nextToken: pages.token(page, listing),
      }
    },
  }
}

/** The number of jobs that were created within a day, by status, as far as they are counted. */
async function jobsOfLastDay({ resources, clock }: ControlContext): Promise<JobCounts> {
  const createdAfter = utcMs(clock() - ONE_DAY_MS)
  const count = async (status: HarvestJobStatus) =>
    (await resources.listHarvestJobs({ status, createdAfter, limit: MOST_JOBS })).items.length
  const [running, succeeded, failed] = await Promise.all([count('IN_PROGRESS'), count('SUCCEEDED'), count('FAILED')])
  return { IN_PROGRESS: running, SUCCEEDED: succeeded, FAILED: failed }
}

async function channelStatus(context: ControlContext, { id, guid, ingestEndpoints }: Channel): Promise<ChannelStatus> {
  const clocks = { now: context.steady(), date: context.clock() }
  const inputs = ingestEndpoints.map(async ({ id: ingestEndpointId }) => {
    const state = await context.inputState({ channelGuid: guid, ingestEndpointId })
    return inputSummary(ingestEndpointId, state, clocks)
  })
  const { items } = await context.resources.listOriginEndpoints({ channelId: id, limit: MOST_ENDPOINTS })
  return {
    id,
    inputs: await Promise.all(inputs),
    originEndpoints: await Promise.all(items.map((endpoint) => endpointStatus(context, endpoint))),
  }
}

async function endpointStatus(
  { extent, clock, keysOnRecord }: ControlContext,
  endpoint: OriginEndpoint,
): Promise<EndpointStatus> {
  const held = await extent(endpoint)
  const { encryption } = endpoint.packaging
  const period = encryption && keyPeriodAt(encryption, clock())
  return {
    id: endpoint.id,
    isEncrypted: encryption !== undefined,
    // Of the key period that it is now.
    ...(period !== undefined && { contentKeys: await keysOnRecord(endpoint, period) }),
    // The end of the newest segment, by the dates of the encoder.
    ...(held && { liveEdge: isoDateTime(held.end), liveEdgeAgeSeconds: (clock() - held.end) / 1000 }),
  }
}
