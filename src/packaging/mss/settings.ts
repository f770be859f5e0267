import type { MssManifest } from '../../model/manifest.ts'
import { type OriginEndpoint, packagingIn } from '../../model/origin-endpoint.ts'
import { type IsmPackaging, manifestOf } from '../../model/packaging.ts'

/** The settings of a Smooth Streaming manifest and of its fragments. */
export type MssSettings = MssManifest & Pick<IsmPackaging, 'segment' | 'streamSelection'>

export function mssSettings(endpoint: OriginEndpoint): MssSettings {
  const packaging = packagingIn(endpoint, 'ISM')
  const { segment, streamSelection } = packaging
  return { ...manifestOf(packaging, 'MSS'), segment, streamSelection }
}
