/** An event of a server-sent event stream. */
export type StreamEvent = {
  /** `message` where the stream names none. */
  readonly type: string
  readonly data: string
  /** The last id that the stream has given until then; empty where it has given none. */
  readonly lastEventId: string
}

/** More in one line, or in the data of one event, is no stream of ours. */
const MOST_CHARACTERS = 1_000_000

/** A stream that cannot be what the server sends. */
export class EventStreamRefused extends Error {
  override readonly name = 'EventStreamRefused'
}

/**
 * Reads a server-sent event stream in pieces that may end anywhere, by the rules of the HTML Standard (section 9.2.6).
 * An event that the stream ends within is not one.
 */
export class EventStreamReader {
  private readonly decoder = new TextDecoder()
  private line = ''
  private isAfterCarriageReturn = false
  private type = ''
  private data: string[] = []
  private dataCharacters = 0
  private id: string
  private lastId: string
  private retry: number | undefined

  /** `lastEventId` is that of the stream which this one continues. */
  constructor(lastEventId = '') {
    this.id = lastEventId
    this.lastId = lastEventId
  }

  /** After which event another stream is to go on. */
  get lastEventId(): string {
    return this.lastId
  }

  /** The pause before a new connection that the stream asks for, in milliseconds. */
  get retryMs(): number | undefined {
    return this.retry
  }

  /** The events that the next bytes complete. Throws EventStreamRefused. */
  read(bytes: Uint8Array): StreamEvent[] {
    const events: StreamEvent[] = []
    let text = this.decoder.decode(bytes, { stream: true })
    if (this.isAfterCarriageReturn && text !== '') {
      // CR LF is one end of a line, also where a piece ends between them.
      if (text.startsWith('\n')) text = text.slice(1)
      this.isAfterCarriageReturn = false
    }
    this.isAfterCarriageReturn ||= text.endsWith('\r')
    const lines = text.split(/\r\n|\n|\r/)
    lines[0] = this.line + lines[0]
    this.line = lines.pop() ?? ''
    for (const line of [...lines, this.line]) {
      if (line.length > MOST_CHARACTERS) throw new EventStreamRefused('a line of the stream is too long')
    }
    for (const line of lines) {
      const event = line === '' ? this.dispatched() : this.field(line)
      if (event) events.push(event)
    }
    return events
  }

  private field(line: string): undefined {
    const colon = line.indexOf(':')
    // A line that begins with a colon is a comment.
    if (colon === 0) return
    const name = colon < 0 ? line : line.slice(0, colon)
    const rest = colon < 0 ? '' : line.slice(colon + 1)
    const value = rest.startsWith(' ') ? rest.slice(1) : rest
    if (name === 'event') this.type = value
    if (name === 'data') this.add(value)
    if (name === 'id' && !value.includes('\0')) this.id = value
    if (name === 'retry' && /^\d{1,9}$/.test(value)) this.retry = Number(value)
  }

  private add(value: string): void {
    this.data.push(value)
    this.dataCharacters += value.length + 1
    if (this.dataCharacters > MOST_CHARACTERS) throw new EventStreamRefused('an event of the stream is too long')
  }

  private dispatched(): StreamEvent | undefined {
    const { type, data } = this
    this.type = ''
    this.data = []
    this.dataCharacters = 0
    this.lastId = this.id
    // Without data it is none, but its id counts.
    return data.length > 0
      ? { type: type === '' ? 'message' : type, data: data.join('\n'), lastEventId: this.id }
      : undefined
  }
}
