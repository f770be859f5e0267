/** Images for trick play, from an encoder through every output to players. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fixture } from '../fixtures/catalogue.ts'
import { encodedFiles } from '../fixtures/encoded.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import { apiOf, createChannel, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { type Engine, Player } from '../judges/player.ts'
import { words } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { OUTPUTS } from '../matrix/outputs.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

const HOUR_MS = 3_600_000
const SIZE = '160x90'
/** Seconds of the presentation, in segments of two seconds. */
const SECONDS = [1, 5, 8.9]

const VIEWINGS: readonly (readonly [engine: Engine, output: string])[] = [
  ['shaka', 'hls-groups'],
  ['shaka', 'cmaf'],
  ['shaka', 'dash-number'],
  ['dash.js', 'dash-number'],
  ['dash.js', 'dash-time'],
]

/** A programme with a picture for each of its segments, which are put before them. */
function withImages(made: Fixture, images: readonly Buffer[]): Fixture {
  const segments = made.streams[0]!.segments.map(({ duration }, i) => ({ bytes: images[i]!, duration }))
  const tag = `#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=20000,RESOLUTION=${SIZE},CODECS="jpeg",URI="channel-images.m3u8"`
  return {
    ...made,
    parent: `${made.parent}${tag}\n`,
    streams: [{ name: 'images', extension: 'jpg', segments }, ...made.streams],
  }
}

describe('images of an encoder', () => {
  let windrow: Windrow
  let player: Player
  let images: readonly Buffer[]
  let begin: number
  const urls = new Map<string, string>()
  before(async () => {
    const made = await fixture('two-languages-separate')
    const count = made.streams[0]!.segments.length
    const args = words(`-v error -f lavfi -i testsrc=size=${SIZE}:rate=1 -frames:v ${count} -bitexact %d.jpg`)
    const folder = await encodedFiles({ program: 'ffmpeg', args })
    images = Array.from({ length: count }, (_, i) => readFileSync(join(folder, `${i + 1}.jpg`)))
    windrow = await Windrow.start()
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'tv')
    for (const output of OUTPUTS) urls.set(output.name, await output.create(client, 'tv'))
    begin = Date.now() - HOUR_MS
    await pushFixture(ingest, withImages(made, images), begin)
    player = await Player.start()
  })
  after(async () => {
    await player?.stop()
    await windrow?.stop()
  })

  for (const [engine, output] of VIEWINGS) {
    it(`are found by ${engine} in ${output}`, async () => {
      const found = await player.images(engine, urls.get(output)!, SECONDS)
      assert.deepEqual(found.sizes, [SIZE])
      const bytes = await Promise.all(found.urls.map(async (url) => (await fetch(url)).bytes()))
      assert.deepEqual(
        bytes.map((each) => images.findIndex((image) => image.equals(each))),
        SECONDS.map((at) => Math.floor(at / 2)),
      )
    })
  }

  it('are in harvests, where nothing of what manifests refer to is missing', async () => {
    const api = apiOf(windrow)
    const iso = (time: number) => new Date(time).toISOString()
    const deliverables = [{ kind: 'HLS' }, { kind: 'CMAF' }, { kind: 'DASH' }]
    const roleArn = 'arn:aws:iam::000000000000:role/harvest'
    const body = {
      id: 'asset',
      originEndpointId: 'tv-hls',
      startTime: iso(begin),
      endTime: iso(begin + HOUR_MS / 2),
      s3Destination: { bucketName: 'clips', manifestKey: 'tv/index.m3u8', roleArn },
      deliverables,
      report: true,
    }
    await api.ask('POST', 'harvest_jobs', { body })
    assert.equal(await harvestOutcome(mediaPackage(windrow), 'asset'), 'SUCCEEDED', windrow.log)
    const folder = join(windrow.bucketFolder('clips'), 'tv')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const own = files.filter((file) => file.endsWith('.jpg'))
    // Those of CMAF are those of DASH.
    assert.equal(own.length, 2 * images.length, files.join(' '))
    for (const file of files.filter((name) => /_image(_\d+)?\.m3u8$/.test(name))) {
      const listed = readFileSync(join(folder, file), 'utf8').match(/^[^#\n]+\.jpg$/gm) ?? []
      const bytes = listed.map((name) => readFileSync(join(folder, file, '..', name)))
      assert.deepEqual(bytes, images, file)
    }
    const program = join(import.meta.dirname, '../../bin/windrow')
    const verified = await promisify(execFile)(process.execPath, [program, 'harvest', 'verify', folder])
    assert.equal(JSON.parse(verified.stdout).isIntact, true)
  })
})
