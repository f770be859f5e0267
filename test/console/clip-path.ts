import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { startFeed } from '../judges/feed.ts'
import { eventually } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import {
  assertLength,
  download,
  enoughContent,
  FRAME_MS,
  fillBucket,
  plays,
  point,
  selected,
  selectsBeforeContent,
  shownMs,
  shownSeconds,
  takesNearestWindow,
} from './clip-steps.ts'
import type { ConsoleBrowser } from './console-browser.ts'
import type { ConsolePage } from './console-page.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'
import { tabTo } from './hands.ts'
import { selectOnStrip } from './timeline-strip.ts'

/**
 * A clip of a channel that is live, by pointer and by keys alone: selected on the timeline, forecast, harvested,
 * played and downloaded. ffprobe judges each movie by what was selected.
 */
export const CLIP_PATH: ConsolePath = { name: 'clip', run }

type Figures = Readonly<Record<string, string | number>>

const TIMELINE = '/channels/news/timeline'

async function run(context: ConsolePathContext): Promise<Figures> {
  const windrow = await Windrow.start()
  const feeding = new AbortController()
  try {
    const client = mediaPackage(windrow)
    await createChannel(client, 'news')
    await createHlsEndpoint(client, 'news', 'news-hls')
    feed(windrow, feeding.signal)
    return { ...(await clipByPointer(windrow, context)), ...(await clipByKeys(windrow, context)) }
  } finally {
    feeding.abort()
    await windrow.stop()
  }
}

/** Three minutes of the past, and then the present, until the signal. */
function feed(windrow: Windrow, signal: AbortSignal): void {
  const { child } = startFeed(windrow, 'news', '--past', '3m', '--live')
  signal.addEventListener('abort', () => child.kill())
}

/** The timeline of the channel, in a tab of its own, once it has what was fed of the past. */
async function openTimeline(windrow: Windrow, browser: ConsoleBrowser): Promise<ConsolePage> {
  const console = await browser.open({ access: windrow })
  await console.signIn()
  await console.goto(TIMELINE)
  await point(console.page, 'Playhead').waitFor()
  await enoughContent(console.page, 120)
  return console
}

async function clipByPointer(windrow: Windrow, { browser, log, picture }: ConsolePathContext): Promise<Figures> {
  const console = await openTimeline(windrow, browser)
  const { page } = console

  await selectOnStrip(page, 0.3, 0.42)
  const before = await selected(page)
  const grip = point(page, 'Out point').locator('.timeline-handle-grip')
  const box = await grip.boundingBox()
  assert.ok(box, 'the element is not shown')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 2 - 30, box.y + box.height / 2, { steps: 6 })
  await page.mouse.up()
  const wanted = await eventually('the out point to have moved', async () => {
    const now = await selected(page)
    return now.out < before.out ? now : undefined
  })
  assert.equal(wanted.in, before.in)

  await fillBucket(page, 'clips')
  await page.getByText('This job would succeed').waitFor()
  await console.audit()
  await page.screenshot({ path: picture('timeline'), fullPage: true })
  log('selected, and forecast')

  await page.reload()
  assert.deepEqual(await selected(page), wanted)

  await page.getByRole('button', { name: 'Clip now' }).click()
  await page.getByText('The clip can be played').waitFor()
  await page.getByRole('button', { name: 'Play the clip' }).click()
  await plays(page.getByLabel(/^The clip /))
  log('clipped, and played')

  await page.getByText('This job would succeed').waitFor()
  await page.getByRole('button', { name: 'Harvest', exact: true }).click()
  const movie = await download(page, () => page.getByRole('button', { name: 'index.mp4' }).click())
  const shown = await shownMs(movie)
  assertLength(shown, wanted.out - wanted.in)
  await plays(page.getByLabel(/^What .* has made$/))
  await page.getByRole('button', { name: 'harvest.json', exact: true }).last().click()
  await page.getByText('manifestKey').first().waitFor()
  await console.audit()
  await page.screenshot({ path: picture('finished'), fullPage: true })
  await selectsBeforeContent(page)
  await takesNearestWindow(page)
  await console.close()
  return { 'ms of the movie by pointer': shown }
}

/** The same without a pointer: every key is one that the help lists, or those of any page. */
async function clipByKeys(windrow: Windrow, { browser, log }: ConsolePathContext): Promise<Figures> {
  const console = await openTimeline(windrow, browser)
  const { page } = console
  await tabTo(point(page, 'Playhead'))
  await page.keyboard.press('?')
  await page.getByText('Play backwards').waitFor()
  await page.keyboard.press('Escape')
  await tabTo(point(page, 'Playhead'))
  await playsByKeys(page)
  log('played by keys')
  await tabTo(point(page, 'Playhead'))
  for (const key of [
    'Home',
    'ArrowUp',
    'ArrowUp',
    'i',
    'ArrowUp',
    'Shift+ArrowRight',
    'ArrowRight',
    'ArrowRight',
    'o',
    'z',
  ]) {
    await page.keyboard.press(key)
  }
  const wanted = await selected(page)
  assertLength(wanted.out - wanted.in, 11_080)
  log('selected by keys')

  await tabTo(page.getByRole('combobox', { name: 'Bucket' }))
  await page.keyboard.type('clips')
  await page.keyboard.press('Escape')
  await page.getByText('This job would succeed').waitFor()
  await tabTo(page.getByRole('button', { name: 'Harvest', exact: true }))
  await page.keyboard.press('Enter')
  await tabTo(page.getByRole('button', { name: 'index.mp4' }))
  const movie = await download(page, () => page.keyboard.press('Enter'))
  const shown = await shownMs(movie)
  assertLength(shown, wanted.out - wanted.in)
  await console.close()
  return { 'ms of the movie by keys': shown }
}

/** L plays from the playhead on, which goes with the pictures; K stops it. */
async function playsByKeys(page: Page): Promise<void> {
  const playhead = async () => Number(await point(page, 'Playhead').getAttribute('aria-valuenow'))
  for (const key of ['Home', 'ArrowUp', 'l']) await page.keyboard.press(key)
  const began = await playhead()
  const video = page.getByLabel('The channel from the playhead on')
  await video.waitFor()
  await eventually('the playhead to go on with the pictures', async () => {
    return ((await shownSeconds(video)) > 1 && (await playhead()) > began + 1) || undefined
  })
  await page.keyboard.press('k')
  const stopped = await playhead()
  await page.keyboard.press('ArrowRight')
  assert.ok(Math.abs((await playhead()) - stopped - FRAME_MS / 1000) < 0.041, 'a frame forward')
}
