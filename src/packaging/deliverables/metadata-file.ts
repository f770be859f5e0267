import { isoDateTime, msFromTicks, TICKS_PER_SECOND, ticks, utcMs } from '../../media/time.ts'
import type { NamedDeliverable } from '../../model/deliverable.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import type { AssetWholeFile, SegmentBatches, WholeFileSource } from '../output-format.ts'
import { MovieClock } from '../progressive/movie-clock.ts'
import { samplesOf } from '../segments/segment-samples.ts'
import type { SingleVideo } from '../tracks/track-set.ts'
import type { AssetOrder } from './asset-format.ts'
import { smallestVideo, videoByEra } from './present-tracks.ts'
import { type ShownSpans, shownSpans } from './shown-span.ts'
import { spooledText } from './spooled-text.ts'

/** The timed ID3 of a window as JSON: when each tag is due, on the clock of the asset and by date, and its bytes. */
export function metadataFile(
  { endpoint, window, options }: Pick<AssetOrder, 'endpoint' | 'window' | 'options'>,
  { file }: Pick<NamedDeliverable, 'file'>,
): AssetWholeFile {
  // Without a cut, tags may be due a moment before or after the segments that carry them.
  const cut = options.cuts && shownSpans({ window, options })
  // All variants carry the same tags; those of the smallest are the cheapest to read.
  const tracks = videoByEra({ endpoint, window }, (video) => smallestVideo(video.filter(({ hasEvents }) => hasEvents)))
  const body: AssetWholeFile['body'] = (batches, { media, openSpool }) =>
    spooledText(openSpool, { contentType: 'application/json', pieces: entries(tracks, cut, batches, media) })
  return { name: file, track: file, body }
}

async function* entries(
  tracks: ReadonlyMap<number, SingleVideo>,
  cut: ShownSpans | undefined,
  batches: SegmentBatches,
  media: WholeFileSource['media'],
): AsyncGenerator<string> {
  const clock = new MovieClock()
  let isFirst = true
  for await (const { segments } of batches()) {
    for (const segment of segments) {
      clock.enter(segment)
      const track = tracks.get(segment.era)
      const { events = [] } = (track && (await samplesOf(track, segment, media))) ?? {}
      const span = cut?.spanOf(segment)
      for (const { pts, tag } of events) {
        const at = pts + clock.shiftIn(TICKS_PER_SECOND)
        if (span && (at < span.from || at >= span.to)) continue
        yield (isFirst ? '{\n "events": [\n  ' : ',\n  ') +
          entryOf(segment, pts, span ? at - span.from + span.at : at, tag)
        isFirst = false
      }
    }
  }
  yield isFirst ? '{\n "events": []\n}\n' : '\n ]\n}\n'
}

function entryOf({ start, startUtc }: OutputSegment, pts: number, at: number, tag: Uint8Array): string {
  const time = msFromTicks(ticks(at)) / 1000
  const date = isoDateTime(utcMs(startUtc + msFromTicks(ticks(pts - start))))
  return JSON.stringify({ kind: 'ID3', time, date, data: Buffer.from(tag).toString('base64') })
}
