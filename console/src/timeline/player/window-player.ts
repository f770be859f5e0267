import type Hls from 'hls.js'
import { lengthOf, type Span } from '../model/span.ts'
import { type DatedFragment, momentAtPlayerTime, playerTimeOf, windowAround } from './window-times.ts'

export type WindowPlayerOptions = {
  readonly video: HTMLVideoElement
  /** The manifest of the endpoint without a window. */
  readonly manifestUrl: string
  readonly archive: () => Span
  /** Why nothing is played; undefined once something is. */
  readonly onFault: (fault: string | undefined) => void
}

/** Plays any moment of the archive: a window of it at a time, as time-shifted viewing has it. */
export class WindowPlayer {
  private readonly options: WindowPlayerOptions
  private hls: Hls | undefined
  private window: Span | undefined
  /** The moment to go to, once the window is there. */
  private pending: number | undefined
  private isClosed = false

  constructor(options: WindowPlayerOptions) {
    this.options = options
    options.video.addEventListener('seeked', this.seekAgain)
  }

  /** Goes to a moment; while the one before is still looked for, the last one counts. */
  show(moment: number): void {
    this.pending = moment
    const { window } = this
    const archive = this.options.archive()
    // Near the end of the window, another one goes on.
    const isWithin =
      window && moment >= window.start && (moment < window.end - 2000 || window.end >= archive.end - 10_000)
    if (isWithin) this.seekAgain()
    else void this.load(windowAround(moment, archive))
  }

  /** The moment of the picture that is shown; undefined while there is none. */
  get moment(): number | undefined {
    const { video } = this.options
    if (this.pending !== undefined || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined
    return momentAtPlayerTime(this.fragments(), video.currentTime) ?? this.undatedMoment(video.currentTime)
  }

  play(rate: number): void {
    const { video } = this.options
    video.playbackRate = rate
    // Rejected where another call pauses before it begins.
    if (video.paused) video.play().catch(() => {})
    const { moment, window } = this
    const isAtEnd = moment !== undefined && window !== undefined && moment >= window.end - 1000
    if (isAtEnd && window.end < this.options.archive().end - 10_000) this.show(moment)
  }

  pause(): void {
    this.options.video.pause()
  }

  close(): void {
    this.isClosed = true
    this.options.video.removeEventListener('seeked', this.seekAgain)
    this.hls?.destroy()
  }

  private async load(window: Span): Promise<void> {
    const { video, manifestUrl, onFault } = this.options
    this.window = window
    // What it has loaded is of another window.
    this.hls?.destroy()
    this.hls = undefined
    const { default: Player } = await import('hls.js')
    if (this.isClosed || this.window !== window) return
    if (!Player.isSupported()) return onFault('This browser has no Media Source Extensions, which the player needs.')
    const hls = new Player({ maxBufferLength: 20, backBufferLength: 30, enableWorker: false, startPosition: 0 })
    this.hls = hls
    hls.on(Player.Events.LEVEL_LOADED, () => {
      onFault(undefined)
      this.seekAgain()
    })
    hls.on(Player.Events.ERROR, (_, { fatal, response, details }) => {
      if (!fatal) return
      const answer = response?.code ? `the server answered ${response.code}` : details
      onFault(`The endpoint does not play this moment: ${answer}.`)
      this.window = undefined
    })
    hls.loadSource(windowUrl(manifestUrl, window))
    hls.attachMedia(video)
  }

  private readonly seekAgain = (): void => {
    const { video } = this.options
    const moment = this.pending
    const fragments = this.fragments()
    if (moment === undefined || fragments.length === 0 || video.seeking) return
    const time = playerTimeOf(fragments, moment) ?? this.undatedTime(moment)
    this.pending = undefined
    if (time !== undefined && Math.abs(time - video.currentTime) > 0.001) video.currentTime = time + INTO_FRAME_S
  }

  private fragments(): readonly DatedFragment[] {
    const details = this.hls?.latestLevelDetails
    return details?.fragments ?? []
  }

  /** Where a playlist has no dates, its window begins with its first segment. */
  private undatedTime(moment: number): number | undefined {
    return this.window && Math.min(moment - this.window.start, lengthOf(this.window)) / 1000
  }

  private undatedMoment(time: number): number | undefined {
    return this.window && Math.round(this.window.start + time * 1000)
  }
}

/** Dates are in whole milliseconds: a little later than that is within the picture. */
const INTO_FRAME_S = 0.002

/** The manifest of a window. */
export function windowUrl(manifestUrl: string, { start, end }: Span): string {
  const url = new URL(manifestUrl)
  url.searchParams.set('start', new Date(start).toISOString())
  url.searchParams.set('end', new Date(end).toISOString())
  return url.href
}
