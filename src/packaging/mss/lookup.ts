import type { Absence } from '../../archive/reader.ts'
import type { FragmentInterval } from '../../media/mp4/smooth.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { SegmentLookup } from '../output-format.ts'
import { cuesBefore } from '../segments/text-segment.ts'
import type { SingleTrack } from '../tracks/track-set.ts'
import { hasTrack } from '../tracks/track-times.ts'
import type { MssFragment } from './fragment.ts'
import { LOOK_AHEAD } from './manifest.ts'
import type { MssName } from './names.ts'
import type { MssSettings } from './settings.ts'
import { timeIn, utcOf } from './timeline.ts'
import { firstInterval, isSameDecoding, timingTracks, trackOf } from './tracks.ts'

type FragmentName = Extract<MssName, { stream: unknown }>

/** Output segments examined for the next fragments of a track that pauses. */
const MOST_AHEAD = 30

/**
 * The fragment a path names, or why there is none. 'not yet' also until the two after it are known: a fragment
 * announces them, and its bytes must never change.
 */
export async function findFragment(
  endpoint: OriginEndpoint,
  settings: MssSettings,
  name: FragmentName,
  index: SegmentLookup,
): Promise<MssFragment | Absence> {
  const { streamSelection } = settings
  const utc = utcOf(name.time)
  const eras = await index.erasAt(endpoint, utc)
  if (eras.length === 0) return (await index.live(endpoint, 1)) ? 'no longer kept' : 'not yet'
  const current = eras.findLast(({ clock }) => clock.utc <= utc)
  let absence: Absence = 'no such'
  for (const era of eras.toReversed()) {
    const tracks = timingTracks(era, streamSelection, name.stream)
    const around = await index.outputSegmentsAround(endpoint, { era: era.id, time: timeIn(era, name.time) })
    if (era === current) absence = around.absence
    const segment = around.segments.find((each) => firstInterval(era, tracks, each)?.time === name.time)
    const interval = segment && firstInterval(era, tracks, segment)
    if (!interval) continue
    const track = trackOf(era, streamSelection, name.stream, name.bitrate)
    if (!track || !hasTrack(track, segment)) return 'no such'
    const following = await followers(endpoint, { settings, name, track, after: segment.number }, index)
    if (!following) return 'not yet'
    const earlier = track.kind === 'text' ? await cuesBefore(endpoint, segment, track.stream, index) : []
    return { track, segment, interval, following, earlier }
  }
  return absence
}

/** Intervals of the next fragments of a track; undefined until they are known. */
async function followers(
  endpoint: OriginEndpoint,
  of: {
    readonly settings: MssSettings
    readonly name: FragmentName
    readonly track: SingleTrack
    /** Number of the output segment with the fragment before them. */
    readonly after: number
  },
  index: SegmentLookup,
): Promise<readonly FragmentInterval[] | undefined> {
  const { settings, name, track, after } = of
  const { streamSelection } = settings
  const { stream, bitrate } = name
  const following: FragmentInterval[] = []
  for (let number = after + 1; number <= after + MOST_AHEAD; number++) {
    const found = await index.outputSegment(endpoint, number)
    if (typeof found === 'string') return (await index.live(endpoint, 1))?.ended ? following : undefined
    const { segment, era } = found
    const next = trackOf(era, streamSelection, stream, bitrate)
    // A player could not continue with it, so the presentation it knows ends here.
    if (!next || !isSameDecoding(next, track)) return following
    const interval = hasTrack(next, segment) && firstInterval(era, timingTracks(era, streamSelection, stream), segment)
    if (interval) following.push(interval)
    if (following.length === LOOK_AHEAD) return following
  }
  return following
}
