import type { IncomingMessage } from 'node:http'
import { pipeline, Transform } from 'node:stream'

/** The most bytes read of an answer that is not streamed. Those of AWS have a few kilobytes. */
export const MOST_ANSWER_BYTES = 1 << 20

/** Thrown for an answer that an AWS service does not give: something else answers at the endpoint. */
export class NotAwsAnswer extends Error {
  override readonly name = 'NotAwsAnswer'
}

/** As much of an answer, and of the stack of an AWS SDK client, as is needed to look at answers. */
type Answer = {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  body: unknown
}
type Context = { readonly commandName?: string }
type Handler<Args> = (args: Args) => Promise<{ readonly response: unknown }>
type MiddlewareStack = {
  add(
    middleware: <Args>(next: Handler<Args>, context: Context) => Handler<Args>,
    options: { readonly step: 'deserialize'; readonly priority: 'low'; readonly name: string },
  ): void
}

const MAX_ATTEMPTS = 2

/** Gives what requests are signed with. */
type Credentials = () => Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }>

type ClientOptions = {
  readonly region: string
  /** Endpoint of the service; when absent, that of AWS for the region. */
  readonly endpoint?: string | undefined
  /** When absent, those of the default chain of the AWS SDK. */
  readonly credentials?: Credentials | undefined
  /** How long a connection, and then an answer, may take. */
  readonly timeoutMs: number
}

/** What the constructor of a client of an AWS SDK is given. */
type ClientConfig = {
  region: string
  endpoint?: string
  credentials?: Credentials
  maxAttempts: number
  requestHandler: { connectionTimeout: number; requestTimeout: number }
}

/** Makes a client of an AWS SDK that tries twice, waits for so long, and reads bounded answers. */
export function boundedClient<Client extends { readonly middlewareStack: unknown }>(
  Client: new (config: ClientConfig) => Client,
  { region, endpoint, credentials, timeoutMs }: ClientOptions,
): Client {
  const client = new Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs },
  })
  boundAnswers(client.middlewareStack)
  return client
}

/**
 * Lets a client of an AWS SDK read at most `MOST_ANSWER_BYTES` of each answer, and refuse a page for a browser, which a
 * captive portal or a proxy gives with the status 200. Commands of `streamed` give content, of any length: their caller
 * bounds what it reads. Answers to commands of `untyped` may state any type: their caller finds the proof in them.
 */
export function boundAnswers(
  stack: unknown,
  { streamed = [], untyped = [] }: { readonly streamed?: readonly string[]; readonly untyped?: readonly string[] } = {},
): void {
  const { add } = stack as MiddlewareStack
  const bounded: Parameters<typeof add>[0] = (next, { commandName = '' }) => {
    return async (args) => {
      const result = await next(args)
      const answer = result.response as Answer
      const { statusCode, headers } = answer
      const type = headers['content-type'] ?? ''
      // Swift calls its empty answers text/html.
      const isEmpty = headers['content-length'] === '0'
      if (statusCode < 300 && type.startsWith('text/html') && !isEmpty && !untyped.includes(commandName)) {
        const { body } = answer
        ;(body as IncomingMessage).destroy()
        throw new NotAwsAnswer(`the answer ${statusCode} is a page of the type ${type}`)
      }
      if (streamed.includes(commandName)) return result
      answer.body = pipeline(answer.body as IncomingMessage, upTo(MOST_ANSWER_BYTES), () => {})
      return result
    }
  }
  add.call(stack, bounded, { step: 'deserialize', priority: 'low', name: 'boundedAnswers' })
}

/** A stream that passes on at most so many bytes, and fails with the next. */
function upTo(most: number): Transform {
  let size = 0
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      size += chunk.length
      if (size > most) done(new NotAwsAnswer(`the answer has more than ${most} bytes`))
      else done(null, chunk)
    },
  })
}
