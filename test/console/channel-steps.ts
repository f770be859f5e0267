import type { BrowserContextOptions } from 'playwright-core'
import { eventually, type Running, start } from '../judges/processes.ts'
import type { ConsolePage } from './console-page.ts'
import type { Hands } from './hands.ts'

/** A profile in which a page's copy buttons work, and a test may read what they have copied. */
export const CLIPBOARD: BrowserContextOptions = { permissions: ['clipboard-read', 'clipboard-write'] }

/** Copies the command for ffmpeg of a channel, and runs it in a shell as it is. */
export async function runCopied({ page }: ConsolePage, hands: Hands): Promise<Running> {
  await hands.press(page.getByRole('button', { name: 'Copy the ffmpeg command' }))
  const command = (await page.evaluate('navigator.clipboard.readText()')) as string
  return start('bash', ['-c', `exec ${command}`], { env: { PATH: process.env['PATH'] } })
}

/** Waits for a picture of a channel that is not black. */
export async function seesPicture({ page }: ConsolePage, channelId: string): Promise<void> {
  await page.getByRole('img', { name: `Newest picture of ${channelId}` }).waitFor()
  await eventually('a picture with light in it', async () => {
    const brightest = (await page.evaluate(`(() => {
      const canvas = document.querySelector('canvas')
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      return data.reduce((most, value, n) => (n % 4 === 3 ? most : Math.max(most, value)), 0)
    })()`)) as number
    return brightest > 200 || undefined
  })
}
