import type { HttpRequest, HttpResponse } from '../../http/message.ts'
import type { OutgoingBytes } from '../../http/outgoing-bytes.ts'
import { matchesNone } from '../../http/request-headers.ts'
import { sendPieces } from '../../http/send-pieces.ts'
import type { SeekableBody } from '../../packaging/output-format.ts'
import type { PlaybackError } from '../playback-error.ts'
import { CORS_HEADERS, type PlaybackRefusal, partAnswer } from '../responses.ts'
import type { MovieUse } from './prepared-movies.ts'

/** A window in the past changes no more, but its endpoint may, and content is kept a minute longer than it is shown. */
const CACHE_CONTROL = 'max-age=60'

/**
 * Answers with a file, or a part of it; returns the reason, with nothing sent, when there is none. Throws as its steps
 * do, and in the middle of the body when it cannot be continued.
 */
export async function sendMovie(
  request: HttpRequest,
  response: HttpResponse,
  { movie, fileName, outgoing }: { movie: MovieUse; fileName: string; outgoing: OutgoingBytes },
): Promise<PlaybackError | PlaybackRefusal | undefined> {
  const { etag } = await movie.located()
  const common = { ...CORS_HEADERS, 'Cache-Control': CACHE_CONTROL, ETag: etag }
  if (matchesNone(request.headers['if-none-match'], etag)) {
    response.writeHead(304, common).end()
    return undefined
  }
  const body = await whileConnected(request.socket, response, movie.body())
  if (!body) return 'NothingForMp4'
  const { size, contentType } = body
  const answer = partAnswer(request, size, etag)
  if ('error' in answer) return answer
  const sent = {
    ...common,
    'Content-Type': contentType,
    'Content-Disposition': `attachment; filename="${fileName}"`,
    ...answer.headers,
  }
  if (request.method === 'HEAD') {
    response.writeHead(answer.status, sent).end()
    return undefined
  }
  // The first piece comes before the headers, so that media that are lost are still an error.
  const pieces = piecesOf(body, answer.range ?? { start: 0, end: size })
  const first = await pieces.next()
  if (response.destroyed) {
    await pieces.return(undefined)
    return undefined
  }
  response.writeHead(answer.status, sent)
  await sendPieces(response, beginningWith(first, pieces), outgoing)
  return undefined
}

/**
 * Closes the response when its client ends the connection before `work` is done. Nothing is sent that would show that
 * it has left, and connections may stay open one way.
 */
async function whileConnected<T>(socket: HttpRequest['socket'], response: HttpResponse, work: Promise<T>): Promise<T> {
  const leave = () => void response.destroy()
  socket.once('end', leave)
  if (socket.readableEnded) leave()
  try {
    return await work
  } finally {
    socket.off('end', leave)
  }
}

async function* piecesOf(
  body: SeekableBody,
  range: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array, undefined> {
  let left = range.end - range.start
  for await (const piece of body.open(range)) {
    left -= piece.length
    if (left < 0) break
    yield piece
  }
  // The connection is cut off then: a client must not take the part for the whole.
  if (left !== 0) throw new Error(`a part of an MP4 file lacks ${left} of its ${range.end - range.start} bytes`)
  return undefined
}

async function* beginningWith(
  first: IteratorResult<Uint8Array, undefined>,
  rest: AsyncGenerator<Uint8Array, undefined>,
): AsyncGenerator<Uint8Array> {
  if (!first.done) yield first.value
  yield* rest
}
