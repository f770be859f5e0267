import { isInTheClear } from '../../model/asset-encryption.ts'
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
 * Where an HLS presentation lists the segments of a DASH one, `areShared`, these are named by number. Throws where the
 * endpoint is encrypted and serves another format: nothing tells players of its keys in this one.
 */
export function packagedAs(endpoint: OriginEndpoint, kind: PresentationKind, areShared: boolean): OriginEndpoint {
  const { packaging, manifestName: name } = endpoint
  if (isInTheClear(endpoint, kind)) throw new Error(`${endpoint.id} is encrypted, and is not served as ${kind}`)
  const { segment, streamSelection } = packaging
  const common = { streamSelection }
  const named = { name, windowSeconds: packaging.manifests[0]?.windowSeconds ?? DEFAULT_WINDOW_SECONDS }
  const as = (packaged: Packaging): OriginEndpoint => ({ ...endpoint, packaging: packaged })
  switch (kind) {
    case 'HLS': {
      const { includeDvbSubtitles, useAudioRenditionGroup } =
        packaging.container === 'TS' ? packaging.segment : { includeDvbSubtitles: false, useAudioRenditionGroup: false }
      const encryption = packaging.container === 'TS' ? encryptionOf(packaging) : {}
      const manifests = [hlsManifest(packaging, named)]
      return as({
        ...common,
        container: 'TS',
        segment: { ...segment, includeDvbSubtitles, useAudioRenditionGroup },
        ...encryption,
        manifests,
      })
    }
    case 'CMAF': {
      const encryption = packaging.container === 'CMAF' ? encryptionOf(packaging) : {}
      const manifests = [hlsManifest(packaging, named)]
      return as({ ...common, container: 'CMAF', segment: plain(segment), ...encryption, manifests })
    }
    case 'DASH': {
      const encryption = packaging.container === 'CMAF' ? encryptionOf(packaging) : {}
      const manifest = dashManifest(packaging, named)
      const byNumber = { ...manifest, segmentTemplateFormat: 'NUMBER_WITH_TIMELINE' as const }
      const manifests = [areShared ? byNumber : manifest]
      return as({ ...common, container: 'CMAF', segment: plain(segment), ...encryption, manifests })
    }
    case 'MSS': {
      const encryption = packaging.container === 'ISM' ? encryptionOf(packaging) : {}
      const [own] = manifestsOfType(packaging, 'MSS')
      const manifest: MssManifest = own ?? { type: 'MSS', ...named }
      return as({ ...common, container: 'ISM', segment: plain(segment), ...encryption, manifests: [manifest] })
    }
  }
}

type Named = { readonly name: string; readonly windowSeconds: number }

const encryptionOf = <E>({ encryption }: { readonly encryption?: E }) => (encryption ? { encryption } : {})

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
