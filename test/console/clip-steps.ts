import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'
import { readAddress, writeAddress } from '../../console/src/timeline/model/address.ts'
import { eventually, run } from '../judges/processes.ts'

/** A movie begins and ends with the picture that is nearest, at 25 Hz. */
export const FRAME_MS = 40

/** The playhead, the in point or the out point of a timeline. */
export const point = (page: Page, name: 'Playhead' | 'In point' | 'Out point') =>
  page.getByRole('slider', { name, exact: true })

/** The selection, as the address has it once that is written: it follows the handles a moment later. */
export async function selected(page: Page): Promise<{ readonly in: number; readonly out: number }> {
  const secondsOf = async (name: 'In point' | 'Out point') =>
    Number(await point(page, name).getAttribute('aria-valuenow'))
  await point(page, 'Out point').waitFor()
  return eventually('a selection in the address', async () => {
    const { selection } = readAddress(new URL(page.url()).search)
    if (selection.in === undefined || selection.out === undefined) return undefined
    const length = (await secondsOf('Out point')) - (await secondsOf('In point'))
    const isWritten = Math.abs(selection.out - selection.in - length * 1000) < 1
    return isWritten ? { in: selection.in, out: selection.out } : undefined
  })
}

/** What is asked of a `<video>` element. */
type Video = { muted: boolean; readonly currentTime: number; play(): Promise<void> }

/** Plays a `<video>`, until it shows moving pictures. */
export async function plays(element: Locator): Promise<void> {
  await element.waitFor()
  await element.evaluate(async (found) => {
    const video = found as unknown as Video
    video.muted = true
    await video.play()
  })
  await showsPictures(element)
}

/** Waits until the pictures of a `<video>` move. */
export async function showsPictures(element: Locator): Promise<void> {
  await eventually('pictures of the video', async () => (await shownSeconds(element)) > 0.2 || undefined)
}

/** The position of a `<video>`. */
export function shownSeconds(element: Locator): Promise<number> {
  return element.evaluate((video) => (video as unknown as Video).currentTime)
}

/** Gives the path of the movie that `act` has the browser save. */
export async function download(page: Page, act: () => Promise<void>): Promise<string> {
  const [started] = await Promise.all([page.waitForEvent('download'), act()])
  assert.equal(started.suggestedFilename(), 'index.mp4')
  return started.path()
}

/** How long the pictures of a movie are shown, as ffprobe reads its edit list. */
export async function shownMs(path: string): Promise<number> {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=duration', '-of', 'csv=p=0', path]
  return Math.round(Number.parseFloat((await run('ffprobe', args)).toString()) * 1000)
}

/** Both in milliseconds. */
export function assertLength(found: number, wanted: number): void {
  assert.ok(Math.abs(found - wanted) <= FRAME_MS, `${found} ms in place of ${wanted} ms`)
}

/** Chooses a bucket for the harvest. */
export async function fillBucket(page: Page, name: string): Promise<void> {
  await page.getByLabel('Bucket', { exact: true }).fill(name)
  await page.keyboard.press('Escape')
}

/** Waits until there is so much to select of, in seconds. */
export async function enoughContent(page: Page, seconds: number): Promise<void> {
  await eventually(`${seconds} s of content`, async () => {
    const length = Number(await point(page, 'Playhead').getAttribute('aria-valuemax'))
    return length > seconds || undefined
  })
}

/** Long before all content. */
const BEFORE_CONTENT = { in: -3_600_000, out: -3_590_000 }

/** Goes to the timeline that is shown with another selection: a window before all content, which is refused. */
export async function selectsBeforeContent(page: Page): Promise<void> {
  const now = Date.now()
  const selection = { in: now + BEFORE_CONTENT.in, out: now + BEFORE_CONTENT.out }
  await page.goto(`${page.url().split('?')[0]}?${writeAddress({ selection, ranges: [] })}`)
  await page.getByRole('button', { name: 'Use the nearest window' }).waitFor()
}

/** Presses the button that is shown with a window that is refused: another is selected, which works. */
export async function takesNearestWindow(page: Page): Promise<void> {
  const wrong = await selected(page)
  await page.getByRole('button', { name: 'Use the nearest window' }).click()
  await page.getByText('This job would succeed').waitFor()
  const { in: start, out: end } = await selected(page)
  assert.ok(start > wrong.out && end - start > 9000, `${start} to ${end}`)
}
