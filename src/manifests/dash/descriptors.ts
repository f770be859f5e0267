import type { UtcMs } from '../../media/time.ts'
import type { Descriptor } from './mpd.ts'

/** The descriptors whose schemes we know. */

/** Role, ISO/IEC 23009-1 §5.8.5.5. */
export function role(
  value: 'main' | 'alternate' | 'subtitle' | 'forced-subtitle' | 'caption' | 'description',
): Descriptor {
  return { schemeIdUri: 'urn:mpeg:dash:role:2011', value }
}

const UTC_TIMING = {
  'HTTP-HEAD': 'urn:mpeg:dash:utc:http-head:2014',
  'HTTP-ISO': 'urn:mpeg:dash:utc:http-iso:2014',
  'HTTP-XSDATE': 'urn:mpeg:dash:utc:http-xsdate:2014',
} as const

/** UTCTiming, §5.8.5.7: where a player reads the time. */
export function utcTiming(method: keyof typeof UTC_TIMING, uri: string): Descriptor {
  return { schemeIdUri: UTC_TIMING[method], value: uri }
}

/** The moment a Period starts, as ad systems look for it. */
export function utcTime(time: UtcMs): Descriptor {
  return { schemeIdUri: 'urn:scte:dash:utc-time', value: new Date(time).toISOString() }
}

/** Timed ID3 in event messages. */
export function id3EventStream(): Descriptor {
  return { schemeIdUri: 'https://aomedia.org/emsg/ID3', value: '0' }
}

/** Only for fast forward and rewind, of the adaptation set with this id, DASH-IF IOP 4.3 §3.2.9. */
export function trickMode(adaptationSet: number): Descriptor {
  return { schemeIdUri: 'http://dashif.org/guidelines/trickmode', value: String(adaptationSet) }
}

/** Code points of ISO/IEC 23091-2, by the schemes that 23091-1 has for them. */
export function colour(
  name: 'ColourPrimaries' | 'TransferCharacteristics' | 'MatrixCoefficients',
  value: number,
): Descriptor {
  return { schemeIdUri: `urn:mpeg:mpegB:cicp:${name}`, value: String(value) }
}

/** The number of channels of MPEG audio; 7.1 has to be told by its configuration, ISO/IEC 23001-8 §8.1. */
export function mpegChannels(channels: number): Descriptor {
  // ChannelConfiguration counts up to 5.1 and names layouts above.
  const configuration = channels === 8 ? 12 : channels
  return { schemeIdUri: 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011', value: String(configuration) }
}

/**
 * The loudspeakers of Dolby audio: the channel map of ETSI TS 102 366 §E.1.3.1.8 in four hexadecimal digits, §I.1.2.
 */
export function dolbyChannels(channelMap: number): Descriptor {
  const value = channelMap.toString(16).toUpperCase().padStart(4, '0')
  return { schemeIdUri: 'tag:dolby.com,2014:dash:audio_channel_configuration:2011', value }
}

/** Dolby Atmos in E-AC-3, ETSI TS 103 420 §D.2: that it is there, and its complexity index. */
export function jointObjectCoding(complexityIndex: number): readonly Descriptor[] {
  return [
    { schemeIdUri: 'tag:dolby.com,2018:dash:EC3_ExtensionType:2018', value: 'JOC' },
    { schemeIdUri: 'tag:dolby.com,2018:dash:EC3_ExtensionComplexityIndex:2018', value: String(complexityIndex) },
  ]
}

/** What is described in sound, as DVB counts it: 1 is for the visually impaired, TV-Anytime AudioPurposeCS. */
export function audioDescription(): Descriptor {
  return { schemeIdUri: 'urn:tva:metadata:cs:AudioPurposeCS:2007', value: '1' }
}

const CEA_608_CHANNEL = /^CC[1-4]$/
const CEA_708_SERVICE = /^SERVICE([1-9]\d?)$/

/**
 * Captions inside the video, SCTE 214-1 §7: one descriptor for the channels of CEA-608, one for the services of
 * CEA-708. `instreamId` is CC1 to CC4 or SERVICE1 to SERVICE63; others are left out.
 */
export function closedCaptions(
  captions: readonly { readonly instreamId: string; readonly language?: string }[],
): readonly Descriptor[] {
  const channels = captions.filter(({ instreamId }) => CEA_608_CHANNEL.test(instreamId))
  const services = captions.flatMap(({ instreamId, language = 'und' }) => {
    const service = CEA_708_SERVICE.exec(instreamId)?.[1]
    return service === undefined ? [] : `${service}=lang:${language}`
  })
  const both = [
    ['urn:scte:dash:cc:cea-608:2015', channels.map(({ instreamId, language = 'und' }) => `${instreamId}=${language}`)],
    ['urn:scte:dash:cc:cea-708:2015', services],
  ] as const
  return both.flatMap(([schemeIdUri, list]) => (list.length > 0 ? { schemeIdUri, value: list.join(';') } : []))
}
