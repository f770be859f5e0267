import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Mount, Target } from '../http/handler.ts'
import { readBody } from '../http/read-body.ts'
import { trustConnection } from '../http/trusted-connections.ts'
import type { Log } from '../log.ts'
import type { UtcMs } from '../media/time.ts'
import { type Condition, conditionOf } from './entity-tags.ts'
import { type Failure, failureOf, RequestFailure } from './failure.ts'
import { isConditional, type Operation } from './operation.ts'
import { queryPairs } from './query-pairs.ts'
import { routesAt } from './router.ts'
import { authenticate, type Expected, signatureEnds } from './sigv4.ts'
import { readInput } from './wire.ts'

export type JsonResponse = {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: object
}

/** A response whose body is no JSON, with all of its headers. */
export type BytesResponse = {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  /** Sends the body, and ends the response; undefined where there is none. Not called for a HEAD. */
  readonly send: ((response: ServerResponse) => Promise<void>) | undefined
  /** Called when the response is over, whether or not it was sent. */
  readonly close?: (() => Promise<void>) | undefined
}

/** Four times as much as an endpoint with every setting and 50 tags of the longest takes. */
const MAX_BODY_BYTES = 128 * 1024

/** Headers that allow any page to call this API, since a signature opens it, not a cookie or other browser state. */
export const API_CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'Date,ETag,x-amzn-RequestId,x-amzn-ErrorType,Content-Disposition,Content-Length,Content-Range,X-Windrow-Time',
}

const PREFLIGHT_HEADERS = {
  'access-control-allow-headers':
    'Authorization,Content-Type,If-Match,If-None-Match,If-Range,Last-Event-ID,Range,X-Amz-Content-Sha256,X-Amz-Date,' +
    'X-Amz-Security-Token,X-Amz-User-Agent,Amz-Sdk-Invocation-Id,Amz-Sdk-Request',
  'access-control-max-age': '3600',
}

/** A request as an operation may need it besides its input. */
export type OperationRequest = {
  readonly requestId: string
  readonly method: string
  readonly headers: IncomingMessage['headers']
  /** That of `If-Match`; undefined where there is none. */
  readonly condition: Condition | undefined
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal
  /** Until when what the signature asks for may go on. */
  readonly signatureEnds: () => UtcMs
}

/**
 * An API of signed requests, with JSON responses as far as its operations have none of their own. Exceptions become
 * responses in the form of the API's errors.
 */
export type JsonApi = {
  readonly prefix: string
  readonly log: Log
  readonly operations: readonly Operation[]
  /** The key, region, service and time by which signatures are checked. */
  readonly expected: () => Expected
  /** Performs an operation; `input` conforms to the operation's structure. */
  readonly perform: (
    operation: Operation,
    input: unknown,
    request: OperationRequest,
  ) => Promise<JsonResponse | BytesResponse>
}

/** Mounts the API. It answers every path below its prefix, with 404 for those that are none of its operations. */
export function mountJsonApi({ prefix, log, operations, expected, perform }: JsonApi): Mount {
  async function answerTo(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    requestId: string,
  ): Promise<JsonResponse | BytesResponse> {
    const routes = routesAt(operations, target.path)
    if (routes.size === 0) throw new RequestFailure('UnknownOperationException', 'There is nothing at this path.')
    const allow = [...routes.keys(), 'OPTIONS'].join(',')
    if (request.method === 'OPTIONS') {
      return { status: 200, headers: { ...PREFLIGHT_HEADERS, 'access-control-allow-methods': allow }, body: {} }
    }
    const route = routes.get(request.method ?? '')
    if (!route) {
      throw new RequestFailure('MethodNotAllowedException', `This path allows only ${allow}.`, { allow })
    }
    const { operation, labels } = route
    const body = await authenticate(request, target, expected(), () => readBody(request, MAX_BODY_BYTES))
    trustConnection(request.socket)
    const input = readInput(operation, { labels, query: queryPairs(target.query), body })
    const { method = '', headers } = request
    const condition = conditionOf(headers['if-match'])
    if (!READING.has(method) && !isConditional(operation)) condition?.(undefined)
    const answer = await perform(operation, input, {
      requestId,
      method,
      headers,
      condition,
      signal: whileOpen(response),
      signatureEnds: () => signatureEnds(request, target),
    })
    if (!READING.has(method)) {
      const { id, resourceArn } = input as { readonly id?: string; readonly resourceArn?: string }
      log.info(
        { event: 'api-change', requestId, operation: operation.name, id, resourceArn },
        'the API changed a resource',
      )
    }
    return answer
  }

  return {
    prefix,
    async handle(request, response, target, { requestId }) {
      const answer = await answerTo(request, response, target, requestId).catch((error: unknown) => {
        // A client that disconnected in the middle of its body is handled by the listener.
        if (request.errored) throw error
        const failure = failureOf(error)
        const { method } = request
        if (failure.status >= 500)
          log.error({ event: 'api-request-failed', requestId, path: target.path, error }, 'an API request failed')
        else if (failure.status !== 404) {
          const { status, type, message: reason } = failure
          log.info(
            { event: 'api-refusal', requestId, method, path: target.path, status, type, reason },
            'the API refused a request',
          )
        }
        return answerOf(failure)
      })
      if ('send' in answer) await sendBytesResponse(request, response, requestId, answer)
      else send(response, requestId, answer)
    },
  }
}

/** Answers with the failure that an error is to clients. */
export function sendFailure(response: ServerResponse, requestId: string, error: unknown): void {
  send(response, requestId, answerOf(failureOf(error)))
}

/** Methods of requests that change nothing. */
const READING = new Set(['GET', 'HEAD'])

/** A signal that is aborted when a response is closed. */
function whileOpen(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => controller.abort())
  return controller.signal
}

function answerOf({ status, type, message, headers }: Failure): JsonResponse {
  return { status, headers: { ...headers, 'x-amzn-ErrorType': type }, body: { message } }
}

function send(response: ServerResponse, requestId: string, { status, headers, body }: JsonResponse): void {
  const text = body && JSON.stringify(body)
  response.writeHead(status, {
    ...API_CORS_HEADERS,
    ...headers,
    'x-amzn-RequestId': requestId,
    ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  })
  response.end(text)
}

async function sendBytesResponse(
  { method }: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  { status, headers, send, close }: BytesResponse,
): Promise<void> {
  try {
    response.writeHead(status, { ...API_CORS_HEADERS, ...headers, 'x-amzn-RequestId': requestId })
    if (send && method !== 'HEAD') await send(response)
    else response.end()
  } finally {
    await close?.()
  }
}
