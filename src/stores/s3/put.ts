import type { IncomingMessage } from 'node:http'
import type { PutObjectCommand } from '@aws-sdk/client-s3'

/**
 * What arrives has to have the digest that was signed, or it is refused, by every server that knows Signature Version
 * 4. The SDK leaves the bytes of streams unsigned otherwise.
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
 * Calls `answeredEarly` when a server has answered before all was sent: the rest is still on its way. Looks at every
 * answer, also at those after which the SDK tries again.
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
