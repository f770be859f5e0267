import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import type { IngressObserver } from '../ingest/ingress.ts'

/** An encoder that puts nothing for so long does not send. */
const PAUSE_MS = 15_000
const MOST_CHANNELS = 10_000
/** A body of fewer bytes is no segment of video. */
const LEAST_BYTES = 1000
const PLAYLIST = /\.m3u8$/i

type Sending = { readonly since: number; readonly last: number }

/** Since when encoders have been sending segments to this process, by channel. */
export class SendingEncoders {
  private readonly steady: Clock
  private readonly byChannel = new LruCache<Sending>(MOST_CHANNELS)

  constructor(steady: Clock) {
    this.steady = steady
  }

  /** Hears of the requests of encoders. */
  readonly observer: IngressObserver = ({ request, status, receivedBytes }, { channel }) => {
    if (request.method !== 'PUT' || status >= 300 || receivedBytes < LEAST_BYTES) return
    if (PLAYLIST.test(request.url ?? '')) return
    const now = this.steady()
    const before = this.byChannel.get(channel.guid)
    const since = before && now - before.last <= PAUSE_MS ? before.since : now
    this.byChannel.put(channel.guid, { since, last: now }, 1)
  }

  /** By the steady clock; undefined where no encoder sends. */
  since(channelGuid: string): number | undefined {
    const sending = this.byChannel.get(channelGuid)
    return sending && this.steady() - sending.last <= PAUSE_MS ? sending.since : undefined
  }
}
