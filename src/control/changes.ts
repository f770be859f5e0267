import { STREAM_HEADERS } from '../changes/streams.ts'
import { ApiError } from './api-error.ts'
import type { ControlContext } from './control-context.ts'
import type { BytesResponse, OperationRequest } from './json-api.ts'
import type { WindrowMediaInputs } from './windrow-operations.ts'

/** Opens a stream of changes. Throws ApiError when there are too many. */
export async function changesResponse(
  { changes, wall }: Pick<ControlContext, 'changes' | 'wall'>,
  input: WindrowMediaInputs['ListChanges'],
  { headers, signatureEnds }: OperationRequest,
): Promise<BytesResponse> {
  if (changes.isFull) {
    const reason = `This process has ${changes.size} streams of changes open, and opens no more: close one.`
    throw new ApiError('TooManyRequestsException', reason)
  }
  // A client that connects again names the last event in the header; its URL is still that of the first time.
  const after = headers['last-event-id'] ?? input.after
  return {
    status: 200,
    headers: STREAM_HEADERS,
    send: (response) =>
      changes.open(response, {
        after: typeof after === 'string' ? after : undefined,
        lastsMs: signatureEnds() - wall(),
      }),
  }
}
