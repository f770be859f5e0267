/** An encoder made for judging: fast, and stubborn. It knows what it was told about every segment. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ingest } from './aws.ts'
import { type Answer, DigestClient } from './digest-client.ts'
import type { LoopRendition } from './loop.ts'

export class Pusher {
  private readonly ingest: Ingest
  readonly renditions: readonly LoopRendition[]
  private readonly firstDate: number
  private readonly listed: number
  private readonly segmentSeconds: number
  readonly client: DigestClient
  private closed = false
  /** Segments answered 2xx in every rendition and then listed by a playlist answered 2xx in every rendition. */
  published = 0
  /** Of all segments that were taken. */
  bytesTaken = 0

  constructor(ingest: Ingest, renditions: readonly LoopRendition[], firstDate: number, listed = 6) {
    this.ingest = ingest
    this.renditions = renditions
    this.firstDate = firstDate
    this.listed = listed
    this.segmentSeconds = renditions[0]!.segmentSeconds
    this.client = new DigestClient(ingest.username, ingest.password)
  }

  /** In seconds, as the playlists say: for so long a segment is waited for when those of other renditions are there. */
  protected get targetDuration(): number {
    return this.segmentSeconds
  }

  urlOf(name: string): string {
    return `${new URL(name, this.ingest.url)}`
  }

  /** Milliseconds since 1970 of a segment's first picture, as the playlists say. */
  dateOf(number: number): number {
    return this.firstDate + number * this.segmentSeconds * 1000
  }

  async pushParent(): Promise<void> {
    const lines = this.renditions.flatMap(({ name, bandwidth }) => [
      `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth}`,
      `channel-${name}.m3u8`,
    ])
    await this.insist('channel.m3u8', Buffer.from(['#EXTM3U', '#EXT-X-VERSION:3', ...lines, ''].join('\n')))
  }

  /** Puts the next segment and playlist of every rendition, again and again until each is taken. */
  async pushNext(): Promise<void> {
    const number = this.published
    await Promise.all(
      this.renditions.map(async (rendition) => {
        const segment = rendition.segment(number)
        await this.insist(segmentName(rendition.name, number), segment)
        this.bytesTaken += segment.length
        await this.pushPlaylist(rendition.name, number)
      }),
    )
    this.published = number + 1
  }

  async pushPlaylist(rendition: string, last: number, ended = false): Promise<void> {
    await this.insist(`channel-${rendition}.m3u8`, this.playlist(rendition, last, ended))
  }

  /** Ends the stream where it is. */
  async end(): Promise<void> {
    await Promise.all(this.renditions.map(({ name }) => this.pushPlaylist(name, this.published - 1, true)))
    this.close()
  }

  /** Gives up what it is at. */
  close(): void {
    this.closed = true
    this.client.close()
  }

  playlist(rendition: string, last: number, ended = false): Buffer {
    const first = Math.max(0, last - this.listed + 1)
    const lines = ['#EXTM3U', '#EXT-X-VERSION:3', `#EXT-X-TARGETDURATION:${this.targetDuration}`]
    lines.push(`#EXT-X-MEDIA-SEQUENCE:${first}`)
    for (let number = first; number <= last; number++) {
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(this.dateOf(number)).toISOString()}`)
      lines.push(`#EXTINF:${this.segmentSeconds}.000,`, segmentName(rendition, number))
    }
    return Buffer.from([...lines, ...(ended ? ['#EXT-X-ENDLIST'] : []), ''].join('\n'))
  }

  put(name: string, body: Uint8Array): Promise<Answer> {
    return this.client.send('PUT', this.urlOf(name), { body })
  }

  private async insist(name: string, body: Uint8Array): Promise<void> {
    for (;;) {
      const answer = await this.put(name, body).catch(() => undefined)
      if (answer && answer.status >= 200 && answer.status < 300) return
      if (answer && answer.status < 500) throw new Error(`PUT ${name} was answered ${answer.status}: ${answer.body}`)
      if (this.closed) throw new Error(`gave up putting ${name}`)
      await sleep(20)
    }
  }
}

export function segmentName(rendition: string, number: number): string {
  return `channel-${rendition}-${String(number).padStart(5, '0')}.ts`
}
