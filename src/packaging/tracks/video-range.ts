import type { VideoRange } from '../../manifests/hls/multivariant-playlist.ts'
import type { VideoDescription } from '../../media/track.ts'

/** VIDEO-RANGE, RFC 8216bis §4.4.6.2, by transfer_characteristics: 16 is SMPTE ST 2084, 18 is ARIB STD-B67. */
export function videoRangeOf({ colour }: VideoDescription): VideoRange {
  if (colour?.transfer === 16) return 'PQ'
  return colour?.transfer === 18 ? 'HLG' : 'SDR'
}
