/** Makes the pictures of the console that README.md shows: `npm run soak -- --only console-pictures`. */
import assert from 'node:assert/strict'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConsoleBrowser } from '../console/console-browser.ts'
import { selectOnStrip } from '../console/timeline-strip.ts'
import { apiOf, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { startFeed } from '../judges/feed.ts'
import { eventually } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'console-pictures'
export const onlyByName = true

const FOLDER = fileURLToPath(new URL('../../docs/images', import.meta.url))
const MOST_BYTES = 200_000
const VIEWPORT = { width: 1280, height: 800 }

const PICTURES = {
  'console-home': '/',
  'console-timeline': '/channels/news/timeline',
  'console-clip': '/harvest-jobs/goal',
}

/** Throws for a picture that is larger than a page of documentation should have. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  mkdirSync(FOLDER, { recursive: true })
  const windrow = await Windrow.start()
  const feeds = ['news', 'sport'].map((channel) => startFeed(windrow, channel, '--create', '--past', '10m', '--live'))
  const browser = await ConsoleBrowser.start()
  try {
    await makeAsset(windrow)
    const figures: Record<string, string | number> = {}
    const console = await browser.open({ access: windrow }, { viewport: VIEWPORT })
    await console.signIn()
    for (const [picture, path] of Object.entries(PICTURES)) {
      await console.goto(path)
      await console.settled()
      if (picture === 'console-timeline') await selectOnStrip(console.page, 0.35, 0.6)
      await console.settled()
      const file = join(FOLDER, `${picture}.png`)
      await console.page.screenshot({ path: file })
      const { size } = statSync(file)
      assert.ok(size <= MOST_BYTES, `${picture} has ${size} bytes`)
      figures[picture] = size
      log(`${picture}: ${size} bytes`)
    }
    await console.close()
    return figures
  } finally {
    await browser.stop()
    for (const each of feeds) each.child.kill()
    await windrow.stop()
  }
}

/** Half a minute of the news, harvested as a file with a poster, once there is so much of it. */
async function makeAsset(windrow: Windrow): Promise<void> {
  const api = apiOf(windrow)
  const [end, begin] = [120_000, 150_000].map((ago) => new Date(Date.now() - ago).toISOString())
  const s3Destination = {
    bucketName: 'clips',
    manifestKey: 'goal/index.m3u8',
    roleArn: 'arn:aws:iam::000000000000:role/harvest',
  }
  const deliverables = [{ kind: 'HLS' }, { kind: 'MP4' }, { kind: 'STILLS' }]
  const job = { originEndpointId: 'news-hls', startTime: begin, endTime: end, s3Destination, deliverables }
  await eventually('a job of the past', async () => {
    return api.ask('POST', 'harvest_jobs', { body: { id: 'goal', ...job } }).catch(() => undefined)
  })
  assert.equal(await harvestOutcome(mediaPackage(windrow), 'goal'), 'SUCCEEDED')
}
