import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { at, HarvestArchive, harvestJob, mediaOf, NO_DECODER } from '../../test/harvest/sample-harvest.ts'
import { sampleKeys } from '../../test/keys/sample-keys.ts'
import { LADDER, NOON, ORIGIN, outputSegments, windowOf } from '../../test/origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../../test/origin/sample-endpoints.ts'
import { ticks, utcMs } from '../media/time.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Era } from '../model/output-segment.ts'
import { outputFormatOf } from '../packaging/packager.ts'
import { readWindow } from '../packaging/paged-window.ts'
import { assetFiles } from './asset/files.ts'
import { takeInventory } from './asset/inventory.ts'

const ERAS = 2000

const DAY = { startoverWindowSeconds: 86_400 }
const ENDPOINTS: readonly OriginEndpoint[] = [
  hlsEndpoint({ useAudioRenditionGroup: true }, DAY),
  cmafEndpoint({}, DAY),
  dashEndpoint({}, DAY),
  mssEndpoint({}, DAY),
]

const nameOf = ({ packaging: { container, manifests } }: OriginEndpoint) => `${manifests[0]?.type} in ${container}`

/** An encoder that begins an era with every segment, with a count of how often its eras were read. */
function brokenChannel() {
  let looks = 0
  const eras = Array.from({ length: ERAS }, (_, n): Era => {
    const clock = { time: ticks(900_000 + n * 540_000), utc: utcMs(NOON + n * 6000) }
    return {
      id: n + 1,
      origin: ORIGIN,
      clock,
      get streams() {
        looks++
        return LADDER.streams
      },
    }
  })
  const segments = outputSegments(
    1,
    eras.map((era, n) => ({ era, discontinuity: n > 0 })),
  )
  return { archive: new HarvestArchive(windowOf(segments, { eras })), looks: () => looks }
}

describe('a window of a broken encoder, with an era for every segment', () => {
  for (const endpoint of ENDPOINTS) {
    it(`is gone through once, whatever it has of pages, by ${nameOf(endpoint)}`, async () => {
      const { archive, looks } = brokenChannel()
      const job = harvestJob({ endpoint, start: at(0), end: at(ERAS * 6) })
      const window = await readWindow(archive, endpoint, job)
      const named = { format: outputFormatOf(endpoint)!, names: {} }
      const files = assetFiles(job, named, window!.summary, {
        archive,
        media: mediaOf(archive),
        contentKeys: sampleKeys(),
        openSpool: () => assert.fail('no file is made of all'),
        decoder: NO_DECODER,
      })
      const before = looks()
      const { segments, tracks } = await takeInventory({ job, files, window: window!, names: {} }, async () => {})
      assert.ok(segments >= 2 * ERAS)
      // What a checkpoint says of each track has to fit in a checkpoint.
      assert.ok(tracks.size <= 4, [...tracks.keys()].slice(0, 8).join())
      assert.equal(
        [...tracks.values()].reduce((sum, count) => sum + count, 0),
        segments,
      )
      const each = (looks() - before) / ERAS
      assert.ok(each < 20, `each era was looked into ${each} times`)
    })
  }
})
