import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { utcMs } from '../../src/media/time.ts'
import { DAY_MS, DAYS, writeDays } from '../bench/fortnight-past.ts'
import { median, quantile } from '../bench/measure.ts'
import { endpointGuidOf, inputAt } from '../bench/past.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { Windrow } from '../judges/windrow.ts'
import { point } from './clip-steps.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'
import { tabTo } from './hands.ts'

/**
 * The timeline of a fortnight in five renditions, 604,800 output segments of two seconds: how long one waits for it,
 * and at each step on the way from all of it to single pictures and back.
 */
export const FORTNIGHT_PATH: ConsolePath = { name: 'fortnight', run }

/** From a fortnight to less than a second, by 1.6 each. */
const ZOOM_STEPS = 32

async function run({ browser, log, picture }: ConsolePathContext): Promise<Record<string, string | number>> {
  const windrow = await Windrow.start()
  try {
    await writeArchive(windrow)
    log('a fortnight is there')
    const console = await browser.open({ access: windrow })
    const { page } = console
    // There are no media of which pictures could be.
    console.allow(/status of 404/)
    await console.signIn()
    const shows = async () => {
      const began = performance.now()
      await console.goto('/channels/tv/timeline')
      await point(page, 'Playhead').waitFor()
      await drawn(page)
      return Math.round(performance.now() - began)
    }
    const cold = await shows()
    await page.screenshot({ path: picture('all') })
    const warm = await shows()
    await tabTo(point(page, 'Playhead'))
    for (const key of ['Home', ...Array<string>(6).fill(']')]) await page.keyboard.press(key)
    const waits: number[] = []
    for (const key of [...Array<string>(ZOOM_STEPS).fill('+'), ...Array<string>(ZOOM_STEPS).fill('-')]) {
      const began = performance.now()
      await page.keyboard.press(key)
      await drawn(page)
      waits.push(performance.now() - began)
      if (waits.length === ZOOM_STEPS) await page.screenshot({ path: picture('frames') })
    }
    const length = Number(await point(page, 'Playhead').getAttribute('aria-valuemax'))
    assert.ok(Math.abs(length - (DAYS * DAY_MS) / 1000) < 60, `the timeline has ${length} s`)
    await console.close()
    const figures = {
      'ms until it is drawn, after a start of the server': cold,
      'ms until it is drawn, again': warm,
      'ms of a step between a fortnight and pictures, median': Math.round(median(waits)),
      'ms of such a step, p95': Math.round(quantile(waits, 0.95)),
    }
    log(JSON.stringify(figures))
    return figures
  } finally {
    await windrow.kill()
  }
}

/** A fortnight that ends now. Its media are not there: nothing of it can be played. */
async function writeArchive(windrow: Windrow): Promise<void> {
  const client = mediaPackage(windrow)
  const { url } = await createChannel(client, 'tv')
  const playback = await createHlsEndpoint(client, 'tv', 'tv-hls', {}, (DAYS * DAY_MS) / 1000)
  await windrow.stop()
  const end = utcMs(Math.floor(Date.now() / 1000) * 1000)
  await writeDays(DAYS, windrow.dataFolder, endpointGuidOf(playback), inputAt(url), end, [])
  await windrow.start({ WINDROW_SCRUB_RATE: '0B', WINDROW_RETENTION_GRACE: '14d' })
}

/** Waits until nothing more is on its way that the timeline would show. */
async function drawn(page: Page): Promise<void> {
  await page.getByRole('group', { name: 'Timeline' }).and(page.locator('[aria-busy="false"]')).waitFor()
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
}
