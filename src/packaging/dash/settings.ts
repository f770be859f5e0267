import type { DashManifest } from '../../model/manifest.ts'
import { type OriginEndpoint, packagingIn } from '../../model/origin-endpoint.ts'
import { type CmafPackaging, manifestOf } from '../../model/packaging.ts'

/** The settings of a DASH manifest and of the segments it lists. */
export type DashSettings = DashManifest & Pick<CmafPackaging, 'segment' | 'streamSelection'>

export function dashSettings(endpoint: OriginEndpoint): DashSettings {
  const packaging = packagingIn(endpoint, 'CMAF')
  const { segment, streamSelection } = packaging
  return { ...manifestOf(packaging, 'DASH'), segment, streamSelection }
}
