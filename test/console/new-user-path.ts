import type { Page } from 'playwright-core'
import type { Running } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { CLIPBOARD, runCopied, seesPicture } from './channel-steps.ts'
import { assertLength, download, enoughContent, point, selected, shownMs, showsPictures } from './clip-steps.ts'
import type { ConsolePage } from './console-page.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'
import { type Hands, KEYBOARD, POINTER, tabTo } from './hands.ts'
import { selectOnStrip } from './timeline-strip.ts'

/**
 * Somebody who has an empty server and its keys, and wants a movie of what an encoder sends: from signing in to the
 * MP4, without loading a page or typing an address in between. Once by pointer, and once by keyboard alone.
 */
export const NEW_USER_PATH: ConsolePath = { name: 'new-user', run }

/** So much is there when something is selected of it. */
const CONTENT_SECONDS = 20

type Steps = { readonly console: ConsolePage; readonly page: Page; readonly hands: Hands } & ConsolePathContext

async function run(context: ConsolePathContext): Promise<Record<string, string | number>> {
  const figures: Record<string, string | number> = {}
  for (const hands of [POINTER, KEYBOARD]) {
    const began = performance.now()
    figures[`ms of the movie by ${hands.name}`] = await fromNothingToMovie(hands, context)
    figures[`seconds to the movie by ${hands.name}`] = Math.round((performance.now() - began) / 1000)
  }
  return figures
}

/** Gives the length of the movie in milliseconds. */
async function fromNothingToMovie(hands: Hands, context: ConsolePathContext): Promise<number> {
  const windrow = await Windrow.start()
  let encoder: Running | undefined
  try {
    const console = await context.browser.open({ access: windrow }, CLIPBOARD)
    // The player of a new endpoint asks for it before it has anything.
    console.allow(/status of 404/)
    const steps = { ...context, console, page: console.page, hands }
    await signsIn(steps, windrow)
    await createsChannel(steps)
    encoder = await pushes(steps)
    await createsEndpoint(steps)
    const wanted = await selects(steps)
    const movie = await harvests(steps)
    const shown = await shownMs(movie)
    assertLength(shown, wanted.out - wanted.in)
    await console.close()
    context.log(`by ${hands.name}: ${shown} ms of a movie`)
    return shown
  } finally {
    encoder?.child.kill('SIGKILL')
    await windrow.stop()
  }
}

async function signsIn({ page, hands }: Steps, { accessKeyId, secretAccessKey }: Windrow): Promise<void> {
  await hands.write(page.getByLabel('Access key ID'), accessKeyId)
  await hands.write(page.getByLabel('Secret access key'), secretAccessKey)
  await hands.press(page.getByRole('button', { name: 'Sign in' }))
  await page.getByRole('heading', { name: 'From nothing to a picture' }).waitFor()
}

async function createsChannel({ page, hands }: Steps): Promise<void> {
  await hands.press(page.getByRole('button', { name: 'Create channel' }).first())
  const dialog = page.getByRole('dialog')
  await hands.write(dialog.getByLabel('ID', { exact: true }), 'news')
  await hands.press(dialog.getByRole('button', { name: 'Create channel' }))
  await page.getByRole('heading', { name: 'news', exact: true }).waitFor()
}

async function pushes({ console, page, hands, picture }: Steps): Promise<Running> {
  const encoder = await runCopied(console, hands)
  await page
    .getByText(/Live, unbroken since/)
    .first()
    .waitFor()
  await hands.scrollUp(page)
  await seesPicture(console, 'news')
  await page.screenshot({ path: picture(`channel-by-${hands.name}`), fullPage: true })
  return encoder
}

/** And sees it play. */
async function createsEndpoint({ page, hands, picture }: Steps): Promise<void> {
  await hands.press(page.getByRole('link', { name: 'Create origin endpoint' }))
  await hands.press(page.getByRole('button', { name: 'Create origin endpoint' }))
  await page.getByRole('heading', { name: 'news-hls', exact: true }).waitFor()
  await showsPictures(page.locator('video'))
  await page.screenshot({ path: picture(`endpoint-by-${hands.name}`), fullPage: true })
  await hands.press(page.getByRole('link', { name: 'news', exact: true }).first())
  await hands.press(page.getByRole('link', { name: 'Timeline', exact: true }))
}

/** Some seconds of the past, with both points somewhere inside. */
async function selects({ page, hands }: Steps): Promise<{ readonly in: number; readonly out: number }> {
  await point(page, 'Playhead').waitFor()
  await enoughContent(page, CONTENT_SECONDS)
  if (hands === POINTER) {
    await selectOnStrip(page, 0.2, 0.6)
    return selected(page)
  }
  await tabTo(point(page, 'Playhead'))
  for (const key of ['Home', 'Shift+ArrowRight', 'Shift+ArrowRight', 'i', 'ArrowUp', 'ArrowRight', 'o']) {
    await page.keyboard.press(key)
  }
  const found = await selected(page)
  assertLength(found.out - found.in, 10_040)
  return found
}

/** Gives the path of the movie. */
async function harvests({ page, hands, picture }: Steps): Promise<string> {
  await hands.write(page.getByRole('combobox', { name: 'Bucket' }), 'clips')
  await page.keyboard.press('Escape')
  await page.getByText('This job would succeed').waitFor()
  await page.screenshot({ path: picture(`timeline-by-${hands.name}`), fullPage: true })
  await hands.press(page.getByRole('button', { name: 'Harvest', exact: true }))
  const video = page.getByLabel(/^What .* has made$/)
  await hands.play(video)
  await showsPictures(video)
  await page.screenshot({ path: picture(`finished-by-${hands.name}`), fullPage: true })
  return download(page, () => hands.press(page.getByRole('button', { name: 'index.mp4' })))
}
