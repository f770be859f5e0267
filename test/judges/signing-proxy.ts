/** A server that signs what it is asked for: programs play what only signed requests get. */
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { type Access, signedHeaders } from './aws.ts'
import { listen } from './processes.ts'

/** Passes each request on to a server, signed; `close` ends it. */
export async function startSigningProxy(access: Access): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(({ method = 'GET', url = '/', headers }, response) => {
    const forward = async () => {
      const target = access.url + url
      const { range } = headers
      const signed = await signedHeaders(access, method, target)
      const answer = await fetch(target, { method, headers: { ...signed, ...(range !== undefined && { range }) } })
      const { 'content-encoding': _, ...passed } = Object.fromEntries(answer.headers)
      response.writeHead(answer.status, passed)
      if (answer.body) await pipeline(Readable.fromWeb(answer.body as ReadableStream), response)
      else response.end()
    }
    // Players close connections that they have had enough of.
    forward().catch(() => response.destroy())
  })
  const url = await listen(server)
  return { url, close: () => server.close() }
}
