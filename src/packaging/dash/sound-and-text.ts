import {
  audioDescription,
  dolbyChannels,
  jointObjectCoding,
  mpegChannels,
  role,
} from '../../manifests/dash/descriptors.ts'
import type { AdaptationSet, Descriptor } from '../../manifests/dash/mpd.ts'
import { bytesOfHex } from '../../media/bytes.ts'
import { locationsOf, readDac3, readDec3 } from '../../media/codecs/ac3-configuration.ts'
import type { AudioDescription } from '../../media/track.ts'
import { soundRate } from '../tracks/filtered-tracks.ts'
import type { SingleAudio, SingleText } from '../tracks/track-set.ts'
import { ownTemplate, type PlacedTemplates, sharedTemplate } from './templates.ts'

/** Media characteristics of RFC 8216bis §4.4.6.1 that DASH can express. */
const DESCRIBES_VIDEO = 'public.accessibility.describes-video'
const DESCRIBES_SOUND = 'public.accessibility.describes-music-and-sound'

export function audioSet(track: SingleAudio, templates: PlacedTemplates): AdaptationSet {
  const { n, description, bandwidth, language = 'und', name } = track
  const describes = track.characteristics?.includes(DESCRIBES_VIDEO) === true
  const { jointObjectCoding: complexity } = description
  return {
    id: n,
    contentType: 'audio',
    mimeType: 'audio/mp4',
    lang: language,
    labels: [name],
    segmentAlignment: true,
    startWithSAP: 1,
    ...(describes && { accessibilities: [audioDescription()] }),
    roles: [role(describes ? 'description' : track.isDefault ? 'main' : 'alternate')],
    ...sharedTemplate(templates),
    representations: [
      {
        id: String(n),
        bandwidth,
        codecs: description.codec,
        audioSamplingRate: soundRate(description),
        audioChannelConfigurations: [channelConfiguration(description)],
        ...(complexity !== undefined && { supplementalProperties: jointObjectCoding(complexity) }),
        ...ownTemplate(templates, 0),
      },
    ],
  }
}

function channelConfiguration({ codec, channels, configuration }: AudioDescription): Descriptor {
  if (codec === 'ac-3') return dolbyChannels(locationsOf(readDac3(bytesOfHex(configuration))))
  if (codec === 'ec-3') {
    const [program] = readDec3(bytesOfHex(configuration)).programs
    return dolbyChannels(program ? locationsOf(program) | program.dependentLocations : 0)
  }
  // Parametric stereo decodes one channel to two.
  return mpegChannels(codec === 'mp4a.40.29' ? 2 : channels)
}

/** The adaptation set of subtitles, which are TTML in MP4. */
export function textSet(track: SingleText, templates: PlacedTemplates): AdaptationSet {
  const { n, bandwidth, language = 'und', name } = track
  const kind = track.forced
    ? 'forced-subtitle'
    : track.characteristics?.includes(DESCRIBES_SOUND)
      ? 'caption'
      : 'subtitle'
  return {
    id: n,
    contentType: 'text',
    mimeType: 'application/mp4',
    lang: language,
    labels: [name],
    segmentAlignment: true,
    startWithSAP: 1,
    roles: [role(kind)],
    ...sharedTemplate(templates),
    representations: [{ id: String(n), bandwidth, codecs: 'stpp', ...ownTemplate(templates, 0) }],
  }
}
