import { type Access, presignedUrl, signedHeaders } from './aws.ts'
import { eventually } from './processes.ts'

/** An event as it was received: its fields, of which there may be others. */
export type ReceivedEvent = { readonly id?: string; readonly event?: string; readonly data?: string }

type Query = Record<string, string>

/** The stream of changes of a server, as a client of its own reads it. */
export class ChangeStream {
  private readonly abort = new AbortController()
  private readonly events: ReceivedEvent[] = []
  /** The id to go on from, and how long to wait before that. */
  lastId = ''
  retry = 0
  /** `ended`, or the reason why it was cut off. */
  end: string | undefined

  static async open(access: Access, { query = {}, headers = {} }: { query?: Query; headers?: Query } = {}) {
    const stream = new ChangeStream()
    const response = await requested(access, query, headers, stream.abort.signal)
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
    if (response.headers.get('content-type') !== 'text/event-stream') throw new Error('it is no event stream')
    void stream.read(response)
    await eventually('the first id of a stream', () => stream.lastId || undefined)
    return stream
  }

  /** Events that `isWanted` and that came since the last call, up to one that is the last; others are passed over. */
  async until(what: string, isWanted: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent> {
    return eventually(what, () => {
      for (;;) {
        const event = this.events.shift()
        if (!event || isWanted(event)) return event
      }
    })
  }

  /** Waits for a change of a kind, of the thing with the id. */
  async change(kind: string, id: string): Promise<ReceivedEvent> {
    const data = JSON.stringify({ kind, id })
    return this.until(`the change ${data}`, (event) => event.event === 'change' && event.data === data)
  }

  leave(): void {
    this.abort.abort()
  }

  private async read(response: Response): Promise<void> {
    const decoder = new TextDecoder()
    let text = ''
    try {
      for await (const chunk of response.body!) {
        text += decoder.decode(chunk, { stream: true })
        const blocks = text.split('\n\n')
        text = blocks.pop()!
        for (const block of blocks) this.take(block)
      }
      this.end = 'ended'
    } catch (error) {
      this.end = String(error)
    }
  }

  private take(block: string): void {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2))) as ReceivedEvent &
      Readonly<Record<string, string>>
    if (fields.id !== undefined) this.lastId = fields.id
    if (fields['retry'] !== undefined) this.retry = Number(fields['retry'])
    if (fields.data !== undefined) this.events.push(fields)
  }
}

const streamUrl = ({ url }: Access) => `${url}/windrow/v1/changes`

export async function requested(access: Access, query: Query, headers: Query, signal: AbortSignal): Promise<Response> {
  const url = `${streamUrl(access)}?${new URLSearchParams(query).toString()}`
  return fetch(url, { headers: await signedHeaders(access, 'GET', url, headers), signal })
}

/** A URL at which a client that cannot sign may read the stream for some minutes. */
export const presignedStream = (access: Access) => presignedUrl(access, streamUrl(access))
