import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Mount, Target } from '../http/handler.ts'
import { readBody } from '../http/read-body.ts'
import type { Log } from '../log.ts'
import { type Failure, failureOf, RequestFailure } from './failure.ts'
import type { Operation } from './operation.ts'
import { queryPairs } from './query-pairs.ts'
import { routesAt } from './router.ts'
import { authenticate, type Expected } from './sigv4.ts'
import { readInput } from './wire.ts'

export type JsonResponse = {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: object
}

const MAX_BODY_BYTES = 1024 * 1024

/** No cookie or browser state opens this API, a signature does: any page may call it. */
const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-amzn-RequestId,x-amzn-ErrorType',
}

const PREFLIGHT_HEADERS = {
  'access-control-allow-headers':
    'Authorization,Content-Type,X-Amz-Content-Sha256,X-Amz-Date,X-Amz-Security-Token,X-Amz-User-Agent,' +
    'Amz-Sdk-Invocation-Id,Amz-Sdk-Request',
  'access-control-max-age': '3600',
}

/** Signed requests for operations, answered in JSON. What it throws is told the way the API tells errors. */
export type JsonApi = {
  readonly prefix: string
  readonly log: Log
  readonly operations: readonly Operation[]
  /** Whose signature counts, at this moment. */
  readonly expected: () => Expected
  /** Input is as the operation's structure says. */
  readonly perform: (operation: Operation, input: unknown, requestId: string) => Promise<JsonResponse>
}

/** It answers every path below its prefix: what is none of its operations is not found. */
export function mountJsonApi({ prefix, log, operations, expected, perform }: JsonApi): Mount {
  async function answerTo(request: IncomingMessage, target: Target, requestId: string): Promise<JsonResponse> {
    const routes = routesAt(operations, target.path)
    if (routes.size === 0) throw new RequestFailure('UnknownOperationException', 'There is nothing at this path.')
    const allow = [...routes.keys(), 'OPTIONS'].join(',')
    if (request.method === 'OPTIONS') {
      return { status: 200, headers: { ...PREFLIGHT_HEADERS, 'access-control-allow-methods': allow }, body: {} }
    }
    const route = routes.get(request.method ?? '')
    if (!route) {
      throw new RequestFailure('MethodNotAllowedException', `This path takes ${allow} only.`, { allow })
    }
    const { operation, labels } = route
    const body = await authenticate(request, target, expected(), () => readBody(request, MAX_BODY_BYTES))
    const input = readInput(operation, { labels, query: queryPairs(target.query), body })
    const answer = await perform(operation, input, requestId)
    if (operation.method !== 'GET') {
      const { id, resourceArn } = input as { readonly id?: string; readonly resourceArn?: string }
      log.info({ event: 'api-change', requestId, operation: operation.name, id, resourceArn }, 'changed by the API')
    }
    return answer
  }

  return {
    prefix,
    async handle(request, response, target) {
      const requestId = String(response.getHeader('x-request-id'))
      const answer = await answerTo(request, target, requestId).catch((error: unknown) => {
        // A client that left in the middle of its body: the listener knows about those.
        if (request.errored) throw error
        const failure = failureOf(error)
        const { method } = request
        if (failure.status >= 500)
          log.error({ event: 'api-request-failed', requestId, path: target.path, error }, 'a request of the API failed')
        else if (failure.status !== 404) {
          const { status, type, message: reason } = failure
          log.info(
            { event: 'api-refusal', requestId, method, path: target.path, status, type, reason },
            'refused by the API',
          )
        }
        return answerOf(failure)
      })
      send(response, requestId, answer)
    },
  }
}

function answerOf({ status, type, message, headers }: Failure): JsonResponse {
  return { status, headers: { ...headers, 'x-amzn-ErrorType': type }, body: { message } }
}

function send(response: ServerResponse, requestId: string, { status, headers, body }: JsonResponse): void {
  const text = body && JSON.stringify(body)
  response.writeHead(status, {
    ...CORS_HEADERS,
    ...headers,
    'x-amzn-RequestId': requestId,
    ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  })
  response.end(text)
}
