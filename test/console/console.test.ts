import assert from 'node:assert/strict'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { ConsoleBrowser } from './console-browser.ts'
import { firstLoad } from './first-load.ts'
import { attack, REFUSALS } from './policy-attacks.ts'

const { after, before, describe, it } = needing('chromium')

/** Bytes, gzipped, of everything that a browser loads for the first page, without players. */
const MOST_FIRST_LOAD = 600_000

describe('the console', () => {
  let windrow: Windrow
  let browser: ConsoleBrowser

  before(async () => {
    const started = await Promise.all([Windrow.start(), ConsoleBrowser.start()])
    ;[windrow, browser] = started
    await createChannel(mediaPackage(windrow), 'news')
  })
  after(async () => {
    await browser.stop()
    await windrow.stop()
  })

  it('takes the keys of the API alone, keeps them in the tab, and shows the channels to everyone', async () => {
    const console = await browser.open({ access: windrow })
    const { page } = console
    await console.audit()
    console.allow(/status of 403/)
    await console.trySignIn({ accessKeyId: windrow.accessKeyId, secretAccessKey: 'of-somebody-else' })
    await page.getByText(/signature/i).waitFor()
    await console.signIn()
    await page.getByText('news').first().waitFor()
    await console.audit()
    await page.reload()
    await page.getByText('news').first().waitFor()
    const kept = (await page.evaluate(
      'JSON.stringify([document.cookie, Object.keys(localStorage), location.href])',
    )) as string
    assert.doesNotMatch(kept, /AccessKey|JUDGE|secret/i)
    assert.doesNotMatch(windrow.log, new RegExp(windrow.secretAccessKey))
    await console.close()
  })

  it('runs no code but its own: not what is in the page, in a text, or at another place', async () => {
    const console = await browser.open({ access: windrow, origins: ['http://127.0.0.1:9'] })
    console.allow(/^policy: |Content Security Policy|EvalError/)
    const { ran, refused } = await attack(console.page)
    assert.deepEqual(ran, [])
    assert.deepEqual(refused.toSorted(), REFUSALS)
    await console.close()
  })
})

describe('the first load of the console', () => {
  it('is at most 600 kB for each page that needs no player', () => {
    const load = firstLoad('src/pages/home/page.tsx')
    const total = [...load.values()].reduce((sum, size) => sum + size, 0)
    assert.ok(total <= MOST_FIRST_LOAD, `${total} bytes: ${JSON.stringify([...load])}`)
  })
})
