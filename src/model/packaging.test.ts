import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../../test/origin/sample-endpoints.ts'
import type { HlsManifest } from './manifest.ts'
import { type CmafPackaging, type Packaging, withAdCuts } from './packaging.ts'

const isCut = (packaging: Packaging) => withAdCuts(packaging).segment.isCut ?? false

describe('segments that begin at ad boundaries', () => {
  it('are those of endpoints with ad markers of HLS or Periods of DASH, whatever the triggers', () => {
    for (const adMarkers of ['SCTE35_ENHANCED', 'PASSTHROUGH', 'DATERANGE'] as const) {
      assert.ok(isCut(hlsEndpoint({ adMarkers }).packaging), adMarkers)
      assert.ok(isCut(cmafEndpoint({ adMarkers, adTriggers: [] }).packaging), adMarkers)
    }
    assert.ok(isCut(dashEndpoint({ periodTriggers: ['ADS'] }).packaging))
    const plain = [
      hlsEndpoint({ adTriggers: ['SPLICE_INSERT'] }),
      cmafEndpoint(),
      dashEndpoint({ adTriggers: ['BREAK'] }),
      mssEndpoint(),
    ]
    for (const { packaging } of plain) assert.ok(!isCut(packaging), packaging.container)
  })

  it('are those of all manifests when one marks ads, and no longer when none does', () => {
    const { packaging } = cmafEndpoint()
    const [first] = packaging.manifests as readonly [HlsManifest]
    const second: HlsManifest = { ...first, folder: 'ads', adMarkers: 'DATERANGE' }
    const both = withAdCuts({ ...(packaging as CmafPackaging), manifests: [first, second] })
    assert.equal(both.segment.isCut, true)
    assert.deepEqual(withAdCuts({ ...both, manifests: [first] }), packaging)
  })
})
