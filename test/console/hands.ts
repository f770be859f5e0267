import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'

/** How somebody works a page: with pointer and keyboard, or by keyboard alone. */
export type Hands = {
  readonly name: string
  /** Presses a button, or follows a link. */
  press(element: Locator): Promise<void>
  /** Writes into a field, in place of what is there. */
  write(field: Locator, text: string): Promise<void>
  /** Starts a `<video>` by its own controls. */
  play(video: Locator): Promise<void>
  /** Goes back to where the page begins. */
  scrollUp(page: Page): Promise<void>
}

/** More stops than any page has. */
const MOST_STOPS = 300

export const POINTER: Hands = {
  name: 'pointer',
  press: (element) => element.click(),
  write: (field, text) => field.fill(text),
  play: (video) => video.click(),
  scrollUp: (page) => page.mouse.wheel(0, -10_000),
}

export const KEYBOARD: Hands = {
  name: 'keyboard',
  async press(element) {
    await tabTo(element)
    await element.page().keyboard.press('Enter')
  },
  async write(field, text) {
    await tabTo(field)
    await field.page().keyboard.press('Control+A')
    await field.page().keyboard.type(text)
  },
  async play(video) {
    await tabTo(video)
    await video.page().keyboard.press('Space')
  },
  scrollUp: (page) => page.keyboard.press('Control+Home'),
}

/** Presses Tab until the element, once it is there, has the focus. */
export async function tabTo(element: Locator): Promise<void> {
  const page = element.page()
  await element.waitFor()
  const focused = element.and(page.locator(':focus'))
  for (let stops = 0; (await focused.count()) === 0; stops++) {
    assert.ok(stops < MOST_STOPS, `Tab does not lead to ${String(element)}`)
    await page.keyboard.press('Tab')
  }
}
