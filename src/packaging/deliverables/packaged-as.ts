import type { PresentationKind } from '../../model/deliverable.ts'
import {
  type AdSettings,
  DASH_DEFAULTS,
  type DashManifest,
  DEFAULT_WINDOW_SECONDS,
  HLS_DEFAULTS,
  type HlsManifest,
  type MssManifest,
} from '../../model/manifest.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { manifestsOfType, type Packaging } from '../../model/packaging.ts'

/** An asset has no ad markers of its own where the endpoint has no settings for them. */
const NO_MARKERS: AdSettings = { adTriggers: [], adsOnDeliveryRestrictions: 'NONE' }

/**
 * The endpoint as if it were packaged in another format: with the settings of its own manifest where it has one of that
 * format, and the defaults without ad markers otherwise. The same segments are shown, and the same streams.
 * Where an HLS presentation lists the segments of a DASH one, `areShared`, these are named by number.
 */
export function packagedAs(endpoint: OriginEndpoint, kind: PresentationKind, areShared: boolean): OriginEndpoint {
  const { packaging, manifestName: name } = endpoint
  const { segment, streamSelection } = packaging
  const common = { streamSelection }
  const named = { name, windowSeconds: packaging.manifests[0]?.windowSeconds ?? DEFAULT_WINDOW_SECONDS }
  const as = (packaged: Packaging): OriginEndpoint => ({ ...endpoint, packaging: packaged })
  switch (kind) {
    case 'HLS': {
      const { includeDvbSubtitles, useAudioRenditionGroup } =
        packaging.container === 'TS' ? packaging.segment : { includeDvbSubtitles: false, useAudioRenditionGroup: false }
      const manifests = [hlsManifest(packaging, named)]
      return as({
        ...common,
        container: 'TS',
        segment: { ...segment, includeDvbSubtitles, useAudioRenditionGroup },
        manifests,
      })
    }
    case 'CMAF':
      return as({ ...common, container: 'CMAF', segment: plain(segment), manifests: [hlsManifest(packaging, named)] })
    case 'DASH': {
      const manifest = dashManifest(packaging, named)
      const byNumber = { ...manifest, segmentTemplateFormat: 'NUMBER_WITH_TIMELINE' as const }
      const manifests = [areShared ? byNumber : manifest]
      return as({ ...common, container: 'CMAF', segment: plain(segment), manifests })
    }
    case 'MSS': {
      const [own] = manifestsOfType(packaging, 'MSS')
      const manifest: MssManifest = own ?? { type: 'MSS', ...named }
      return as({ ...common, container: 'ISM', segment: plain(segment), manifests: [manifest] })
    }
  }
}

type Named = { readonly name: string; readonly windowSeconds: number }

const plain = ({ durationSeconds, name, isCut }: Packaging['segment']) => ({
  durationSeconds,
  name,
  ...(isCut && { isCut }),
})

function hlsManifest(packaging: Packaging, named: Named): HlsManifest {
  const [own] = manifestsOfType(packaging, 'HLS')
  return (
    own ?? {
      type: 'HLS',
      ...named,
      ...NO_MARKERS,
      ...HLS_DEFAULTS,
      repeatExtXKey: false,
    }
  )
}

function dashManifest(packaging: Packaging, named: Named): DashManifest {
  const [own] = manifestsOfType(packaging, 'DASH')
  return own ?? { type: 'DASH', ...named, ...NO_MARKERS, ...DASH_DEFAULTS }
}
