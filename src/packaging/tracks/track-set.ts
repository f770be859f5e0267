import { bytesOfHex } from '../../media/bytes.ts'
import { aacParameters, explicitSbr, readAudioSpecificConfig } from '../../media/codecs/aac.ts'
import { TICKS_PER_SECOND } from '../../media/time.ts'
import type { AudioDescription, TextDescription, VideoDescription } from '../../media/track.ts'
import type { Era, SourceStream } from '../../model/output-segment.ts'
import type { StreamSelection } from '../../model/packaging.ts'
import { isSameLanguage, muxedRenditions } from './muxed-audio.ts'
import { isVariant, type SourceVariant, selectVariants, type VariantRole } from './stream-selection.ts'

/** More tracks than a stream may have: `<n>` numbers streams and their tracks in one sequence. */
const TRACKS_PER_STREAM = 10

/** A single track of the source, for formats that carry one track in a segment. */
export type SingleTrack = SingleVideo | SingleAudio | SingleText

type Single<Description> = {
  /** `<n>` of output names, from 1, counted over all streams and their tracks; it does not change within an era. */
  readonly n: number
  readonly stream: SourceStream
  /** Index in the stream's tracks. */
  readonly position: number
  readonly description: Description
  /** Units per second of the track's times in a segment. */
  readonly timescale: number
  /** Bits per second, by which players choose. */
  readonly bandwidth: number
}

export type SingleVideo = Single<VideoDescription> & {
  readonly kind: 'video'
  readonly role: VariantRole
  /** True when timed ID3 is delivered with this track. */
  readonly hasEvents: boolean
}

/** The properties by which people and players choose a rendition. */
type Labels = {
  readonly name: string
  /** RFC 5646 from the playlist, or ISO 639-2 from the program map. */
  readonly language?: string
  readonly isDefault: boolean
  readonly autoselect: boolean
  readonly characteristics?: string
}

export type SingleAudio = Single<AudioDescription> &
  Labels & {
    readonly kind: 'audio'
    /** True when the encoder's playlist declares it as a rendition, with or without a URI. */
    readonly isListed: boolean
  }

export type SingleText = Single<TextDescription> & Labels & { readonly kind: 'text'; readonly forced: boolean }

/** All tracks an endpoint shows of an era, each once. */
export type TrackSet = {
  /** Video tracks in the endpoint's order. */
  readonly video: readonly SingleVideo[]
  readonly audio: readonly SingleAudio[]
  readonly text: readonly SingleText[]
}

/**
 * The tracks of an era, without streams for which `isPresent` is false. Audio comes from renditions of its own; where
 * there are none, from the variant with the lowest bandwidth that carries it.
 */
export function trackSetOf(
  era: Era,
  selection: StreamSelection,
  isPresent: (index: number) => boolean = () => true,
): TrackSet {
  const streams = era.streams.filter(({ index }) => isPresent(index))
  // Declared audio in the variants is usually the main one, so it comes first.
  const [listed, found] = partition(muxedAudio(streams.filter(isVariant)))
  return {
    video: selectVariants(streams, selection).flatMap(videoOf),
    audio: distinct([...listed, ...streams.flatMap(audioRenditions), ...found]),
    text: streams.flatMap(textOf),
  }
}

function partition(muxed: readonly SingleAudio[]): readonly [readonly SingleAudio[], readonly SingleAudio[]] {
  return [muxed.filter(({ isListed }) => isListed), muxed.filter(({ isListed }) => !isListed)]
}

/** The track with this `<n>`, whether or not a manifest currently lists it. */
export function trackNumbered(era: Era, selection: StreamSelection, n: number): SingleTrack | undefined {
  const stream = era.streams.find(({ index }) => index === Math.ceil(n / TRACKS_PER_STREAM))
  if (!stream) return undefined
  const tracks = isVariant(stream)
    ? [...selectVariants([stream], selection).flatMap(videoOf), ...muxedAudio([stream])]
    : [...audioRenditions(stream), ...textOf(stream)]
  return tracks.find((track) => track.n === n)
}

/**
 * Timescale in which a video track's frames last whole units: 1000 times a whole frame rate, the numerator of a
 * fractional one (30 000 for 29.97), or 90 000 where the stream does not state its rate.
 */
export function videoTimescale({ frameRate }: VideoDescription): number {
  if (!frameRate) return TICKS_PER_SECOND
  const { numerator, denominator } = frameRate
  if (denominator === 1) return numerator * 1000
  return denominator === 1001 && numerator % 1000 === 0 ? numerator : TICKS_PER_SECOND
}

/** `<n>` of a track, by its position in its stream. */
export function trackNumber({ index }: SourceStream, position: number): number {
  return (index - 1) * TRACKS_PER_STREAM + position + 1
}

function single<D extends SourceStream['tracks'][number]>(stream: SourceStream, description: D) {
  const position = stream.tracks.indexOf(description)
  return { n: trackNumber(stream, position), stream, position, description }
}

function videoOf(stream: SourceVariant): readonly SingleVideo[] {
  const description = stream.tracks.find((track) => track.kind === 'video')
  if (!description) return []
  return [
    {
      ...single(stream, description),
      kind: 'video',
      role: stream.role,
      timescale: videoTimescale(description),
      bandwidth: stream.role.bandwidth,
      hasEvents: stream.tracks.some(({ kind }) => kind === 'id3'),
    },
  ]
}

function audioTrack(
  stream: SourceStream,
  description: AudioDescription,
  labels: Labels & Pick<SingleAudio, 'isListed'>,
): SingleAudio {
  return {
    ...single(stream, description),
    kind: 'audio',
    ...labels,
    timescale: description.sampleRate,
    bandwidth: stream.bitrates?.[stream.tracks.indexOf(description)] ?? 0,
  }
}

function audioRenditions(stream: SourceStream): readonly SingleAudio[] {
  const { role } = stream
  if (role.kind !== 'audio') return []
  return audioOf(stream).map((description) => {
    const language = role.language ?? description.language
    return audioTrack(stream, description, { ...role, ...(language !== undefined && { language }), isListed: true })
  })
}

/**
 * Audio muxed with video, from the variant with the lowest bandwidth first; named by the encoder's playlist, else by
 * its language, or merely as audio.
 */
function muxedAudio(variants: readonly SourceVariant[]): readonly SingleAudio[] {
  return variants
    .filter(({ tracks }) => tracks.some(({ kind }) => kind === 'video'))
    .toSorted((a, b) => a.role.bandwidth - b.role.bandwidth)
    .flatMap((variant) => {
      const renditions = muxedRenditions(audioOf(variant), variant.role.muxedAudio)
      return audioOf(variant).map((description) => {
        const rendition = renditions.get(description)
        const language = rendition?.language ?? description.language
        const labels = {
          ...(rendition ?? { name: language ?? 'audio', isDefault: false, autoselect: true }),
          ...(language !== undefined && { language }),
          isListed: rendition !== undefined,
        }
        const declared = declaredAudio(description, variant.role.codecs)
        return { ...audioTrack(variant, description, labels), description: declared }
      })
    })
}

export function audioOf({ tracks }: SourceStream): readonly AudioDescription[] {
  return tracks.filter((track) => track.kind === 'audio')
}

/** CODECS of AAC with band replication (5), and with parametric stereo (29). */
export const HE_AAC = /^mp4a\.40\.(5|29)$/

/** AAC frames do not reveal SBR or PS; the encoder's CODECS attribute does. */
function declaredAudio(description: AudioDescription, codecs: string | undefined): AudioDescription {
  if (description.codec !== 'mp4a.40.2') return description
  const found = codecs?.split(',').flatMap((codec) => HE_AAC.exec(codec.trim()) ?? [])
  const [codec, objectType] = found ?? []
  if (codec === undefined) return description
  const explicit = explicitSbr(description.configuration, objectType === '29' ? 29 : 5)
  return { ...description, ...aacParameters(readAudioSpecificConfig(bytesOfHex(explicit))) }
}

/**
 * Removes duplicate audio. The first of several stays, and does not take over their language. Exactly one is the
 * default.
 */
function distinct(tracks: readonly SingleAudio[]): readonly SingleAudio[] {
  const kept: SingleAudio[] = []
  for (const track of tracks) if (!kept.some((other) => isSame(other, track))) kept.push(track)
  const names = new Set<string>()
  const defaultAt = Math.max(
    kept.findIndex(({ isDefault }) => isDefault),
    0,
  )
  const choiceOf = ({ description, language }: SingleAudio) => `${familyOf(description.codec)}/${language ?? ''}`
  const chosen = new Set(kept.slice(defaultAt, defaultAt + 1).map(choiceOf))
  return kept.map((track, i) => {
    // Players choose by language; a second rendition in one language is for people to choose.
    const choice = choiceOf(track)
    const autoselect = track.autoselect && (i === defaultAt || !chosen.has(choice))
    chosen.add(choice)
    return { ...track, name: freeName(track.name, names), isDefault: i === defaultAt, autoselect }
  })
}

function isSame(a: SingleAudio, b: SingleAudio): boolean {
  const { codec, channels, sampleRate } = a.description
  const isOtherSound = codec !== b.description.codec || channels !== b.description.channels
  if (isOtherSound || sampleRate !== b.description.sampleRate) return false
  // Two renditions that the encoder lists are distinct even when they look alike.
  if (a.isListed && b.isListed) return a.language === b.language && a.name === b.name
  if (a.language === b.language || a.language === undefined || b.language === undefined) return true
  // A variant that declares its audio and one that does not; the program map may write the language differently.
  const areMuxed = isVariant(a.stream) && isVariant(b.stream)
  return areMuxed && isSameLanguage(a.language, b.language)
}

/** The codec without its parameters, such as `avc1`, `mp4a` or `ac-3`: players support a whole family. */
export function familyOf(codec: string): string {
  return codec.split('.', 1)[0] ?? ''
}

/** `wanted`, with a count appended when it is taken; the result is added to `taken`. */
export function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted} (${count})`
  taken.add(name)
  return name
}

function textOf(stream: SourceStream): readonly SingleText[] {
  const { role } = stream
  const description = stream.tracks.find((track) => track.kind === 'text')
  if (role.kind !== 'subtitles' || !description) return []
  const { name, language, isDefault, autoselect, characteristics, forced = false } = role
  return [
    {
      ...single(stream, description),
      kind: 'text',
      name,
      ...(language !== undefined && { language }),
      isDefault,
      autoselect,
      ...(characteristics !== undefined && { characteristics }),
      forced,
      timescale: TICKS_PER_SECOND,
      bandwidth: 0,
    },
  ]
}
