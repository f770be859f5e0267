import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { startFeed } from '../judges/feed.ts'
import { freePort } from '../judges/processes.ts'
import { openS3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import {
  assertLength,
  download,
  fillBucket,
  plays,
  point,
  selected,
  selectsBeforeContent,
  shownMs,
  takesNearestWindow,
} from './clip-steps.ts'
import { type ConsolePage, SERVER_AWAY } from './console-page.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'

/**
 * Everything that goes wrong before a clip is in a bucket of S3: keys, the window, the bucket, the store, the server
 * itself. Each time the page says what it is, keeps what was chosen, and the same page leads on.
 */
export const REFUSALS_PATH: ConsolePath = { name: 'refusals', run }

type Steps = { readonly console: ConsolePage; readonly page: Page; readonly windrow: Windrow } & ConsolePathContext

async function run(context: ConsolePathContext): Promise<Record<string, string | number>> {
  const swift = await startSwift()
  const s3 = openS3(swift)
  await s3.makeBucket('clips')
  await s3.put('clips', 'goals/2026/note.txt', new TextEncoder().encode('a note'))
  const windrow = await Windrow.start({ environment: harvestsTo(swift) })
  try {
    const { ended, said } = startFeed(windrow, 'news', '--create', '--past', '3m')
    assert.equal(await ended, 0, said())
    const nowhere = `http://127.0.0.1:${await freePort()}`
    // What was made is played from where the store is said to be.
    const origins = [new URL(swift.endpoint).origin, nowhere]
    const console = await context.browser.open({ access: windrow, origins })
    const steps = { ...context, console, page: console.page, windrow }
    await signsInAtLast(steps)
    await selectsWhatIsThere(steps)
    await isRefusedByTheBucket(steps)
    const shown = await harvestsIntoAFolder(steps)
    await outlivesTheServer(steps)
    await isRefusedByTheStore(steps, harvestsTo(swift, nowhere))
    await console.close()
    return { 'ms of the movie from S3': shown }
  } finally {
    await windrow.stop()
    await swift.stop()
  }
}

async function signsInAtLast({ console, page, windrow: { accessKeyId }, log, picture }: Steps): Promise<void> {
  console.allow(/status of 403/)
  await console.trySignIn({ accessKeyId, secretAccessKey: 'not-the-secret-of-this-key' })
  const refused = page.getByText(/signature does not match the request/)
  await refused.waitFor()
  await console.audit()
  await page.screenshot({ path: picture('sign-in') })
  await console.trySignIn({ accessKeyId: 'NOBODYKNOWSTHISKEY', secretAccessKey: 'whatever-it-is-it-is-long' })
  await refused.waitFor({ state: 'hidden' })
  await page.getByText(/The access key id is unknown/).waitFor()
  await console.signIn()
  log('wrong keys are refused, and the right ones taken in the same form')
}

/** A window before all content is refused while it is selected, with one that works. */
async function selectsWhatIsThere({ console, page, log, picture }: Steps): Promise<void> {
  console.allow(/status of 422/)
  await console.goto('/channels/news/timeline')
  await point(page, 'Playhead').waitFor()
  await selectsBeforeContent(page)
  await console.audit()
  await page.screenshot({ path: picture('window'), fullPage: true })
  await takesNearestWindow(page)
  log('of a window without content, the nearest one that has some was taken')
}

/** The job of a bucket that is not there fails with a sentence; what was chosen is still there for the next. */
async function isRefusedByTheBucket({ console, page, log, picture }: Steps): Promise<void> {
  console.allow(/status of 404/)
  const before = await selected(page)
  await fillBucket(page, 'nowhere')
  await page.getByRole('button', { name: 'Browse' }).click()
  await page
    .getByRole('dialog')
    .getByText(/nowhere/)
    .first()
    .waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click()
  await page.getByRole('button', { name: 'Harvest', exact: true }).click()
  await page
    .getByText(/no bucket nowhere/)
    .first()
    .waitFor()
  await console.audit()
  await page.screenshot({ path: picture('bucket'), fullPage: true })
  assert.deepEqual(await selected(page), before)
  log('a job into a bucket that is not there says so')
}

/** Gives the length of the movie in milliseconds, which S3 itself has sent. */
async function harvestsIntoAFolder({ console, page, log, picture }: Steps): Promise<number> {
  await fillBucket(page, 'clips')
  await page.getByRole('button', { name: 'Browse' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'goals/' }).click()
  await dialog.getByRole('button', { name: '2026/' }).click()
  await dialog.getByText('note.txt').waitFor()
  await console.audit()
  await page.screenshot({ path: picture('folders') })
  await dialog.getByRole('button', { name: 'Write into this folder' }).click()
  await page.getByText(/The key is goals\/2026\//).waitFor()
  await page.getByText('This job would succeed').waitFor()
  const wanted = await selected(page)
  await page.getByRole('button', { name: 'Harvest', exact: true }).click()
  await plays(page.getByLabel(/^What .* has made$/))
  const movie = await download(page, () => page.getByRole('button', { name: 'index.mp4' }).first().click())
  const shown = await shownMs(movie)
  assertLength(shown, wanted.out - wanted.in)
  log('a movie is played and downloaded from S3')
  return shown
}

/** It is killed while somebody selects: nothing that was chosen is lost, and the same button works once it is back. */
async function outlivesTheServer({ console, page, windrow, log, picture }: Steps): Promise<void> {
  console.allow(SERVER_AWAY)
  const before = await selected(page)
  await windrow.kill()
  await page.getByText('The server does not answer').first().waitFor()
  await point(page, 'Out point').focus()
  await page.keyboard.press('Shift+ArrowLeft')
  const changed = await selected(page)
  assertLength(before.out - changed.out, 1000)
  await page.screenshot({ path: picture('server-away'), fullPage: true })
  await windrow.start()
  await page.getByText('The server does not answer').first().waitFor({ state: 'hidden' })
  assert.deepEqual(await selected(page), changed)
  await page.getByText('This job would succeed').waitFor()
  log('the server was killed while something was selected, and is back')
}

/** The store refuses the server’s own keys, and then nobody answers there at all. */
async function isRefusedByTheStore(
  { console, page, windrow, log, picture }: Steps,
  toNowhere: Readonly<Record<string, string>>,
): Promise<void> {
  const wrongs = [
    { environment: { WINDROW_S3_SECRET_ACCESS_KEY: 'guessed' }, said: /SignatureDoesNotMatch/ },
    { environment: toNowhere, said: /does not answer/ },
  ]
  console.allow(/status of 503/)
  for (const [n, { environment, said }] of wrongs.entries()) {
    await windrow.stop()
    await windrow.start({ ...environment, WINDROW_HARVEST_ATTEMPTS: '1' })
    await page.reload()
    await page.getByRole('button', { name: 'Harvest', exact: true }).click()
    await page.getByText(said).first().waitFor()
    await console.audit()
    await page.screenshot({ path: picture(`store-${n}`), fullPage: true })
  }
  log('a store that refuses, and one that is not there, are told of')
}
