import { setTimeout as sleep } from 'node:timers/promises'
import type { TimelineReport } from '../../src/control/timeline-operations.ts'
import { apiOf, createHlsEndpoint, createRedundantChannel, type Ingest, mediaPackage } from '../judges/aws.ts'
import type { LoopRendition } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, firstRendition, renditionsOf } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher, segmentName } from '../judges/pusher.ts'
import type { Windrow } from '../judges/windrow.ts'

/** Seconds of the programme: of both encoders, of the second alone, and of the first when it comes back. */
const [BOTH, SECOND, BACK] = [8, 4, 5]
/** The second of which the smaller rendition never arrives. */
const MISSING = 5
/** When the first encoder comes back, in seconds since the beginning. */
const BACK_AT = 60

export type Spans = readonly { readonly startTime: string; readonly endTime: string }[]

/** A channel whose encoders stopped one after the other, and which lacks a segment of one rendition. */
export class TroubledChannel {
  private readonly windrow: Windrow
  private readonly url: string
  readonly began: number

  private constructor(windrow: Windrow, url: string, began: number) {
    this.windrow = windrow
    this.url = url
    this.began = began
  }

  static async push(windrow: Windrow, loop: readonly LoopRendition[]): Promise<TroubledChannel> {
    const client = mediaPackage(windrow)
    const inputs = await createRedundantChannel(client, 'troubled')
    const settings = { SegmentDurationSeconds: 1, ProgramDateTimeIntervalSeconds: 1 }
    const url = await createHlsEndpoint(client, 'troubled', 'troubled', settings)
    const began = Math.floor(Date.now() / 1000) * 1000 - 1_800_000
    const channel = new TroubledChannel(windrow, url, began)
    const open = (ingest: Ingest, date: number) => new Pusher(ingest, loop, date, 99)
    const [first, second, back] = [
      ...inputs.map((ingest) => open(ingest, began)),
      open(inputs[0], began + BACK_AT * 1000),
    ] as [Pusher, Pusher, Pusher]
    for (const pusher of [first, second]) await pusher.pushParent()
    for (let number = 0; number < BOTH; number++)
      for (const pusher of [first, second])
        await (number === MISSING ? pushInPart(pusher, loop[0]!) : pusher.pushNext())
    first.close()
    await channel.lists(BOTH)
    for (let number = 0; number < SECOND; number++) await second.pushNext()
    second.close()
    await channel.lists(BOTH + SECOND)
    await back.pushParent()
    for (let number = 0; number < BACK; number++) await back.pushNext()
    back.close()
    await channel.lists(BOTH + SECOND + BACK)
    return channel
  }

  /** Waits until so many segments are shown; the other input takes its time to take over. */
  private async lists(count: number): Promise<void> {
    await eventually(`${count} segments of a troubled channel`, async () => {
      await sleep(100)
      const listed = await firstRendition(this.windowUrl).catch(() => [])
      return listed.length >= count || undefined
    })
  }

  private get window(): { readonly startTime: string; readonly endTime: string } {
    const at = (seconds: number) => new Date(this.began + seconds * 1000).toISOString()
    return { startTime: at(-10), endTime: at(BACK_AT + 10) }
  }

  private get windowUrl(): string {
    return `${this.url}?start=${this.window.startTime}&end=${this.window.endTime}`
  }

  async timeline(resolutionSeconds: number): Promise<TimelineReport> {
    const query = { ...this.window, resolutionSeconds: String(resolutionSeconds) }
    return (await apiOf(this.windrow).ask('GET', 'channels/troubled/timeline', { query })) as TimelineReport
  }

  /** What each rendition lists, as a foreign reader of playlists reads it. */
  async listed(): Promise<readonly Listed[]> {
    const parent = (await fetchBytes(this.windowUrl)).toString()
    return Promise.all(
      renditionsOf(parent, this.windowUrl).map(async ({ url }) => {
        const { segments } = await fetchMediaPlaylist(url)
        const spans = segments.map(({ programDateTime, duration, gap = false, discontinuity }) => {
          const start = programDateTime!.getTime()
          return { start, end: start + Math.round(duration * 1000), gap, discontinuity: discontinuity === true }
        })
        return { stream: Number(/_(\d+)\.m3u8/.exec(url)?.[1]), spans }
      }),
    )
  }
}

export type Listed = {
  readonly stream: number
  readonly spans: readonly {
    readonly start: number
    readonly end: number
    readonly gap: boolean
    readonly discontinuity: boolean
  }[]
}

/** Lists a segment of all renditions, of which only one has arrived. */
async function pushInPart(pusher: Pusher, { name, segment }: LoopRendition): Promise<void> {
  const number = pusher.published
  await pusher.put(segmentName(name, number), segment(number))
  for (const rendition of pusher.renditions) await pusher.pushPlaylist(rendition.name, number)
  pusher.published++
}

/** Spans that follow one another as one. */
export function joined(spans: readonly { readonly start: number; readonly end: number }[]): Spans {
  const all: { start: number; end: number }[] = []
  for (const { start, end } of spans) {
    const last = all.at(-1)
    if (last && Math.abs(start - last.end) <= 2) last.end = end
    else all.push({ start, end })
  }
  return all.map(({ start, end }) => ({
    startTime: new Date(start).toISOString(),
    endTime: new Date(end).toISOString(),
  }))
}
