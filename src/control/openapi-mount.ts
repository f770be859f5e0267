import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { acceptsGzip } from '../http/accepts-gzip.ts'
import type { Handler, Mount } from '../http/handler.ts'
import { matchesNone } from '../http/request-headers.ts'
import { RequestFailure } from './failure.ts'
import { API_CORS_HEADERS, sendFailure } from './json-api.ts'
import { OPERATIONS } from './mediapackage-v1/operations.ts'
import { type DescribedApi, openApiDocument } from './openapi.ts'
import { WINDROW_MEDIA_OPERATIONS, WINDROW_OPERATIONS } from './windrow-operations.ts'

const PATH = '/windrow/v1/openapi.json'
const METHODS = 'GET,HEAD'

export const DESCRIBED_APIS: readonly DescribedApi[] = [
  {
    tag: 'MediaPackage',
    description: 'The operations of AWS Elemental MediaPackage v1.',
    prefix: '',
    operations: OPERATIONS,
  },
  {
    tag: 'Windrow',
    description: 'The operations of Windrow itself.',
    prefix: 'Windrow',
    operations: [...WINDROW_OPERATIONS, ...WINDROW_MEDIA_OPERATIONS],
  },
]

type Representation = { readonly body: Buffer; readonly etag: string; readonly coding?: string }

/**
 * Answers requests for the OpenAPI document, which need no signature. It is made when it is first asked for. Other
 * paths below this one are answered by `otherwise`.
 */
export function mountOpenApi(version: () => Promise<string>, otherwise: Handler): Mount {
  let made: ReturnType<typeof make> | undefined

  async function make(): Promise<{ readonly plain: Representation; readonly gzipped: Representation }> {
    const plain = Buffer.from(JSON.stringify(openApiDocument(await version(), DESCRIBED_APIS)))
    const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22)
    return {
      plain: { body: plain, etag: `"${digest}"` },
      gzipped: { body: await promisify(gzip)(plain), etag: `"${digest}-gzip"`, coding: 'gzip' },
    }
  }

  return {
    prefix: PATH,
    async handle(request, response, target, exchange) {
      if (target.path !== PATH) return otherwise(request, response, target, exchange)
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        const refusal = new RequestFailure('MethodNotAllowedException', `This path allows only ${METHODS}.`, {
          allow: METHODS,
        })
        return sendFailure(response, exchange.requestId, refusal)
      }
      made ??= make().catch((error: unknown) => {
        made = undefined
        throw error
      })
      const { plain, gzipped } = await made
      const { body, etag, coding } = acceptsGzip(request.headers['accept-encoding']) ? gzipped : plain
      const common = {
        ...API_CORS_HEADERS,
        etag,
        'cache-control': 'public, no-cache',
        vary: 'accept-encoding',
        'x-amzn-RequestId': exchange.requestId,
      }
      if (matchesNone(request.headers['if-none-match'], etag)) {
        response.writeHead(304, common).end()
        return
      }
      response.writeHead(200, {
        ...common,
        ...(coding && { 'content-encoding': coding }),
        'content-type': 'application/json',
        'content-length': body.length,
      })
      response.end(request.method === 'HEAD' ? undefined : body)
    },
  }
}
