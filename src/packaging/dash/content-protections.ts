import type { ContentProtection } from '../../manifests/dash/mpd.ts'
import type { KeyDescription } from '../../model/content-keys.ts'
import type { Encryption } from '../../model/encryption.ts'
import { trackTypeOf } from '../../model/key-track-types.ts'
import type { SummaryWindow } from '../../model/output-segment.ts'
import { keyOfTrack, keysRotate } from '../tracks/track-keys.ts'
import type { SingleTrack } from '../tracks/track-set.ts'
import type { DashPeriod } from './periods.ts'
import type { DashSettings } from './settings.ts'

/** How tracks are encrypted, ISO/IEC 23001-7 §11. */
const ENCRYPTED = 'urn:mpeg:dash:mp4protection:2011'

/** The ContentProtection of a manifest: of all that it lists at once, or of each track. */
export type ContentProtections = {
  readonly common: readonly ContentProtection[]
  readonly of: (track: SingleTrack) => readonly ContentProtection[]
}

const NONE: ContentProtections = { common: [], of: () => [] }

/**
 * The ContentProtection of a manifest that lists these Periods. It stands once above all of them where the layout asks
 * for that and one key covers every track. Throws NoContentKey.
 */
export function contentProtectionsOf(
  encryption: Encryption | undefined,
  { manifestLayout }: Pick<DashSettings, 'manifestLayout'>,
  { keys }: Pick<SummaryWindow, 'keys'>,
  periods: readonly DashPeriod[],
): ContentProtections {
  if (!encryption) return NONE
  const of = (track: SingleTrack) => descriptorsOf(encryption, keys?.get(0) ?? [], track)
  if (manifestLayout !== 'DRM_TOP_LEVEL_COMPACT') return { common: [], of }
  const tracks = periods.flatMap(({ tracks: { video, audio } }) => [...video, ...audio])
  const [first] = tracks
  const keysOfAll = new Set(tracks.map(({ description }) => trackTypeOf(encryption, description)))
  return first && keysOfAll.size === 1 ? { common: of(first), of: () => [] } : { common: [], of }
}

/** Tracks that a player may switch between have one key: another key is another adaptation set. */
export function keyGroupOf(encryption: Encryption | undefined, { description }: SingleTrack): string {
  return (encryption && trackTypeOf(encryption, description)) ?? ''
}

function descriptorsOf(
  encryption: Encryption,
  keys: readonly KeyDescription[],
  track: SingleTrack,
): readonly ContentProtection[] {
  const value = encryption.method === 'CENC' ? 'cenc' : 'cbcs'
  // What a manifest says of a key would hold for a whole Period: segments tell of keys that change.
  if (keysRotate(encryption)) {
    if (trackTypeOf(encryption, track.description) === undefined) return []
    const systems = encryption.spekeKeyProvider.systemIds.map((id) => ({ schemeIdUri: schemeOf(id) }))
    return [{ schemeIdUri: ENCRYPTED, value }, ...systems]
  }
  const key = keyOfTrack(encryption, track, keys)
  if (!key) return []
  return [{ schemeIdUri: ENCRYPTED, value, defaultKid: key.kid }, ...key.systems.map(systemDescriptor)]
}

function systemDescriptor({
  systemId,
  contentProtectionData,
  pssh,
}: KeyDescription['systems'][number]): ContentProtection {
  const schemeIdUri = schemeOf(systemId)
  if (contentProtectionData !== undefined) return { schemeIdUri, content: { checked: contentProtectionData } }
  return { schemeIdUri, ...(pssh && { content: { pssh: Buffer.from(pssh).toString('base64') } }) }
}

function schemeOf(systemId: string): string {
  return `urn:uuid:${systemId.toLowerCase()}`
}
