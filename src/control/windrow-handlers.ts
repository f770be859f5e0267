import { utcMs } from '../media/time.ts'
import { eventEnvelope } from '../model/event.ts'
import type { HarvestRecord } from '../model/harvest-run.ts'
import { quoteValue, refuse } from '../model/rules.ts'
import { ApiError } from './api-error.ts'
import { bucketHandlers } from './buckets.ts'
import { clipHandlers } from './clips.ts'
import { type ControlContext, HARVEST_JOB_KEPT_MS } from './control-context.ts'
import { existingChannel } from './existing-channel.ts'
import { existingHarvestJob } from './existing-harvest-job.ts'
import { harvestOptionsOf } from './given-options.ts'
import { givenRanges } from './given-ranges.ts'
import { forecastReport, harvestReport } from './harvest-report.ts'
import { indexSnapshotHandlers } from './index-snapshots.ts'
import { inputReport } from './inputs-report.ts'
import { jobOfRanges } from './job-of-ranges.ts'
import { monitoringHandlers } from './monitoring.ts'
import { createJob } from './new-harvest-job.ts'
import { givenOrder } from './page-tokens.ts'
import { ruleHandlers } from './rules.ts'
import { scheduleHandlers } from './schedules.ts'
import { statusHandlers } from './status.ts'
import { timelineHandlers } from './timeline.ts'
import type { WindrowHandlers, WindrowInputs } from './windrow-operations.ts'

/** Objects deleted in one request: each may take a moment, while a client waits. */
const MOST_REMOVED = 2000
const BEFORE_THE_FIRST_EVENT = '0'

/** One function for each of Windrow's own operations. */
export function windrowHandlers(context: ControlContext): WindrowHandlers {
  const { resources, clock, pages, account, harvest } = context
  const report = (job: HarvestRecord) => harvestReport(job, account, clock())

  const existing = (id: string) => existingHarvestJob(context, id)
  const jobOf = (input: WindrowInputs['CreateHarvestJob']) =>
    jobOfRanges(context, input, givenRanges(input), harvestOptionsOf(input))

  return {
    async CreateHarvestJob(input) {
      const requested = await jobOf(input)
      await createJob(context, requested)
      return report(await existing(requested.job.id))
    },

    async PreflightHarvestJob(input) {
      const id = input.id ?? 'preflight'
      const { job } = await jobOf({ ...input, id })
      if (input.id !== undefined && (await resources.harvestJobById(id))) {
        refuse('id', `a harvest job with the id ${quoteValue(id)} already exists`)
      }
      return forecastReport(await harvest.forecast(job))
    },

    async ListHarvestJobs(input) {
      const { includeChannelId: channelId, includeStatus: status } = input
      const order = givenOrder(input)
      const listing = ['windrow ListHarvestJobs', channelId, status, ...order.listing] as const
      const page = await resources.listHarvestJobs({
        ...pages.request(input, listing),
        ...order.request,
        ...(channelId !== undefined && { channelId }),
        ...(status !== undefined && { status }),
        createdAfter: utcMs(clock() - HARVEST_JOB_KEPT_MS),
      })
      return { harvestJobs: page.items.map(report), nextToken: pages.token(page, listing) }
    },

    async DescribeHarvestJob({ id }) {
      return report(await existing(id))
    },

    async CancelHarvestJob({ id }) {
      await existing(id)
      const result = await resources.cancelHarvestJob(id)
      if (result === 'ended') refuse('id', `the harvest job ${quoteValue(id)} has already ended`)
      if (result === 'completing')
        refuse('id', `the harvest job ${quoteValue(id)} is complete except for its parent manifest`)
      harvest.changed(id)
      return report(await existing(id))
    },

    async ListHarvestObjects({ id, ...input }) {
      await existing(id)
      const listing = ['ListHarvestObjects', id] as const
      const page = await resources.listHarvestObjects(id, pages.request(input, listing))
      return { objects: page.items, nextToken: pages.token(page, listing) }
    },

    async DeleteHarvestObjects({ id }) {
      const job = await existing(id)
      if (job.status !== 'FAILED')
        refuse('id', `the harvest job ${quoteValue(id)} has not failed; only the objects of failed jobs can be deleted`)
      const removed = await harvest.removeLeftovers(job, MOST_REMOVED)
      return { removed, isComplete: removed < MOST_REMOVED }
    },

    async ListEvents(input) {
      const order = givenOrder(input)
      const listing = ['ListEvents', ...order.listing] as const
      const request = { ...pages.request(input, listing), ...order.request }
      const page = await resources.listEvents(request)
      const last = input.order === 'NEWEST_FIRST' ? undefined : (page.items.at(-1)?.cursor ?? request.after)
      return {
        events: page.items.map((event) => eventEnvelope(event, account)),
        nextToken: pages.token(page, listing),
        // The token with which later events can be requested.
        resumeToken: last === undefined ? undefined : pages.token({ items: [], next: last }, listing),
      }
    },

    async ReplayEvents({ id, after }) {
      const request = pages.request(after === undefined ? {} : { nextToken: after }, ['ListEvents'])
      if (!(await resources.rewindEventSink(id, request.after ?? BEFORE_THE_FIRST_EVENT))) {
        throw new ApiError('NotFoundException', `There is no event sink with the id ${quoteValue(id)}`)
      }
      return {}
    },

    async DescribeInputs({ id }) {
      const channel = await existingChannel(context, id)
      const clocks = { now: context.steady(), date: clock() }
      const followed = await context.followedInputs(channel.guid)
      const inputs = channel.ingestEndpoints.map(async ({ id: ingestEndpointId }) => {
        const state = await context.inputState({ channelGuid: channel.guid, ingestEndpointId })
        return { ...inputReport(ingestEndpointId, state, clocks), isFollowed: followed.has(ingestEndpointId) }
      })
      return { channelId: id, inputs: await Promise.all(inputs) }
    },

    ...indexSnapshotHandlers(context),
    ...statusHandlers(context),
    ...bucketHandlers(context),
    ...scheduleHandlers(context),
    ...ruleHandlers(context),
    ...clipHandlers(context),
    ...monitoringHandlers(context),
    ...timelineHandlers(context),
  }
}
