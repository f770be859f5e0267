import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { DescribeChannelCommand, DescribeOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import { mediaPackage } from '../judges/aws.ts'
import { eventually, type Running, run as runProgram } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { programPath } from '../programs.ts'
import { CLIPBOARD, runCopied, seesPicture } from './channel-steps.ts'
import type { ConsolePage } from './console-page.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'
import { POINTER } from './hands.ts'

/**
 * Channels and origin endpoints, as somebody makes, changes and deletes them who has only the console: the command for
 * ffmpeg is run as it was copied, and all four formats are played.
 */
export const CHANNELS_PATH: ConsolePath = { name: 'channels', run }

const FORMATS = ['HLS', 'CMAF', 'DASH', 'Smooth Streaming'] as const
const SUFFIXES = { HLS: 'hls', CMAF: 'cmaf', DASH: 'dash', 'Smooth Streaming': 'mss' } as const
const BOTO3_UPDATE = fileURLToPath(new URL('boto3_update_endpoint.py', import.meta.url))
/** Answers that are no fault, of which browsers write a line. */
const REFUSED = /status of (403|404|412|422)/

async function run(context: ConsolePathContext): Promise<Record<string, string | number>> {
  const windrow = await Windrow.start()
  let encoder: Running | undefined
  let second: Running | undefined
  try {
    const console = await context.browser.open({ access: windrow }, CLIPBOARD)
    console.allow(REFUSED)
    await console.signIn()
    await createsChannelByKeyboard(console, context)
    encoder = await pushesWhatIsCopied(console, context)
    const played = await playsEachFormat(console, context)
    await refusesWrongMembers(console)
    await losesNobodysChange(console, windrow, context)
    encoder = await rotates(console, encoder, context)
    await describesAndTags(console, windrow)
    second = await showsTwoInputs(console, context)
    await fitsNarrowScreens(console, context)
    await console.goto('/')
    await seesPicture(console, 'news')
    await console.audit()
    await console.page.screenshot({ path: context.picture('home'), fullPage: true })
    await deletes(console)
    await console.close()
    return { played }
  } finally {
    encoder?.child.kill('SIGKILL')
    second?.child.kill('SIGKILL')
    await windrow.stop()
  }
}

/** Without a pointer, and refused first. */
async function createsChannelByKeyboard(console: ConsolePage, { log }: ConsolePathContext): Promise<void> {
  const { page } = console
  await page.getByRole('heading', { name: 'From nothing to a picture' }).waitFor()
  await console.audit()
  await page.getByRole('button', { name: 'Create channel' }).first().focus()
  await page.keyboard.press('Enter')
  const id = page.getByLabel('ID', { exact: true })
  await id.waitFor()
  await console.audit()
  await id.focus()
  await page.keyboard.type('not an id')
  await page.keyboard.press('Enter')
  await page.getByText('must be 1 to 256 letters').waitFor()
  assert.equal(await page.locator('input:focus').inputValue(), 'not an id', 'the field that is refused has the focus')
  await console.audit()
  await page.reload()
  assert.equal(await id.inputValue(), 'not an id', 'a reload keeps what was written')
  await id.focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.type('news')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'news', exact: true }).waitFor()
  log('a channel was created by keyboard')
}

/** Runs what the button has copied, in a shell, as it is. */
async function pushesWhatIsCopied(console: ConsolePage, { log, picture }: ConsolePathContext): Promise<Running> {
  const { page } = console
  await page.getByRole('heading', { name: 'Ingest endpoints' }).waitFor()
  await console.audit()
  const shown = (await page.getByLabel('The ffmpeg command', { exact: true }).textContent()) ?? ''
  assert.ok(shown.includes('••••••••'), shown)
  const encoder = await runCopied(console, POINTER)
  await page
    .getByText(/Live, unbroken since/)
    .first()
    .waitFor()
  await page.getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded()
  await seesPicture(console, 'news')
  await page.getByText('1280×720').first().waitFor()
  await console.audit()
  await page.screenshot({ path: picture('channel'), fullPage: true })
  log('the copied ffmpeg command is live')
  return encoder
}

async function playsEachFormat(console: ConsolePage, { log, picture }: ConsolePathContext): Promise<string> {
  const { page } = console
  for (const format of FORMATS) {
    await console.goto('/channels/news')
    await page.getByRole('link', { name: 'Create origin endpoint' }).click()
    await page.getByRole('radio', { name: new RegExp(`^${format}`) }).check()
    const id = `news-${SUFFIXES[format]}`
    await eventually(`the id ${id}`, async () => {
      return (await page.getByLabel('ID', { exact: true }).first().inputValue()) === id || undefined
    })
    if (format === 'HLS') await console.audit()
    await page.getByRole('button', { name: 'Create origin endpoint' }).click()
    await page.getByRole('heading', { name: id, exact: true }).waitFor()
    await page.getByText('Behind the live edge').waitFor()
    await eventually(`a picture of ${format}`, async () => {
      const { time, width } = (await page.evaluate(
        "(({ currentTime: time, videoWidth: width }) => ({ time, width }))(document.querySelector('video'))",
      )) as { readonly time: number; readonly width: number }
      return (time > 0 && width === 1280) || undefined
    })
    await console.audit()
    await page.screenshot({ path: picture(`endpoint-${SUFFIXES[format]}`), fullPage: true })
    log(`${format} plays`)
  }
  return FORMATS.join(', ')
}

async function refusesWrongMembers({ page }: ConsolePage): Promise<void> {
  await page.getByRole('link', { name: 'Edit' }).first().click()
  await page.getByLabel('Startover window').fill('a day')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('must be a whole number, got a string').waitFor()
  await page.getByLabel('Startover window').fill('86400')
  await page.getByRole('button', { name: 'Add CIDR block' }).click()
  await page.getByLabel('CIDR block 1', { exact: true }).fill('10.0.0.0/99')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('whitelist[0]: must be an IPv4 CIDR block').waitFor()
  assert.equal(await page.getByLabel('CIDR block 1', { exact: true }).inputValue(), '10.0.0.0/99')
  await page.getByRole('button', { name: 'Cancel' }).click()
}

/** Two people have the form open and boto3 has read the endpoint; then all of them save. */
async function losesNobodysChange(
  console: ConsolePage,
  windrow: Windrow,
  { browser, log, picture }: ConsolePathContext,
): Promise<void> {
  const { page } = console
  const { url, accessKeyId, secretAccessKey } = windrow
  const byBoto3 = async (...tag: string[]) => {
    const args = [BOTO3_UPDATE, url, 'us-east-1', accessKeyId, secretAccessKey, 'news-hls', ...tag]
    return (await runProgram(programPath('boto3'), args)).toString().trim()
  }
  await console.goto('/origin-endpoints/news-hls/edit')
  await page.getByLabel('Description').fill('mine')
  await page.getByLabel('Segment duration').fill('4')
  const colleague = await browser.open({ access: windrow })
  await colleague.signIn()
  await colleague.goto('/origin-endpoints/news-hls/edit')
  await colleague.page.getByLabel('Time delay').fill('10')
  const tag = await byBoto3()

  await colleague.page.getByRole('button', { name: 'Save changes' }).click()
  await colleague.page.getByRole('heading', { name: 'news-hls', exact: true }).waitFor()
  await colleague.close()
  assert.equal(await byBoto3(tag), 'refused')

  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('Another has saved changes meanwhile').waitFor()
  await console.audit()
  await page.screenshot({ path: picture('conflict'), fullPage: true })
  const client = mediaPackage(windrow)
  const described = async () => {
    const endpoint = await client.send(new DescribeOriginEndpointCommand({ Id: 'news-hls' }))
    const { Description, StartoverWindowSeconds, TimeDelaySeconds, HlsPackage } = endpoint
    return [Description, StartoverWindowSeconds, TimeDelaySeconds, HlsPackage?.SegmentDurationSeconds]
  }
  assert.deepEqual(await described(), ['theirs', 7200, 10, 6])
  const choice = page.getByRole('toolbar', { name: 'Whose value of Description is taken' })
  await choice.getByRole('button', { name: 'Mine' }).click()
  await page.getByRole('button', { name: 'Take these values' }).click()
  assert.equal(await page.getByLabel('Description').inputValue(), 'mine')
  assert.equal(await page.getByLabel('Startover window').inputValue(), '7200')
  assert.equal(await page.getByLabel('Time delay').inputValue(), '10')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByRole('heading', { name: 'news-hls', exact: true }).waitFor()
  assert.deepEqual(await described(), ['mine', 7200, 10, 4])
  log('of two people and boto3, nobody’s change was lost')
}

/** The encoder is refused, and comes back with what is copied then. */
async function rotates(console: ConsolePage, encoder: Running, { log }: ConsolePathContext): Promise<Running> {
  const { page } = console
  await console.goto('/channels/news')
  await page.getByRole('button', { name: 'Rotate credentials of Input 1' }).click()
  await page.getByText('is refused from its next request on').waitFor()
  await console.audit()
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate credentials' }).click()
  await page
    .getByText(/Silent since/)
    .first()
    .waitFor()
  encoder.child.kill('SIGKILL')
  await encoder.ended.catch(() => {})
  await page.getByRole('button', { name: /^Commands and settings/ }).click()
  const again = await runCopied(console, POINTER)
  await page
    .getByText(/Live, unbroken since/)
    .first()
    .waitFor()
  log('with rotated credentials the encoder is live again')
  return again
}

/** The other input sends two renditions, and is shown beside the first. */
async function showsTwoInputs(console: ConsolePage, { log, picture }: ConsolePathContext): Promise<Running> {
  const { page } = console
  await page.goto(`${page.url().split('?')[0]}?input=2&renditions=2`)
  await page.getByRole('button', { name: /^Commands and settings/ }).click()
  const encoder = await runCopied(console, POINTER)
  await page.getByRole('table', { name: 'Tracks of Input 2' }).getByText('640×360').waitFor()
  await console.audit()
  await page.screenshot({ path: picture('two-inputs'), fullPage: true })
  log('two inputs are shown side by side')
  return encoder
}

/** No page has to be scrolled sideways on a telephone. */
async function fitsNarrowScreens(console: ConsolePage, { log, picture }: ConsolePathContext): Promise<void> {
  const { page } = console
  const before = page.viewportSize()
  await page.setViewportSize({ width: 360, height: 740 })
  const paths = ['/', '/channels/news', '/create-origin-endpoint', '/origin-endpoints/news-hls']
  for (const [n, path] of [...paths, '/origin-endpoints/news-hls/edit'].entries()) {
    await console.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    const width = await page.evaluate('document.documentElement.scrollWidth')
    await page.screenshot({ path: picture(`narrow-${n}`), fullPage: true })
    // No audit: the layout's own navigation has an attribute there that ARIA does not know for it.
    assert.ok((width as number) <= 360, `${path} is ${String(width)} pixels wide`)
  }
  if (before) await page.setViewportSize(before)
  log('all pages fit on a narrow screen')
}

async function describesAndTags({ page }: ConsolePage, windrow: Windrow): Promise<void> {
  await page.getByRole('button', { name: 'Edit description' }).click()
  await page.getByLabel('Description').fill('The news, all day')
  await page.getByRole('button', { name: 'Save description' }).click()
  await page.getByRole('button', { name: 'Edit description' }).waitFor()
  await page.getByRole('button', { name: 'Add tag' }).click()
  await page.getByLabel('Key of tag 1').fill('team')
  await page.getByLabel('Value of tag 1').fill('sport')
  await page.getByRole('button', { name: 'Save tags' }).click()
  await page.getByText('Egress access logs').click()
  await page.getByRole('button', { name: 'Save access logs' }).click()
  const client = mediaPackage(windrow)
  await eventually('what was written', async () => {
    const { Description, Tags, EgressAccessLogs } = await client.send(new DescribeChannelCommand({ Id: 'news' }))
    const isThere =
      Description === 'The news, all day' &&
      Tags?.['team'] === 'sport' &&
      EgressAccessLogs?.LogGroupName === '/aws/MediaPackage/EgressAccessLogs'
    return isThere || undefined
  })
}

async function deletes(console: ConsolePage): Promise<void> {
  const { page } = console
  await console.goto('/channels/news')
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByText('Its origin endpoints have to be deleted first').waitFor()
  await console.audit()
  await page.getByRole('button', { name: 'Cancel' }).click()
  for (const suffix of Object.values(SUFFIXES)) {
    const id = `news-${suffix}`
    await console.goto(`/origin-endpoints/${id}`)
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await confirmDeletion(console, id)
    await page.getByRole('heading', { name: 'news', exact: true }).waitFor()
  }
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await confirmDeletion(console, 'news')
  await page.getByRole('heading', { name: 'From nothing to a picture' }).waitFor()
}

async function confirmDeletion({ page }: ConsolePage, id: string): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(`Type ${id} to confirm`).fill(id)
  await dialog.getByRole('button', { name: 'Delete' }).click()
}
