import type { Clock } from '../clock.ts'
import type { Mount } from '../http/handler.ts'
import type { Log } from '../log.ts'
import { readTimeline } from '../model/input-timeline/state.ts'
import { readOutputTimeline } from '../model/output-timeline/state.ts'
import type { ChannelOverview } from '../model/overview/channel-overview.ts'
import type { TimelineStore } from '../stores/timeline-store.ts'
import { bytesAnswer } from './byte-answers.ts'
import { HEADS_OF_BYTES } from './byte-operations.ts'
import type {
  ClipService,
  ControlContext,
  ControlLimits,
  ControlResources,
  ExtentOf,
  FollowedInputsOf,
  HarvestService,
  InputStateOf,
  OverviewOf,
} from './control-context.ts'
import { type Condition, entityTagOf } from './entity-tags.ts'
import { type JsonResponse, mountJsonApi } from './json-api.ts'
import type { Handlers, OperationName } from './mediapackage-v1/api.ts'
import { channelHandlers } from './mediapackage-v1/channels.ts'
import { harvestJobHandlers } from './mediapackage-v1/harvest-jobs.ts'
import { OPERATIONS } from './mediapackage-v1/operations.ts'
import { originEndpointHandlers } from './mediapackage-v1/origin-endpoints.ts'
import { tagHandlers } from './mediapackage-v1/tags.ts'
import { mountOpenApi } from './openapi-mount.ts'
import { createPageTokens } from './page-tokens.ts'
import type { AccessKey } from './sigv4.ts'
import { windrowHandlers } from './windrow-handlers.ts'
import { WINDROW_MEDIA_OPERATIONS, WINDROW_OPERATIONS, type WindrowOperation } from './windrow-operations.ts'
import { writeOutput } from './wire.ts'

export type ControlDeps = {
  readonly resources: ControlResources
  readonly clock: Clock
  /** The clock by which the archive records what it receives. */
  readonly steady: Clock
  /** The date as the machine shows it: signatures are compared with it. */
  readonly wall: Clock
  readonly log: Log
  readonly accountId: string
  readonly region: string
  /**
   * The URL at which encoders and players reach this service, such as `https://live.example.com`; called for each
   * response.
   */
  readonly publicUrl: () => string
  readonly credentials: AccessKey
  readonly limits: ControlLimits
  readonly harvest: HarvestService
  readonly clips: ClipService
  readonly buckets: ControlContext['buckets']
  readonly keyFrames: ControlContext['keyFrames']
  readonly outgoing: ControlContext['outgoing']
  readonly extent?: ExtentOf
  readonly overview?: OverviewOf
  readonly timelines: Pick<TimelineStore, 'loadTimeline' | 'outputTimelinesOf'>
  readonly isOwnKeyServer?: ControlContext['isOwnKeyServer']
  readonly indexSnapshots?: ControlContext['indexSnapshots']
  readonly status: ControlContext['status']
  readonly monitoring: ControlContext['monitoring']
  readonly changes: ControlContext['changes']
  readonly keysOnRecord: ControlContext['keysOnRecord']
}

/** Of a channel without an archive. */
const NOTHING_THERE: ChannelOverview = { inputs: [], outputs: [], adBreaks: [], programmes: [] }

/** Creates the MediaPackage v1 API, and Windrow's own operations below `/windrow/v1/`. */
export function createControl(options: ControlDeps): readonly Mount[] {
  const { resources, clock, log, accountId, region, publicUrl, credentials, limits } = options
  const context: ControlContext = {
    resources,
    clock,
    steady: options.steady,
    wall: options.wall,
    account: { accountId, region },
    limits,
    pages: createPageTokens(credentials.secretAccessKey),
    publicUrl,
    harvest: options.harvest,
    clips: options.clips,
    buckets: options.buckets,
    keyFrames: options.keyFrames,
    outgoing: options.outgoing,
    extent: options.extent ?? (async () => undefined),
    overview: options.overview ?? (async () => NOTHING_THERE),
    inputState: inputStateOf(options.timelines),
    followedInputs: followedInputsOf(options.timelines),
    status: options.status,
    monitoring: options.monitoring,
    changes: options.changes,
    keysOnRecord: options.keysOnRecord,
    isOwnKeyServer: options.isOwnKeyServer ?? (() => false),
    indexSnapshots: options.indexSnapshots,
  }
  const handlers: Handlers = {
    ...channelHandlers(context),
    ...originEndpointHandlers(context),
    ...harvestJobHandlers(context),
    ...tagHandlers(context),
  }

  const expected = () => ({ credentials, region, service: 'mediapackage', now: options.wall() })
  const mediaPackage = mountJsonApi({
    prefix: '/',
    log,
    operations: OPERATIONS,
    expected,
    async perform(operation, input, { condition }) {
      const handler = handlers[operation.name as OperationName] as Handler<object | undefined>
      const output = await handler(input, condition)
      const body = operation.output && writeOutput(operation.output, output ?? {})
      return { status: operation.status, ...taggedAs(output), ...(body && { body }) }
    },
  })
  const own = windrowHandlers(context)
  const windrow = mountJsonApi({
    prefix: '/windrow/v1/',
    log,
    operations: [...WINDROW_OPERATIONS, ...WINDROW_MEDIA_OPERATIONS, ...HEADS_OF_BYTES],
    expected,
    async perform({ name, status }, input, request) {
      const bytes = bytesAnswer(context, name, input, request)
      if (bytes) return bytes
      const handler = own[name as WindrowOperation] as Handler<object>
      const body = await handler(input, request.condition)
      return { status, ...taggedAs(body), body }
    },
  })
  const openApi = mountOpenApi(async () => (await options.status()).version, windrow.handle)
  return [mediaPackage, windrow, openApi]
}

type Handler<Output> = (input: unknown, condition: Condition | undefined) => Promise<Output>

/** The entity tag of what an answer describes, as a header. */
function taggedAs(output: object | undefined): Pick<JsonResponse, 'headers'> {
  const etag = output && entityTagOf(output)
  return etag === undefined ? {} : { headers: { etag } }
}

function inputStateOf(timelines: ControlDeps['timelines']): InputStateOf {
  return async (input) => {
    const stored = await timelines.loadTimeline(input)
    return stored && readTimeline(stored.state, input.ingestEndpointId)
  }
}

function followedInputsOf(timelines: ControlDeps['timelines']): FollowedInputsOf {
  return async (channelGuid) => {
    const stored = await timelines.outputTimelinesOf(channelGuid)
    const states = stored.flatMap(({ state }) => (state === undefined ? [] : [readOutputTimeline(state)]))
    return new Set(states.filter(({ isResting }) => !isResting).map(({ input }) => input))
  }
}
