import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

type Stack = {
  add(
    middleware: (next: (args: Args) => Promise<Result>) => (args: Args) => Promise<Result>,
    options: { readonly step: 'build' | 'deserialize'; readonly priority?: 'low'; readonly name: string },
  ): void
}
type Args = { readonly request: { readonly headers: Record<string, string>; readonly body: unknown } }
type Result = { readonly response: { readonly body: IncomingMessage } }

/** As much of a command of the SDK as is needed here; the types of its stack differ from command to command. */
type Command = { readonly middlewareStack: unknown }

/**
 * Signs this as the digest of the body: a SHA-256, so that any server with Signature Version 4 refuses other bytes, or
 * UNSIGNED_PAYLOAD. By default, the SDK leaves the bytes of streams unsigned, and hashes those in memory at once.
 */
export function signWith({ middlewareStack }: Command, sha256: string): void {
  const stack = middlewareStack as Stack
  stack.add(
    (next) => (args) => {
      args.request.headers['x-amz-content-sha256'] = sha256
      return next(args)
    },
    { step: 'build', name: 'signedBody' },
  )
}

/** Leaves the body unsigned; the headers that state a checksum of it are signed. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'

/**
 * Calls `answeredEarly` when a server has responded before the whole body was sent, so that the rest is still under
 * way. It looks at every response, including those after which the SDK retries.
 */
export function watchAnswers({ middlewareStack }: Command, answeredEarly: () => void): void {
  const stack = middlewareStack as Stack
  stack.add(
    (next) => async (args) => {
      const result = await next(args)
      if (result.response.body.socket.writableLength > 0) answeredEarly()
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'watchedAnswers' },
  )
}

/**
 * Sends the MD5 of a request's document in place of the checksum by which the SDK replaces it: servers require one, and
 * older ones know no other.
 */
export function withContentMd5({ middlewareStack }: Command): void {
  const stack = middlewareStack as Stack
  stack.add(
    (next) => (args) => {
      const { headers, body } = args.request
      for (const name of Object.keys(headers)) if (/^x-amz-(sdk-)?checksum-/.test(name)) delete headers[name]
      headers['content-md5'] = createHash('md5')
        .update(body as string)
        .digest('base64')
      return next(args)
    },
    { step: 'build', priority: 'low', name: 'contentMd5' },
  )
}
