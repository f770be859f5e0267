import type { IncomingMessage } from 'node:http'
import type { PutObjectCommand } from '@aws-sdk/client-s3'

/**
 * Signs the digest of the body, so that any server with Signature Version 4 refuses other bytes. By default, the SDK
 * leaves the bytes of streams unsigned.
 */
export function signWith({ middlewareStack }: PutObjectCommand, sha256: string): void {
  middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { readonly headers: Record<string, string> }
      headers['x-amz-content-sha256'] = sha256
      return next(args)
    },
    { step: 'build', name: 'signedBody' },
  )
}

/**
 * Calls `answeredEarly` when a server has responded before the whole body was sent, so that the rest is still under
 * way. It looks at every response, including those after which the SDK retries.
 */
export function watchAnswers({ middlewareStack }: PutObjectCommand, answeredEarly: () => void): void {
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { body } = result.response as { readonly body: IncomingMessage }
      if (body.socket.writableLength > 0) answeredEarly()
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'watchedAnswers' },
  )
}
