import type { UtcMs } from '../../media/time.ts'
import type { Descriptor } from './mpd.ts'

/** Descriptors of the schemes that Windrow writes. */

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

/** UTCTiming, §5.8.5.7: a clock that a player may read. */
export function utcTiming(method: keyof typeof UTC_TIMING, uri: string): Descriptor {
  return { schemeIdUri: UTC_TIMING[method], value: uri }
}

/** The UTC time at which a Period starts, in the scheme that ad systems look for. */
export function utcTime(time: UtcMs): Descriptor {
  return { schemeIdUri: 'urn:scte:dash:utc-time', value: new Date(time).toISOString() }
}

/** Marks a stream of event messages as timed ID3. */
export function id3EventStream(): Descriptor {
  return { schemeIdUri: 'https://aomedia.org/emsg/ID3', value: '0' }
}

/** Marks a stream of event messages as messages of SCTE 35, as they came. */
export function spliceEventStream(): Descriptor {
  return { schemeIdUri: 'urn:scte:scte35:2013:bin' }
}

/**
 * Marks an adaptation set as fast forward and rewind only, for the adaptation set with this id, DASH-IF IOP 4.3
 * §3.2.9.
 */
export function trickMode(adaptationSet: number): Descriptor {
  return { schemeIdUri: 'http://dashif.org/guidelines/trickmode', value: String(adaptationSet) }
}

/** Says that players may switch between a set and those with these ids, ISO/IEC 23009-1 §5.3.3.5. */
export function switchingWith(adaptationSets: readonly number[]): Descriptor {
  return { schemeIdUri: 'urn:mpeg:dash:adaptation-set-switching:2016', value: adaptationSets.join(',') }
}

/** Marks a representation of images, so many across and down in each, DASH-IF IOP 4.3 §6.2.6. */
export function thumbnailTile(columns: number, rows: number): Descriptor {
  return { schemeIdUri: 'http://dashif.org/thumbnail_tile', value: `${columns}x${rows}` }
}

/** Colour description by code points of ISO/IEC 23091-2, under the schemes that ISO/IEC 23091-1 defines for them. */
export function colour(
  name: 'ColourPrimaries' | 'TransferCharacteristics' | 'MatrixCoefficients',
  value: number,
): Descriptor {
  return { schemeIdUri: `urn:mpeg:mpegB:cicp:${name}`, value: String(value) }
}

/** Channel count of MPEG audio; 7.1 is stated by its ChannelConfiguration, ISO/IEC 23001-8 §8.1. */
export function mpegChannels(channels: number): Descriptor {
  // ChannelConfiguration equals the count up to 5.1; higher values name layouts.
  const configuration = channels === 8 ? 12 : channels
  return { schemeIdUri: 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011', value: String(configuration) }
}

/** Loudspeakers of Dolby audio: the channel map of ETSI TS 102 366 §E.1.3.1.8 in four hexadecimal digits, §I.1.2. */
export function dolbyChannels(channelMap: number): Descriptor {
  const value = channelMap.toString(16).toUpperCase().padStart(4, '0')
  return { schemeIdUri: 'tag:dolby.com,2014:dash:audio_channel_configuration:2011', value }
}

/** Dolby Atmos in E-AC-3, ETSI TS 103 420 §D.2: its presence, and its complexity index. */
export function jointObjectCoding(complexityIndex: number): readonly Descriptor[] {
  return [
    { schemeIdUri: 'tag:dolby.com,2018:dash:EC3_ExtensionType:2018', value: 'JOC' },
    { schemeIdUri: 'tag:dolby.com,2018:dash:EC3_ExtensionComplexityIndex:2018', value: String(complexityIndex) },
  ]
}

/** Marks audio description in the scheme DVB uses, TV-Anytime AudioPurposeCS; 1 is for the visually impaired. */
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
