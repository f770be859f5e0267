import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Packaging } from '../model/packaging.ts'
import type { AssetOptions } from './output-format.ts'

/** The endpoint with other names of its manifests and segments. */
export function underNames(endpoint: OriginEndpoint, { manifests, segments }: AssetOptions): OriginEndpoint {
  const { packaging } = endpoint
  const renamed = {
    ...packaging,
    segment: { ...packaging.segment, ...(segments !== undefined && { name: segments }) },
    manifests: packaging.manifests.map((each) => ({ ...each, ...(manifests !== undefined && { name: manifests }) })),
  }
  return { ...endpoint, packaging: renamed as Packaging }
}
