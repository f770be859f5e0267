import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { type AssetFigures, judgeAsset, type TimeWindow } from '../judges/asset.ts'
import { createChannel, createHarvestJob, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { type BucketWatch, watchBucket } from '../judges/bucket.ts'
import { encodeLadder, type KeptRendition, readCopy, startPush } from '../judges/encoder.ts'
import { startNginx } from '../judges/nginx.ts'
import { Player } from '../judges/player.ts'
import { type SeenRendition, watchLive } from '../judges/playlists.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { openS3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { type S3Server, startSwift } from '../servers/swift.ts'

const { after, before, describe, it } = needing('ffmpeg', 'nginx', 'chromium', 'swift')

const SECONDS = 20
const BUCKET = 'clips'

type Harvest = {
  readonly name: string
  readonly endpoint: 'verbatim' | 'packaged'
  /** From the dates of the source segments. */
  readonly window: (starts: readonly number[]) => TimeWindow
  /** Source segments the asset must hold. */
  readonly sources: number
}

const HARVESTS: readonly Harvest[] = [
  {
    name: 'window-inside-segments',
    endpoint: 'verbatim',
    window: (starts) => ({ start: starts[2]! + 700, end: starts[6]! + 300 }),
    sources: 5,
  },
  {
    name: 'window-on-boundaries',
    endpoint: 'verbatim',
    window: (starts) => ({ start: starts[3]!, end: starts[5]! }),
    sources: 2,
  },
  {
    name: 'joined-and-split',
    endpoint: 'packaged',
    window: (starts) => ({ start: starts[2]! + 700, end: starts[6]! + 300 }),
    sources: 9,
  },
]

const parentOf = (name: string) => `clips of today/${name}/programme.m3u8`

describe('a harvest of a live stream', () => {
  let windrow: Windrow
  let client: MediaPackageClient
  let kept: KeptRendition[]
  const live = new Map<string, SeenRendition[]>()
  let player: Player
  before(async () => {
    const encoded = await encodeLadder(SECONDS)
    windrow = await Windrow.start()
    client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'news')
    const urls = {
      verbatim: await createHlsEndpoint(client, 'news', 'verbatim'),
      packaged: await createHlsEndpoint(client, 'news', 'packaged', {
        SegmentDurationSeconds: 6,
        UseAudioRenditionGroup: true,
      }),
    }
    const copy = temporaryFolder('copy')
    const encoder = startPush({ ingest, copy, seconds: SECONDS, encoded })
    const watches = Object.entries(urls).map(async ([name, url]) => live.set(name, await watchLive(url)))
    assert.equal(await encoder.ended, 0, encoder.said())
    kept = readCopy(copy)
    await Promise.all(watches)
    player = await Player.start()
  })
  after(async () => {
    await player?.stop()
    await windrow?.stop()
  })

  describe('into a folder', () => {
    harvestsInto('folder', async () => ({
      watch: await watchBucket({ folder: windrow.bucketFolder(BUCKET) }),
      fetchAsset: (name) => Promise.resolve(join(windrow.bucketFolder(BUCKET), dirname(parentOf(name)))),
    }))
  })

  describe('into OpenStack Swift by its S3 API', () => {
    let swift: S3Server
    after(() => swift?.stop())
    harvestsInto('s3', async () => {
      swift = await startSwift()
      const s3 = openS3(swift)
      await s3.makeBucket(BUCKET)
      // The same archive, told of another store: it has to survive being stopped as well.
      assert.equal(await windrow.stop(), 0)
      await windrow.start(harvestsTo(swift))
      const parents = HARVESTS.map(({ name }) => parentOf(name))
      return {
        watch: await watchBucket({ ...swift, bucket: BUCKET, parents }),
        async fetchAsset(name) {
          const folder = temporaryFolder('asset')
          const prefix = `${dirname(parentOf(name))}/`
          for (const key of await s3.keys(BUCKET)) {
            if (key.startsWith(prefix))
              writeFileSync(join(folder, key.slice(prefix.length)), (await s3.get(BUCKET, key))!)
          }
          return folder
        },
      }
    })
  })

  function harvestsInto(
    store: string,
    open: () => Promise<{ watch: BucketWatch; fetchAsset(name: string): Promise<string> }>,
  ): void {
    let bucket: Awaited<ReturnType<typeof open>>
    const jobs = new Map<string, Promise<string>>()
    before(async () => {
      bucket = await open()
      const starts = sourceDates()
      for (const { name, endpoint, window } of HARVESTS) {
        const { start, end } = window(starts)
        const times = { startTime: new Date(start).toISOString(), endTime: new Date(end).toISOString() }
        const id = `${name}-${store}`
        await createHarvestJob(client, id, endpoint, times, BUCKET, parentOf(name))
        jobs.set(name, harvestOutcome(client, id))
      }
    })

    for (const { name, endpoint, window, sources } of HARVESTS) {
      it(`${name}: holds exactly the window, byte for byte what was live, packet for packet what went in`, async () => {
        assert.equal(await jobs.get(name), 'SUCCEEDED', windrow.log)
        const asset = { folder: await bucket.fetchAsset(name), parent: 'programme.m3u8' }
        const starts = sourceDates()
        const figures: AssetFigures = await judgeAsset(asset, window(starts), live.get(endpoint)!, kept)
        assert.equal(figures.seconds, sources * 2)
        await playsFromItsBucket(asset.folder, figures)
      })
    }

    after(() => bucket?.watch.report())

    it('never shows a parent manifest before all it points to', async () => {
      await Promise.all(jobs.values())
      assert.deepEqual(await bucket.watch.report(), { parents: HARVESTS.length, faults: [] })
    })
  }

  /** As they are published: the copy's own differ by what ffmpeg's two muxers take to begin. */
  function sourceDates(): number[] {
    return live.get('verbatim')![0]!.segments.map(({ date }) => date!.getTime())
  }

  /** Over plain HTTP, as a bucket is read through any web server. */
  async function playsFromItsBucket(folder: string, { seconds }: AssetFigures): Promise<void> {
    const nginx = await startNginx(`root ${JSON.stringify(folder)}; add_header Access-Control-Allow-Origin *;`)
    try {
      const { duration } = await player.playToEnd('hls.js', `${nginx.url}/programme.m3u8`, 2)
      assert.ok(Math.abs(duration - seconds) < 0.5, `${duration} s were played of ${seconds}`)
    } finally {
      await nginx.stop()
    }
  }
})
