import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { DigestClient } from './digest-client.ts'
import { TsClock } from './ts-clock.ts'

const SEGMENT_MS = 2000
const LOOP_SEGMENTS = 4
const LOOP_TICKS = 8 * 90_000
/** Segments the playlists list; older ones the encoder deletes. */
const LISTED = 5

const RENDITIONS = [
  { name: 'high', bandwidth: 520_000, resolution: '640x360', codecs: 'avc1.4d401f,mp4a.40.2' },
  { name: 'low', bandwidth: 260_000, resolution: '320x180', codecs: 'avc1.4d4015,mp4a.40.2' },
] as const

type Rendition = (typeof RENDITIONS)[number] & { readonly clock: TsClock; readonly recorded: readonly Uint8Array[] }

/** An ingest endpoint as the API describes it; the URL ends in the base name of everything that is put. */
export type Ingest = { readonly url: string; readonly username: string; readonly password: string }

/**
 * A live encoder: sends the recorded loop for ever, each segment when its last picture has passed, with timestamps,
 * media sequence and date going on.
 */
export class Encoder {
  private readonly ingest: Ingest
  private readonly client: DigestClient
  private readonly startedAt: number
  private sent = 0

  /** `startedAt`, milliseconds UTC, is when the first picture is taken. */
  constructor(ingest: Ingest, startedAt: number) {
    this.ingest = ingest
    this.client = new DigestClient(ingest.username, ingest.password)
    this.startedAt = startedAt
  }

  /** Until when the stream has been sent and listed, milliseconds UTC. */
  get sentUntil(): number {
    return this.startedAt + this.sent * SEGMENT_MS
  }

  /** Sends until told to stop. Throws when the server refuses something. */
  async run(stop: AbortSignal): Promise<void> {
    const renditions = await Promise.all(RENDITIONS.map(async (each) => ({ ...each, ...(await readLoop(each.name)) })))
    await this.put('.m3u8', parentPlaylist())
    while (await passed(this.sentUntil + SEGMENT_MS, stop)) {
      await Promise.all(renditions.map((rendition) => this.sendSegment(rendition, this.sent)))
      this.sent++
    }
  }

  private async sendSegment(rendition: Rendition, number: number): Promise<void> {
    const recorded = rendition.recorded[number % LOOP_SEGMENTS]!
    const segment = rendition.clock.move(recorded, Math.floor(number / LOOP_SEGMENTS) * LOOP_TICKS)
    await this.put(segmentName(rendition, number), segment)
    await this.put(`-${rendition.name}.m3u8`, this.mediaPlaylist(rendition, number))
    const unlisted = number - LISTED
    if (unlisted >= 0) await this.client.send('DELETE', this.ingest.url + segmentName(rendition, unlisted))
  }

  private mediaPlaylist(rendition: Rendition, last: number): string {
    const first = Math.max(0, last + 1 - LISTED)
    const lines = ['#EXTM3U', '#EXT-X-VERSION:3', `#EXT-X-TARGETDURATION:${SEGMENT_MS / 1000}`]
    lines.push(`#EXT-X-MEDIA-SEQUENCE:${first}`)
    for (let number = first; number <= last; number++) {
      const date = new Date(this.startedAt + number * SEGMENT_MS).toISOString()
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${date}`, `#EXTINF:${(SEGMENT_MS / 1000).toFixed(3)},`)
      lines.push(`channel${segmentName(rendition, number)}`)
    }
    return `${lines.join('\n')}\n`
  }

  private put(name: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const type = typeof body === 'string' ? 'application/vnd.apple.mpegurl' : 'video/mp2t'
    return this.client.send('PUT', this.ingest.url + name, type, body)
  }
}

async function readLoop(name: string): Promise<Pick<Rendition, 'clock' | 'recorded'>> {
  const files = Array.from({ length: LOOP_SEGMENTS }, (_, n) => new URL(`stream/${name}-${n}.m2t`, import.meta.url))
  return { clock: new TsClock(), recorded: await Promise.all(files.map((file) => readFile(file))) }
}

function segmentName(rendition: Rendition, number: number): string {
  return `-${rendition.name}-${String(number).padStart(5, '0')}.ts`
}

function parentPlaylist(): string {
  const variants = RENDITIONS.flatMap(({ name, bandwidth, resolution, codecs }) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},RESOLUTION=${resolution},FRAME-RATE=25.000,CODECS="${codecs}"`,
    `channel-${name}.m3u8`,
  ])
  return ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-INDEPENDENT-SEGMENTS', ...variants, ''].join('\n')
}

/** Waits until `time` (milliseconds UTC); false when told to stop before. */
async function passed(time: number, stop: AbortSignal): Promise<boolean> {
  try {
    await sleep(Math.max(0, time - Date.now()), undefined, { signal: stop })
    return true
  } catch {
    return false
  }
}
