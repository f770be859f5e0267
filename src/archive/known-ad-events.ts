import { LruCache } from '../cache/lru-cache.ts'
import { begunBefore } from '../model/ad-events/begun-before.ts'
import { beginningIn } from '../model/ad-events/segment-ads.ts'
import type { EraAdEvent, OutputSegment } from '../model/output-segment.ts'
import type { SegmentReader } from '../stores/segment-reader.ts'

/** Events in memory; each costs about as many bytes as its JSON has letters. */
const CACHE_BYTES = 4 * 1024 * 1024

/** Finds ad events that have begun before a window. They never change, so that those found once stay in memory. */
export class KnownAdEvents {
  private readonly index: Pick<SegmentReader, 'adEvents'>
  private readonly known = new LruCache<EraAdEvent>(CACHE_BYTES)

  constructor(index: Pick<SegmentReader, 'adEvents'>) {
    this.index = index
  }

  /** Those that go on or end in these segments and begin in none; looked for in `recent` ones before the index. */
  async begunBefore(
    channelGuid: string,
    segments: readonly OutputSegment[],
    recent: readonly OutputSegment[],
  ): Promise<readonly EraAdEvent[]> {
    const wanted = begunBefore(segments).flatMap(({ era, numbers }) => numbers.map((number) => ({ era, number })))
    const found = new Map<string, EraAdEvent>()
    const keyOf = (era: number, number: number) => `${channelGuid}/${era}.${number}`
    const keep = (row: EraAdEvent) => {
      const key = keyOf(row.era, row.event.number)
      found.set(key, row)
      if (!this.known.has(key)) this.known.put(key, row, JSON.stringify(row).length)
    }
    const lacking = () => wanted.filter(({ era, number }) => !found.has(keyOf(era, number)))
    for (const { era, number } of wanted) {
      const row = this.known.get(keyOf(era, number))
      if (row) found.set(keyOf(era, number), row)
    }
    if (lacking().length > 0) for (const segment of recent) for (const row of beginningIn(segment)) keep(row)
    const missing = lacking().map(({ era, number }) => ({ era, numbers: [number] }))
    if (missing.length > 0) for (const row of await this.index.adEvents(channelGuid, missing)) keep(row)
    return wanted.flatMap(({ era, number }) => found.get(keyOf(era, number)) ?? [])
  }
}
