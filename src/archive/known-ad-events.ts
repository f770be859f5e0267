import { LruCache } from '../cache/lru-cache.ts'
import { beginningIn, begunBefore } from '../model/ad-events/begun-before.ts'
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
    const keyOf = (era: number, number: number) => `${channelGuid}/${era}.${number}`
    const isKnown = ({ era, number }: (typeof wanted)[number]) => this.known.has(keyOf(era, number))
    const keep = (found: EraAdEvent) => {
      this.known.put(keyOf(found.era, found.event.number), found, JSON.stringify(found).length)
    }
    if (!wanted.every(isKnown)) for (const found of beginningIn(recent)) keep(found)
    const missing = wanted.filter((each) => !isKnown(each)).map(({ era, number }) => ({ era, numbers: [number] }))
    if (missing.length > 0) for (const found of await this.index.adEvents(channelGuid, missing)) keep(found)
    return wanted.flatMap(({ era, number }) => this.known.get(keyOf(era, number)) ?? [])
  }
}
