/** The names of an asset's files where they are not what the endpoint's settings say. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assetOf, LADDER, outputSegments, windowOf } from '../../test/origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../../test/origin/sample-endpoints.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { cmaf } from './cmaf/format.ts'
import { dash } from './dash/format.ts'
import { hls } from './hls-ts/format.ts'
import { mss } from './mss/format.ts'
import type { OutputFormat } from './output-format.ts'

const ENDPOINTS: readonly (readonly [name: string, OutputFormat, OriginEndpoint])[] = [
  ['HLS', hls, hlsEndpoint({ includeIframeOnlyStream: true, useAudioRenditionGroup: true })],
  ['CMAF', cmaf, cmafEndpoint({ includeIframeOnlyStream: true })],
  ['DASH', dash, dashEndpoint()],
  ['Smooth Streaming', mss, mssEndpoint()],
]
const WINDOW = windowOf(outputSegments(1, [{}, {}, {}, {}]), { eras: [LADDER] })
const STEM = 'a goal#2'

describe('an asset under other names', () => {
  for (const [name, format, endpoint] of ENDPOINTS) {
    const named = (names: { manifests?: string; segments?: string }) =>
      assetOf({ ...format, asset: (settled, window) => format.asset(settled, window, names) }, endpoint, WINDOW)!
    const namesOf = ({ segments, manifests }: ReturnType<typeof named>) => ({
      segments: segments.map((file) => file.name),
      manifests: manifests.map((file) => file.name),
    })

    it(`has those for each kind of file by itself, in ${name}`, () => {
      const service = namesOf(named({}))
      const segments = namesOf(named({ segments: STEM }))
      const manifests = namesOf(named({ manifests: STEM }))
      assert.deepEqual(segments.manifests, service.manifests)
      assert.deepEqual(manifests.segments, service.segments)
      assert.ok(segments.segments.every((file) => file.startsWith(STEM)))
      assert.ok(manifests.manifests.every((file) => file.startsWith(STEM)))
      assert.equal(new Set(segments.segments).size, new Set(service.segments).size)
    })

    it(`refers to them, in ${name}`, () => {
      const asset = named({ manifests: STEM, segments: STEM })
      const text = [asset.parent.text, ...asset.manifests.map(({ body }) => body().text)].join('\n')
      const own = new Set([...asset.segments, ...asset.manifests].map((file) => encodeURIComponent(file.name)))
      const uris = [...text.matchAll(/^[^#<\s][^<>]*$|(?<=URI=")[^"]+|(?<=(?:media|initialization|Url)=")[^"]+/gm)]
      assert.ok(uris.length > 0)
      for (const [uri] of uris) {
        assert.ok(uri.startsWith(encodeURIComponent(STEM)), uri)
        if (uri.endsWith('.m3u8') || uri.endsWith('.ts')) assert.ok(own.has(uri), uri)
      }
    })
  }
})
