/** What an asset has in a format that its endpoint is not packaged in. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEFAULT_LIMITS } from '../../src/control/control-context.ts'
import { cmafPackage, dashPackage } from '../../src/control/mediapackage-v1/given-packages.ts'
import type { PresentationKind } from '../../src/model/deliverable.ts'
import type { Manifest } from '../../src/model/manifest.ts'
import { packagedAs } from '../../src/packaging/deliverables/packaged-as.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'

/** Without what says of ads, which an asset has only where its endpoint does, and without its place. */
function settingsOf(manifest: Manifest | undefined) {
  const others = ['adTriggers', 'adsOnDeliveryRestrictions', 'folder']
  return Object.fromEntries(Object.entries(manifest ?? {}).filter(([name]) => !others.includes(name)))
}

describe('a format that an endpoint does not have', () => {
  const context = {
    channelId: 'channel',
    manifestName: 'index',
    maxManifestWindowSeconds: 300,
    keyServers: DEFAULT_LIMITS.keyServers,
  }

  it('has the settings of a DASH package for which none are given', () => {
    const { packaging } = packagedAs(hlsEndpoint({}), 'DASH', false)
    assert.deepEqual(settingsOf(packaging.manifests[0]), settingsOf(dashPackage({}, context).manifests[0]))
  })

  it('has the settings of an HLS manifest for which none are given', () => {
    const { packaging } = packagedAs(dashEndpoint({}), 'CMAF', false)
    const [made] = cmafPackage({ hlsManifests: [{ id: 'one' }] }, context).manifests
    assert.deepEqual(settingsOf(packaging.manifests[0]), settingsOf(made))
  })

  it('has segments that begin at ad boundaries where those of the endpoint do, and only there', () => {
    const kinds: readonly PresentationKind[] = ['HLS', 'CMAF', 'DASH', 'MSS']
    const cut = [
      hlsEndpoint({ adMarkers: 'PASSTHROUGH' }),
      cmafEndpoint({ adMarkers: 'DATERANGE' }),
      dashEndpoint({ periodTriggers: ['ADS'] }),
    ]
    const uncut = [hlsEndpoint({}), cmafEndpoint({}), dashEndpoint({}), mssEndpoint({})]
    const found = (endpoint: (typeof cut)[number]) =>
      [endpoint, ...kinds.map((kind) => packagedAs(endpoint, kind, true))].map(
        ({ packaging }) => packaging.segment.isCut ?? false,
      )
    for (const endpoint of cut) assert.deepEqual(found(endpoint), Array(5).fill(true))
    for (const endpoint of uncut) assert.deepEqual(found(endpoint), Array(5).fill(false))
  })
})
