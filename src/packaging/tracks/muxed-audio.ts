import type { AudioDescription } from '../../media/track.ts'
import type { MuxedAudio } from '../../model/stream-role.ts'

/**
 * The declared rendition of each audio track of a variant, for tracks that have one. A playlist does not say which
 * track a rendition without a URI is, so they are matched by language where the program map has one, then by order.
 */
export function muxedRenditions(
  tracks: readonly AudioDescription[],
  renditions: readonly MuxedAudio[] = [],
): ReadonlyMap<AudioDescription, MuxedAudio> {
  const found = new Map<AudioDescription, MuxedAudio>()
  const assign = (isFor: (track: AudioDescription, rendition: MuxedAudio) => boolean) => {
    const assigned = new Set(found.values())
    for (const rendition of renditions) {
      const track = assigned.has(rendition)
        ? undefined
        : tracks.find((each) => !found.has(each) && isFor(each, rendition))
      if (track) found.set(track, rendition)
    }
  }
  assign((track, { language }) => isSameLanguage(track.language, language))
  assign(() => true)
  return found
}

/** True when two tags (RFC 5646 or ISO 639-2) have the same language, as `en-GB` and `eng`; false if one is absent. */
export function isSameLanguage(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false
  return a === b || primaryLanguage(a) === primaryLanguage(b)
}

function primaryLanguage(tag: string): string {
  try {
    return new Intl.Locale(tag).language
  } catch {
    return tag.toLowerCase()
  }
}
