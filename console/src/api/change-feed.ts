import { EventStreamReader, type StreamEvent } from './event-stream.ts'

/**
 * How the page hears of changes: from the stream; by asking now and then, where the server answers but refuses the
 * stream; or not at all, while nothing answers.
 */
export type Connection = 'connecting' | 'streaming' | 'polling' | 'away'

/** The kind of what has changed, as query keys begin with it. */
export type ChangedKind = string
export const EVERYTHING: ChangedKind = 'everything'

export type ChangeFeedDeps = {
  /** Asks for the stream, after the event with that id where it is not empty. Rejects where nothing answers. */
  open(lastEventId: string, signal: AbortSignal): Promise<Response>
  /** Resolves after so many milliseconds, or when aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>
  /** Resolves when it is worth while to ask again at once, or when aborted. */
  awake(signal: AbortSignal): Promise<void>
  onChanged(kind: ChangedKind): void
  onConnection(connection: Connection): void
}

/** The server writes a comment more often; a stream that is silent for longer is dead. */
export const MOST_SILENCE_MS = 45_000
const POLL_MS = 5000
const PAUSES_MS = [500, 1000, 2000, 5000]

/** Follows the changes of the server until aborted, whatever becomes of its connections. */
export async function followChanges(deps: ChangeFeedDeps, signal: AbortSignal): Promise<void> {
  let lastEventId = ''
  /** Connections in a row of which nothing came. */
  let failures = 0
  let connection: Connection = 'connecting'
  const become = (next: Connection) => {
    if (next === connection) return
    connection = next
    deps.onConnection(next)
    // What is shown was read before, and may have changed since.
    if (next === 'streaming') deps.onChanged(EVERYTHING)
  }

  while (!signal.aborted) {
    const asked = new AbortController()
    const asking = AbortSignal.any([signal, asked.signal])
    const response = await deps.open(lastEventId, asking).catch(() => undefined)
    if (signal.aborted) return
    let pause = pauseAfter(failures++)
    if (!response || isOfProxy(response)) become('away')
    else if (isStream(response)) {
      become('streaming')
      const reader = new EventStreamReader(lastEventId)
      try {
        for await (const bytes of piecesOf(response, deps, asking)) {
          failures = 0
          for (const event of reader.read(bytes)) deps.onChanged(changedKind(event))
        }
      } catch {
        // The next connection goes on after the last event.
      }
      lastEventId = reader.lastEventId
      pause = reader.retryMs ?? pauseAfter(failures)
    } else {
      become('polling')
      deps.onChanged(EVERYTHING)
      pause = POLL_MS
    }
    asked.abort()
    await pausing(pause, deps, signal)
  }
}

const pauseAfter = (failures: number) => PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? POLL_MS

async function pausing(milliseconds: number, { wait, awake }: ChangeFeedDeps, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  await Promise.race([wait(milliseconds, either), awake(either)])
  over.abort()
}

/** Ends where the stream does, or is silent for too long. */
async function* piecesOf(
  response: Response,
  { wait }: ChangeFeedDeps,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  while (reader) {
    const next = reader.read()
    const heard = new AbortController()
    const silence = wait(MOST_SILENCE_MS, AbortSignal.any([signal, heard.signal]))
    const piece = await Promise.race([next, silence])
    heard.abort()
    if (!piece || piece.done) {
      // The connection is given up: that it then fails tells nothing.
      next.catch(() => {})
      return
    }
    yield piece.value
  }
}

/** What is to be read anew after an event; everything, where the event says so or is not understood. */
function changedKind({ type, data }: StreamEvent): ChangedKind {
  if (type === 'reset') return EVERYTHING
  try {
    const { kind } = JSON.parse(data) as { readonly kind?: unknown }
    return typeof kind === 'string' ? kind : EVERYTHING
  } catch {
    return EVERYTHING
  }
}

/** A proxy says that the server is away; the server's own refusals name the error. */
function isOfProxy({ status, headers }: Response): boolean {
  return [502, 503, 504].includes(status) && !headers.has('x-amzn-ErrorType')
}

function isStream(response: Response): boolean {
  return response.ok && (response.headers.get('content-type') ?? '').startsWith('text/event-stream')
}
