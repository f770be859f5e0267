import { createHash } from 'node:crypto'
import type { ArchiveReader } from '../../archive/reader.ts'
import type { Clock } from '../../clock.ts'
import { FairQueue, QueueFull } from '../../concurrency/fair-queue.ts'
import type { HttpRequest, HttpResponse } from '../../http/message.ts'
import type { OutgoingBytes } from '../../http/outgoing-bytes.ts'
import { isoDateTime, type UtcMs, type UtcRange } from '../../media/time.ts'
import { LostMedia } from '../../model/lost-media.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { endUtcOf, inOrder } from '../../model/output-segment.ts'
import { cutsOf } from '../../packaging/cuts.ts'
import { movieChapters, movieTracks } from '../../packaging/deliverables/movie-files.ts'
import type { PathTimes } from '../../packaging/output-format.ts'
import { ContentDeleted, type PagedWindow, readWindow } from '../../packaging/paged-window.ts'
import { progressiveFile } from '../../packaging/progressive/progressive-file.ts'
import type { SourceMedia } from '../../packaging/segments/source-media.ts'
import type { OpenSpool } from '../../packaging/spool.ts'
import { placedCuts } from '../../packaging/tracks/placed-cuts.ts'
import type { PlaybackError } from '../playback-error.ts'
import type { PlaybackRefusal } from '../responses.ts'
import { momentShown, seenWindow } from '../visible-window.ts'
import { MovieRefused } from './movie-refused.ts'
import { type MovieOrder, parseMovieQuery } from './movie-request.ts'
import { type LocatedMovie, type MovieUse, PreparedMovies } from './prepared-movies.ts'
import { RequestPlaces } from './request-places.ts'
import { sendMovie } from './send-movie.ts'
import { TableSpace } from './table-space.ts'

/** Part of each ETag. It rises when the same sources give other bytes: viewers may hold a part of a file. */
const LAYOUT = 3
/** Windows whose media are read for sample tables at the same time. */
const SURVEYS_AT_ONCE = 2
/** Seconds of a window beyond which its survey is long: of those, one is made at a time. */
const LONG_SECONDS = 600
/** For which a survey waits for others, before the listener closes a connection on which nothing comes. */
const MOST_WAIT_MS = 30_000

export type MovieLimits = {
  /** True when viewers may ask for files. */
  readonly isAllowed: boolean
  /** The longest window of a file, in milliseconds. */
  readonly longestMs: number
  /** Requests answered at the same time. */
  readonly atOnce: number
  readonly atOncePerClient: number
  /** Bytes of sample tables kept. */
  readonly tableBytes: number
}

export type MoviesDeps = {
  readonly archive: Pick<ArchiveReader, 'edge' | 'range' | 'outputSegment'>
  readonly media: SourceMedia
  readonly openSpool: OpenSpool
  readonly outgoing: OutgoingBytes
  readonly clock: Clock
  readonly limits: MovieLimits
}

type Refused = PlaybackError | PlaybackRefusal | undefined

/** MP4 files of windows, made when they are requested: the same bytes as a harvest writes. */
export class Movies {
  private readonly deps: MoviesDeps
  private readonly prepared: PreparedMovies
  private readonly tables: TableSpace
  private readonly places: RequestPlaces
  private readonly queue: FairQueue

  constructor(deps: MoviesDeps) {
    const { atOnce, tableBytes } = deps.limits
    this.deps = deps
    this.prepared = new PreparedMovies(deps.clock)
    this.tables = new TableSpace(deps.openSpool, tableBytes, () => this.prepared.freeOne())
    this.places = new RequestPlaces(deps.limits)
    this.queue = new FairQueue({
      atOnce: SURVEYS_AT_ONCE,
      mostWaiting: atOnce,
      longCost: LONG_SECONDS,
      mostWaitMs: MOST_WAIT_MS,
    })
  }

  /**
   * Answers a viewer's request for a window that path and query state; returns the reason, with nothing sent, when it
   * gets no file. Throws RuleViolation, and as `send` does.
   */
  async play(
    request: HttpRequest,
    response: HttpResponse,
    asked: {
      readonly endpoint: OriginEndpoint
      readonly times: PathTimes
      readonly query: string
      readonly client: string | undefined
    },
  ): Promise<Refused> {
    const { archive, clock, limits } = this.deps
    const { endpoint, times, query, client } = asked
    if (!limits.isAllowed) return 'Mp4NotAllowed'
    if (endpoint.packaging.encryption) return 'Mp4InTheClear'
    const { span, ...made } = parseMovieQuery(times, query)
    const refusal = this.tooLong(span)
    if (refusal) return refusal
    const seen = await seenWindow(archive, endpoint, span, momentShown(endpoint, clock))
    if (typeof seen === 'string') return seen
    if (!seen.window.isOver && !seen.edge.ended) return notOver(endUtcOf(seen.edge.segment))
    return this.send(request, response, { endpoint, span, ...made }, client)
  }

  /** The refusal of a window that is longer than a file may be; undefined for others. */
  tooLong({ start, end }: UtcRange): PlaybackRefusal | undefined {
    const { longestMs } = this.deps.limits
    if (end - start <= longestMs) return undefined
    const sentence = `An MP4 file may be ${longestMs / 1000} s long, and the window is ${(end - start) / 1000} s.`
    return { error: 'WindowTooLong', sentence }
  }

  /**
   * Sends a window as a file, or the part that is requested, to a client that may see it: neither the setting nor the
   * startover window is asked here. Returns the reason, with nothing sent, when there is none. Throws MovieRefused,
   * LostMedia and ContentDeleted; in the middle of the body, the connection has to be cut off then.
   */
  async send(
    request: HttpRequest,
    response: HttpResponse,
    order: MovieOrder,
    client: string | undefined,
  ): Promise<Refused> {
    if (order.endpoint.packaging.encryption) return 'Mp4InTheClear'
    const leave = this.places.enter(client)
    let movie: MovieUse | undefined
    try {
      const key = await this.keyOf(order)
      if (response.destroyed) return undefined
      const use = this.prepared.use(key, {
        locate: () => this.locate(order),
        survey: (located, signal) => this.survey(order, located, { client, signal }),
      })
      movie = use
      response.once('close', () => {
        // What is made for a client that has left is not made to its end; but its window is found all the same.
        use.release()
        use.located().then(leave, leave)
      })
      return await sendMovie(request, response, { movie, fileName: fileNameOf(order), outgoing: this.deps.outgoing })
    } catch (error) {
      if (response.destroyed) return undefined
      throw movie && error instanceof LostMedia ? await this.reasonOf(error, order, movie) : error
    } finally {
      leave()
      movie?.release()
    }
  }

  /** Frees files that have not been requested for some minutes. */
  tick(): void {
    this.prepared.tick()
  }

  close(): void {
    this.prepared.close()
  }

  private async keyOf({ endpoint, span, isCut, chapters }: MovieOrder): Promise<string> {
    const edge = await this.deps.archive.edge(endpoint)
    // More may come into a window that has ended early.
    const upTo = edge && endUtcOf(edge.segment) < span.end ? edge.segment.number : 'all'
    return [endpoint.guid, endpoint.revision, span.start, span.end, isCut, chapters, upTo].join('/')
  }

  private async locate(order: MovieOrder): Promise<LocatedMovie> {
    const { endpoint, span } = order
    const window = await readWindow(this.deps.archive, endpoint, span)
    if (!window) throw new MovieRefused('NothingInWindow')
    const tracks = movieTracks({ endpoint, window: window.summary })
    if (tracks.length === 0) throw new MovieRefused('NothingForMp4')
    return { window, tracks, etag: await etagOf(order, window) }
  }

  private async survey(
    { endpoint, span, isCut, chapters }: MovieOrder,
    { window, tracks }: LocatedMovie,
    { client, signal }: { readonly client: string | undefined; readonly signal: AbortSignal },
  ) {
    const { media } = this.deps
    const whileWanted: Pick<SourceMedia, 'lend'> = {
      lend() {
        signal.throwIfAborted()
        return media.lend()
      },
    }
    const deps = { media: whileWanted, openSpool: () => this.tables.open() }
    const cost = (span.end - span.start) / 1000
    try {
      return await this.queue.run({ subject: endpoint.guid, client, cost }, () => {
        signal.throwIfAborted()
        const options = {
          ...(isCut && { cuts: placedCuts(endpoint, window.summary, cutsOf(span, window.summary)) }),
          ...(chapters && { chapters: movieChapters({ endpoint, window: window.summary }, chapters) }),
        }
        return progressiveFile(tracks, (after) => window.batches(after), deps, options)
      })
    } catch (error) {
      throw error instanceof QueueFull ? new MovieRefused('Mp4Busy') : error
    }
  }

  /** Media that are missing because retention has deleted them are not lost. */
  private async reasonOf(error: LostMedia, { endpoint }: MovieOrder, movie: MovieUse): Promise<Error> {
    const [first] = (await movie.located()).window.summary.segments
    const isDeleted = first && (await this.deps.archive.outputSegment(endpoint, first.number)) === 'no longer kept'
    return isDeleted ? new ContentDeleted() : error
  }
}

function notOver(newest: UtcMs): PlaybackRefusal {
  const sentence = `The window ends after the newest content, which ends at ${isoDateTime(newest)}, and a file has all of it.`
  return { error: 'WindowNotOver', sentence }
}

/** What tells a file from all others: what it is made of, and how. */
async function etagOf({ endpoint, span, isCut, chapters }: MovieOrder, window: PagedWindow): Promise<string> {
  const hash = createHash('sha256')
  const asked = [span.start, span.end, isCut, ...(chapters ? [chapters] : [])]
  hash.update(JSON.stringify([LAYOUT, endpoint.guid, endpoint.revision, ...asked]))
  for await (const { segments } of window.batches()) {
    for (const { number, era, start, duration, slots } of segments) {
      const sources = slots.map(({ objects }) =>
        Object.entries(objects).map(([stream, object]) => [stream, ...inOrder(object).map(({ sha256 }) => sha256)]),
      )
      hash.update(JSON.stringify([number, era, start, duration, sources]))
    }
  }
  return `"${hash.digest('base64url').slice(0, 27)}"`
}

function fileNameOf({ endpoint, span: { start, end } }: MovieOrder): string {
  const compact = (time: UtcMs) => isoDateTime(time).replace(/[-:]/g, '').replace('.000', '')
  return `${endpoint.id}_${compact(start)}_${compact(end)}.mp4`
}
