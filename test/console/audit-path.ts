import assert from 'node:assert/strict'
import { apiOf, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { startFeed } from '../judges/feed.ts'
import { Windrow } from '../judges/windrow.ts'
import { allPages, type Shown } from './all-pages.ts'
import { makeAutomations } from './automations.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'

/** Every page, with something to show, in both themes and on a narrow screen: axe-core finds nothing wrong. */
export const AUDIT_PATH: ConsolePath = { name: 'audit', run }

const SHOWN: Shown = { channel: 'tv', endpoint: 'tv-hls', job: 'job', clip: 'clip', schedule: 'hourly', rule: 'breaks' }
/** CSS pixels: a page of 1280 at four times its size, WCAG 1.4.10. */
const NARROW = { width: 320, height: 640 }

async function run({ browser, log, picture }: ConsolePathContext): Promise<Record<string, string | number>> {
  const windrow = await Windrow.start()
  try {
    await fill(windrow)
    const console = await browser.open({ access: windrow })
    const { page } = console
    await console.signIn()
    const faults: string[] = []
    const audit = (path: string) =>
      console.audit().catch((error: Error) => {
        log(`${path}: ${error.message}`)
        faults.push(path)
      })
    const pages = allPages(SHOWN)
    for (const path of pages) {
      await console.goto(path)
      await console.settled()
      const name = path === '/' ? 'home' : path.slice(1).replaceAll('/', '-')
      await console.show('light')
      await page.screenshot({ path: picture(`${name}-light`) })
      await audit(path)
      await page.screenshot({ path: picture(`${name}-dark`) })
      await page.setViewportSize(NARROW)
      await console.settled()
      await audit(`${path}, narrow`)
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'))
      if (width > NARROW.width) faults.push(`${path} is ${width} wide on a screen of ${NARROW.width}`)
      await page.setViewportSize({ width: 1280, height: 800 })
    }
    assert.deepEqual(faults, [])
    await console.close()
    return { pages: pages.length }
  } finally {
    await windrow.stop()
  }
}

/** A channel with two minutes of the test stream, and one of everything that is made of it. */
async function fill(windrow: Windrow): Promise<void> {
  const { ended, said } = startFeed(windrow, SHOWN.channel, '--create', '--past', '2m')
  assert.equal(await ended, 0, said())
  const api = apiOf(windrow)
  const [begin, end] = [100_000, 80_000].map((ago) => new Date(Date.now() - ago).toISOString())
  const roleArn = 'arn:aws:iam::000000000000:role/harvest'
  const s3Destination = { bucketName: 'clips', manifestKey: 'job/index.m3u8', roleArn }
  const job = { originEndpointId: SHOWN.endpoint, startTime: begin, endTime: end }
  await api.ask('POST', 'harvest_jobs', { body: { ...job, id: SHOWN.job, s3Destination } })
  assert.equal(await harvestOutcome(mediaPackage(windrow), SHOWN.job), 'SUCCEEDED')
  await createHlsEndpoint(mediaPackage(windrow), SHOWN.channel, 'without-a-past')
  const failing = { ...job, startTime: '2020-01-01T00:00:00Z', endTime: '2020-01-01T00:01:00Z' }
  await api.ask('POST', 'harvest_jobs', { body: { ...failing, id: 'failing', s3Destination } }).catch(() => {})
  await api.ask('POST', 'clips', { body: { ...job, id: SHOWN.clip } })
  await makeAutomations(api, SHOWN)
}
