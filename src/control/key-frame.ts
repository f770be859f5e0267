import { matchesNone } from '../http/request-headers.ts'
import { isoDateTime } from '../media/time.ts'
import { parsedInstant } from '../model/harvest-request.ts'
import { between, quoteValue, refuse } from '../model/rules.ts'
import { ApiError } from './api-error.ts'
import type { BYTE_OPERATIONS } from './byte-operations.ts'
import type { ControlContext } from './control-context.ts'
import { existingChannel } from './existing-channel.ts'
import type { BytesResponse, OperationRequest } from './json-api.ts'
import type { InputsOf } from './typed-operation.ts'

const MOST_LINES = 10_000
/** A picture of the past does not change: private caches may keep it for a day. */
const SETTLED = 'private, max-age=86400, immutable'
const LIVE = 'private, no-cache'

/** Answers with a picture of a channel. Throws ApiError, RuleViolation and StoreUnavailable. */
export async function pictureResponse(
  context: Pick<ControlContext, 'resources' | 'keyFrames'>,
  { id, time, ingestEndpointId, height }: InputsOf<typeof BYTE_OPERATIONS>['GetKeyFrame'],
  { headers }: OperationRequest,
): Promise<BytesResponse> {
  const channel = await existingChannel(context, id)
  const inputs = channel.ingestEndpoints.filter(
    (each) => ingestEndpointId === undefined || each.id === ingestEndpointId,
  )
  if (inputs.length === 0) refuse('ingestEndpointId', `must be one of the channel ${quoteValue(id)}`)
  const found = await context.keyFrames.find({
    inputs: inputs.map((input) => ({ channelGuid: channel.guid, ingestEndpointId: input.id })),
    ...(time !== undefined && { time: parsedInstant('time', time) }),
    ...(height !== undefined && { height: between('height', height, 1, MOST_LINES) }),
  })
  const by = time === undefined ? '' : ` by ${quoteValue(time)}`
  if (found === 'no content')
    throw new ApiError('NoContentException', `The channel ${quoteValue(id)} has no content${by}`)
  if (found === 'no picture')
    throw new ApiError('NoPictureException', `The channel ${quoteValue(id)} has no picture${by}`)
  if (found === 'busy') throw new ApiError('TooManyRequestsException', 'Too many pictures are being made already')
  const ETag = `"${found.tag}"`
  const common = {
    ETag,
    'X-Windrow-Time': isoDateTime(found.time),
    'Cache-Control': found.isSettled ? SETTLED : LIVE,
    'X-Content-Type-Options': 'nosniff',
  }
  if (matchesNone(headers['if-none-match'], ETag)) return { status: 304, headers: common, send: undefined }
  const { movie } = found
  return {
    status: 200,
    headers: { ...common, 'Content-Type': 'video/mp4', 'Content-Length': movie.length },
    async send(response) {
      response.end(movie)
    },
  }
}
