import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { olderEndpoints } from '../../../test/stores/older-endpoints.ts'
import { writeOutput } from '../wire.ts'
import { describedPackage } from './described-packages.ts'
import { OPERATIONS } from './operations.ts'
import { packageTypeOf } from './packages.ts'

type Package = {
  readonly type: string
  readonly hlsManifests?: readonly { readonly id: string; manifestName: string }[]
}

describe('the packaging of an endpoint', () => {
  it('is answered as the package that an earlier version stored', async () => {
    const { output } = OPERATIONS.find(({ name }) => name === 'DescribeOriginEndpoint')!
    for (const { older, newer } of await olderEndpoints()) {
      const { type, hlsManifests, ...members } = (older as { readonly package: Package }).package
      const manifests = hlsManifests?.map((manifest) => ({
        ...manifest,
        url: `https://live/${manifest.id}/${manifest.manifestName}.m3u8`,
      }))
      const { url, ...described } = writeOutput(output!, describedPackage(newer, 'https://live')) as { url: string }
      assert.deepEqual(described, { [type]: { ...members, ...(manifests && { hlsManifests: manifests }) } })
      assert.equal(packageTypeOf(newer.packaging), type)
      const extension = { hlsPackage: '.m3u8', dashPackage: '.mpd', mssPackage: '.ism/Manifest' }[type]
      assert.equal(url, extension ? `https://live/${newer.manifestName}${extension}` : '')
    }
  })
})
