import { createHash } from 'node:crypto'
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { FOLDER, PASSWORD, USERNAME } from './ingest-server.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }

/** An HTTP client on one connection that a test tells what to send; its digests are its own. */
export class DigestClient {
  readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })
  private readonly port: number
  nonce = ''
  count = 0

  constructor(port: number) {
    this.port = port
  }

  send(method: string, target: string, headers: OutgoingHttpHeaders = {}, body?: string | Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { agent: this.agent, port: this.port, host: '127.0.0.1', method, path: target, headers },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk
          })
          response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
          response.on('error', reject)
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** Has itself challenged; the next `put` uses the nonce. */
  async challenge(): Promise<void> {
    const { headers } = await this.send('PUT', `${FOLDER}challenge.ts`)
    this.take(headers)
  }

  take(headers: IncomingHttpHeaders): void {
    this.nonce = /nonce="([^"]+)"/.exec(headers['www-authenticate'] ?? '')?.[1] ?? ''
    this.count = 0
  }

  authorization(method: string, uri: string, change: Record<string, string> = {}): string {
    const nc = (change['nc'] ?? (++this.count).toString(16)).padStart(8, '0')
    const given = {
      username: USERNAME,
      realm: 'windrow',
      password: PASSWORD,
      cnonce: 'c0ffee',
      nonce: this.nonce,
      uri,
      ...change,
    }
    const user = md5(`${given.username}:${given.realm}:${given.password}`)
    const response = md5(`${user}:${given.nonce}:${nc}:${given.cnonce}:auth:${md5(`${method}:${given.uri}`)}`)
    return (
      `Digest username="${given.username}", realm="${given.realm}", nonce="${given.nonce}", uri="${given.uri}", ` +
      `cnonce="${given.cnonce}", nc=${nc}, qop=auth, algorithm=MD5, response="${response}"`
    )
  }

  /** With credentials; `change` spoils some part of them. */
  signed(
    method: string,
    target: string,
    options: { headers?: OutgoingHttpHeaders; body?: string | Uint8Array; change?: Record<string, string> } = {},
  ): Promise<Answer> {
    const authorization = this.authorization(method, target, options.change)
    return this.send(method, target, { authorization, ...options.headers }, options.body)
  }

  close(): void {
    this.agent.destroy()
  }
}
