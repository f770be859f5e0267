import type { DashManifest } from '../../model/manifest.ts'
import { familyOf, type SingleTrack } from '../tracks/track-set.ts'

type Profile = DashManifest['profile']

const ISO_LIVE = 'urn:mpeg:dash:profile:isoff-live:2011'
const ISO_MAIN = 'urn:mpeg:dash:profile:isoff-main:2011'

/** MPD@profiles, ISO/IEC 23009-1 §8.1. */
export function profilesOf(profile: Profile, type: 'static' | 'dynamic'): readonly string[] {
  switch (profile) {
    case 'NONE':
      return [type === 'dynamic' ? ISO_LIVE : ISO_MAIN]
    case 'HBBTV_1_5':
      // ETSI TS 102 796 V1.2.1 §E.2.1: a subset of the live profile.
      return [ISO_LIVE, 'urn:hbbtv:dash:profile:isoff-live:2012']
    case 'DVB_DASH_2014':
      // ETSI TS 103 285 §4.1 and §4.2.3.
      return [ISO_LIVE, 'urn:dvb:dash:profile:dvb-dash:2014', 'urn:dvb:dash:profile:dvb-dash:isoff-ext-live:2014']
    case 'HYBRIDCAST':
      return [ISO_LIVE]
  }
}

/**
 * Codecs of HbbTV, which has one for video and two for audio, ETSI TS 102 796 V1.2.1 §7.3.1; the other profiles allow
 * every codec that Windrow outputs.
 */
const HBBTV_CODECS = ['avc1', 'mp4a', 'ec-3']

export function listsTrack(profile: Profile, { kind, description }: SingleTrack): boolean {
  return profile !== 'HBBTV_1_5' || kind === 'text' || HBBTV_CODECS.includes(familyOf(description.codec))
}

/** HbbTV 1.5 knows no images. */
export function listsImages(profile: Profile): boolean {
  return profile !== 'HBBTV_1_5'
}

/**
 * True when the MPD claims that segments of one representation may follow those of another without a header in
 * between, which `avc1` and `hvc1` cannot guarantee. MediaPackage claims it nevertheless, and players that check
 * treat it as less; the profiles of television sets take it literally, so it is left out there.
 */
export function claimsBitstreamSwitching(profile: Profile): boolean {
  return profile === 'NONE'
}
