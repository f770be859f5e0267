import type { ManifestFilter } from '../../model/manifest-filter.ts'
import { type Era, inOrder, type SegmentSummary, type SourceStream } from '../../model/output-segment.ts'
import { believedCodecs, earlierEras, isSound, type VariantFormat } from '../hls-playlists/variant-formats.ts'
import { cutEnd } from '../tracks/cut-end.ts'
import { filtersAudio } from '../tracks/filtered-tracks.ts'
import { isVariant } from '../tracks/stream-selection.ts'
import { audioOf } from '../tracks/track-set.ts'
import type { HlsManifests } from './manifests.ts'
import { type HlsRendition, type HlsStream, type HlsVariant, streamNamed } from './stream-set.ts'

type ListedVariant = Pick<HlsVariant, 'n' | 'source' | 'audio'>

/** A function that gives the formats of a variant in the eras of the window where it has media, the newest first. */
export function hlsFormats(
  manifests: Pick<HlsManifests, 'packaging' | 'window' | 'filter'>,
): (variant: ListedVariant) => readonly VariantFormat[] {
  const { packaging, window, filter } = manifests
  const earlier = earlierEras(window)
  const namedIn = ({ era, segments }: { era: Era; segments: readonly SegmentSummary[] }, { n, p }: HlsName) => {
    const stream = streamNamed(era, packaging, { n, ...(p !== undefined && { p }) })
    return stream && segments.some((segment) => hasMedia(segment, n)) ? stream : undefined
  }
  return (variant) => {
    const { source, audio } = variant
    const newest = formatOf(
      variant,
      audio.flatMap(({ codecs }) => codecs),
      filter,
    )
    return [
      newest,
      ...earlier.flatMap((each): readonly VariantFormat[] => {
        const own = namedIn(each, { n: source.index })?.source
        const sounds = audio.filter(({ isMuxed }) => !isMuxed).flatMap((rendition) => namedIn(each, rendition) ?? [])
        const audioCodecs = sounds.flatMap(({ source, pids }) =>
          audioOf(source).flatMap(({ pid, codec }) => (!pids || pids.includes(pid) ? codec : [])),
        )
        return own && isVariant(own) ? [formatOf({ source: own, audio }, audioCodecs, filter)] : []
      }),
    ]
  }
}

type HlsName = { readonly n: number; readonly p?: number }

function formatOf(
  { source, audio }: Pick<ListedVariant, 'source' | 'audio'>,
  audioCodecs: readonly string[],
  filter: ManifestFilter | undefined,
): VariantFormat {
  const video = videoOf(source)
  const found = [...(video ? [video.codec] : []), ...audioOf(source).map(({ codec }) => codec)]
  const codecs = believedCodecs(source.role, found)
  return {
    role: source.role,
    video,
    // A group whose audio is all filtered out contributes no audio codecs.
    codecs: isSilenced(source, audio, filter) ? codecs.filter((codec) => !isSound(codec)) : codecs,
    audioCodecs,
    found,
  }
}

function isSilenced(source: SourceStream, audio: readonly HlsRendition[], filter: ManifestFilter | undefined): boolean {
  const hasGroup = source.role.kind === 'variant' && source.role.audioGroup !== undefined
  return hasGroup && audio.length === 0 && filter !== undefined && filtersAudio(filter) && audioOf(source).length === 0
}

/** True when a stream has an object in a segment; where that is cut, one that begins before its end. */
export function hasMedia(segment: SegmentSummary, index: number): boolean {
  if (!segment.isCut) return segment.slots.some(({ objects }) => objects[index] !== undefined)
  return hasMediaOf(segment, index, () => true)
}

/** As `hasMedia`, of the part of a stream that is output. */
export function hasPart(segment: SegmentSummary, { n, source, pids }: HlsStream): boolean {
  if (!segment.isCut) return hasMedia(segment, n)
  return hasMediaOf(segment, n, (position) => !pids || pids.includes(source.tracks[position]?.pid ?? -1))
}

function hasMediaOf(segment: SegmentSummary, index: number, isOutput: (position: number) => boolean): boolean {
  const end = cutEnd(segment)
  const objects = segment.slots.flatMap((slot) => inOrder(slot.objects[index]))
  return objects.some(({ times }) => !times || times.some((own, at) => own && own.first < end && isOutput(at)))
}

export function videoOf({ tracks }: SourceStream) {
  return tracks.find((track) => track.kind === 'video')
}
