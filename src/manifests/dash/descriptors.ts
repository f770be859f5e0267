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
export function id3Events(): Descriptor {
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
