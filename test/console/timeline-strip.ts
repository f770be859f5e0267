import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

/** Where the strip on which one selects is, in pixels below the top of the timeline. */
const STRIP_Y = 46

/** Selects by dragging over the strip of the timeline, from one part of its width to another. */
export async function selectOnStrip(page: Page, from: number, to: number): Promise<void> {
  const canvas = page.locator('.timeline-canvas')
  await canvas.scrollIntoViewIfNeeded()
  const box = await canvas.boundingBox()
  assert.ok(box, 'the timeline is not shown')
  await page.mouse.move(box.x + from * box.width, box.y + STRIP_Y)
  await page.mouse.down()
  await page.mouse.move(box.x + to * box.width, box.y + STRIP_Y, { steps: 8 })
  await page.mouse.up()
}
