import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'
import { readAddress, writeAddress } from '../../console/src/timeline/model/address.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { startFeed } from '../judges/feed.ts'
import { eventually, run as runProgram } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import type { ConsoleBrowser } from './console-browser.ts'
import type { ConsolePage } from './console-page.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'
import { selectOnStrip } from './timeline-strip.ts'

/**
 * A clip of a channel that is live, by pointer and by keys alone: selected on the timeline, forecast, harvested,
 * played and downloaded. ffprobe judges each movie by what was selected.
 */
export const CLIP_PATH: ConsolePath = { name: 'clip', run }

type Figures = Readonly<Record<string, string | number>>

const TIMELINE = '/channels/news/timeline'
/** A movie begins and ends with the picture that is nearest, at 25 Hz. */
const FRAME_MS = 40

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
  await enoughContent(console.page)
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
  await takesNearestWindow(page)
  await console.close()
  return { 'ms of the movie by pointer': shown }
}

/** The same without a pointer: every key is one that the help lists, or those of any page. */
async function clipByKeys(windrow: Windrow, { browser, log }: ConsolePathContext): Promise<Figures> {
  const console = await openTimeline(windrow, browser)
  const { page } = console
  await tabTo(page, 'slider', 'Playhead')
  await page.keyboard.press('?')
  await page.getByText('Play backwards').waitFor()
  await page.keyboard.press('Escape')
  await tabTo(page, 'slider', 'Playhead')
  await playsByKeys(page)
  log('played by keys')
  await tabTo(page, 'slider', 'Playhead')
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

  await tabTo(page, 'combobox', 'Bucket')
  await page.keyboard.type('clips')
  await page.keyboard.press('Escape')
  await page.getByText('This job would succeed').waitFor()
  await tabTo(page, 'button', 'Harvest')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'index.mp4' }).waitFor()
  await tabTo(page, 'button', 'index.mp4')
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
    const shown = await video.evaluate((element) => (element as unknown as Video).currentTime)
    return (shown > 1 && (await playhead()) > began + 1) || undefined
  })
  await page.keyboard.press('k')
  const stopped = await playhead()
  await page.keyboard.press('ArrowRight')
  assert.ok(Math.abs((await playhead()) - stopped - FRAME_MS / 1000) < 0.041, 'a frame forward')
}

/** A window before all content: the preflight says so, and its button selects the nearest one that works. */
async function takesNearestWindow(page: Page): Promise<void> {
  const wrong = { in: Date.now() - 3_600_000, out: Date.now() - 3_590_000 }
  await page.goto(`${page.url().split('?')[0]}?${writeAddress({ selection: wrong, ranges: [] })}`)
  await page.getByRole('button', { name: 'Use the nearest window' }).click()
  await page.getByText('This job would succeed').waitFor()
  const { in: start, out: end } = await selected(page)
  assert.ok(start > wrong.out && end - start > 9000, `${start} to ${end}`)
}

const point = (page: Page, name: string) => page.getByRole('slider', { name, exact: true })

/** Waits until the archive has what was fed of the past. */
async function enoughContent(page: Page): Promise<void> {
  await eventually('two minutes of content', async () => {
    const length = Number(await point(page, 'Playhead').getAttribute('aria-valuemax'))
    return length > 120 || undefined
  })
}

/** The selection, as the address has it once that is written: it follows the handles a moment later. */
async function selected(page: Page): Promise<{ readonly in: number; readonly out: number }> {
  const secondsOf = async (name: string) => Number(await point(page, name).getAttribute('aria-valuenow'))
  await point(page, 'Out point').waitFor()
  return eventually('a selection in the address', async () => {
    const { selection } = readAddress(new URL(page.url()).search)
    if (selection.in === undefined || selection.out === undefined) return undefined
    const length = (await secondsOf('Out point')) - (await secondsOf('In point'))
    const isWritten = Math.abs(selection.out - selection.in - length * 1000) < 1
    return isWritten ? { in: selection.in, out: selection.out } : undefined
  })
}

async function fillBucket(page: Page, name: string): Promise<void> {
  await page.getByLabel('Bucket', { exact: true }).fill(name)
  await page.keyboard.press('Escape')
}

/** Presses Tab until an element of that role, or kind, and name has the focus. */
async function tabTo(page: Page, role: string, name: string): Promise<void> {
  await eventually(`the focus on ${name}`, async () => {
    const focused = (await page.evaluate(FOCUSED_NAME)) as string
    if (focused === `${role} ${name}`) return true
    await page.keyboard.press('Tab')
    return undefined
  })
}

const FOCUSED_NAME = `(() => {
  const { activeElement: element } = document
  const [labelId = ''] = (element.getAttribute('aria-labelledby') ?? '').split(' ')
  const label = element.labels?.[0] ?? document.getElementById(labelId) ?? element
  const role = element.getAttribute('role') ?? element.tagName.toLowerCase()
  return role + ' ' + (element.getAttribute('aria-label') ?? label.textContent)
})()`

/** What is asked of a `<video>` element. */
type Video = { muted: boolean; readonly currentTime: number; play(): Promise<void> }

async function plays(element: Locator): Promise<void> {
  await element.waitFor()
  await element.evaluate(async (found) => {
    const video = found as unknown as Video
    video.muted = true
    await video.play()
  })
  await eventually('pictures of the video', async () => {
    return (await element.evaluate((video) => (video as unknown as Video).currentTime > 0.2)) || undefined
  })
}

async function download(page: Page, act: () => Promise<void>): Promise<string> {
  const [started] = await Promise.all([page.waitForEvent('download'), act()])
  assert.equal(started.suggestedFilename(), 'index.mp4')
  return started.path()
}

/** How long the pictures of a movie are shown, as ffprobe reads its edit list. */
async function shownMs(path: string): Promise<number> {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=duration', '-of', 'csv=p=0', path]
  return Math.round(Number.parseFloat((await runProgram('ffprobe', args)).toString()) * 1000)
}

function assertLength(found: number, wanted: number): void {
  assert.ok(Math.abs(found - wanted) <= FRAME_MS, `${found} ms in place of ${wanted} ms`)
}
