import assert from 'node:assert/strict'
import type { ApiClient } from '../../src/cli/api-client.ts'
import { apiOf } from '../judges/aws.ts'
import { startFeed } from '../judges/feed.ts'
import { eventually } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { type ConsolePage, SERVER_AWAY } from './console-page.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'

/**
 * Jobs, clips, schedules, rules, events, quotas and health, as somebody looks at them who never reloads: they change as
 * the server does, also when that was gone meanwhile.
 */
export const LISTS_PATH: ConsolePath = { name: 'lists', run }

const ROLE = 'arn:aws:iam::000000000000:role/harvest'
const ENDPOINT = 'news-hls'
const MINUTE_MS = 60_000
/** Answers that are no fault, of which browsers write a line. */
const REFUSED = /status of (404|412|422)/

type Steps = { readonly console: ConsolePage; readonly windrow: Windrow; readonly api: ApiClient } & ConsolePathContext

async function run(context: ConsolePathContext): Promise<Record<string, string | number>> {
  const windrow = await Windrow.start()
  try {
    await feedPast(windrow)
    const console = await context.browser.open({ access: windrow })
    console.allow(REFUSED)
    await console.signIn()
    const steps = { ...context, console, windrow, api: apiOf(windrow) }
    await followsJobs(steps)
    await harvestsTheNearestWindow(steps)
    await changesClips(steps)
    await makesSchedules(steps)
    await makesRules(steps)
    await readsEvents(steps)
    await showsHealth(steps)
    await isUsedByKeyboard(steps)
    const seconds = await outlivesTheServer(steps)
    await console.close()
    return { 'seconds until it was back': seconds }
  } finally {
    await windrow.stop()
  }
}

/** Ten minutes that are over: nothing more comes. */
async function feedPast(windrow: Windrow): Promise<void> {
  const { ended, said } = startFeed(windrow, 'news', '--create', '--past', '10m')
  assert.equal(await ended, 0, said())
}

const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE_MS).toISOString()

const jobOf = (id: string, startTime: string, endTime: string) => ({
  id,
  originEndpointId: ENDPOINT,
  startTime,
  endTime,
  s3Destination: { bucketName: 'clips', manifestKey: `${id}/index.m3u8`, roleArn: ROLE },
})

/** A row appears, and ends, in a table that nobody has loaded again. */
async function followsJobs({ console, api, log, picture }: Steps): Promise<void> {
  const { page } = console
  await console.goto('/harvest-jobs')
  await page.getByText('There is no harvest job yet.').waitFor()
  await console.audit()
  await page.evaluate('globalThis.isNotReloaded = true')
  await api.ask('POST', 'harvest_jobs', { body: jobOf('goal', ago(8), ago(7)) })
  const row = page.getByRole('row', { name: /goal/ })
  await row.getByText('Succeeded').waitFor()
  assert.equal(await page.evaluate('globalThis.isNotReloaded'), true)
  log('jobs appear and end without a reload')
  await page.getByPlaceholder('Find').fill('goal')
  await page.getByText('1 match', { exact: true }).first().waitFor()
  await page.reload()
  assert.equal(await page.getByPlaceholder('Find').inputValue(), 'goal', 'the address keeps the search')
  await row.waitFor()
  await console.audit()
  await page.screenshot({ path: picture('jobs'), fullPage: true })
  await page.getByRole('link', { name: 'goal' }).click()
  await page.getByRole('heading', { name: 'Harvest job goal' }).waitFor()
  await eventually('the title and the focus of the page', async () => {
    const [title, focused] = (await page.evaluate('[document.title, document.activeElement.textContent]')) as string[]
    return (title === 'Harvest job goal – Windrow' && focused?.trim() === 'Harvest job goal') || undefined
  })
  await page.getByRole('row', { name: /goal\/index\.m3u8/ }).waitFor()
  await console.audit()
  await page.screenshot({ path: picture('job'), fullPage: true })
}

/** A failed job offers what would work as a button. */
async function harvestsTheNearestWindow({ console, api, log, picture }: Steps): Promise<void> {
  const { page } = console
  await api.ask('POST', 'harvest_jobs', { body: { ...jobOf('early', ago(30), ago(9)), gapPolicy: 'FAIL' } })
  await console.goto('/harvest-jobs/early')
  const button = page.getByRole('button', { name: 'Harvest this window instead' })
  await button.waitFor()
  await console.audit()
  await page.screenshot({ path: picture('failed-job'), fullPage: true })
  await button.click()
  await page.getByRole('heading', { name: 'Harvest job early-2' }).waitFor()
  await page.getByText('Succeeded', { exact: true }).first().waitFor()
  log('the nearest window of a failed job was harvested')
}

async function changesClips({ console, api, log, picture }: Steps): Promise<void> {
  const { page } = console
  await console.goto('/clips')
  await page.getByText('There is no clip yet.').waitFor()
  await api.ask('POST', 'clips', { body: { id: 'goal', channelId: 'news', startTime: ago(8), endTime: ago(7) } })
  await page.getByRole('link', { name: 'goal' }).click()
  await page.getByRole('heading', { name: 'Clip goal' }).waitFor()
  await page.getByText('Never').waitFor()
  for (const format of ['HLS', 'MP4 file']) {
    await page
      .getByRole('radio', { name: format })
      .or(page.getByRole('button', { name: format, exact: true }))
      .first()
      .click()
    await eventually(`a picture of ${format}`, async () => {
      const state =
        "(({ readyState, videoWidth }) => readyState >= 2 && videoWidth > 0)(document.querySelector('video'))"
      return (await page.evaluate(state)) === true || undefined
    })
  }
  await console.audit()
  await page.screenshot({ path: picture('clip'), fullPage: true })

  await page.getByRole('button', { name: 'Change' }).click()
  await page.getByLabel('It lasts until it is deleted').uncheck()
  const expiry = page.getByLabel('Expires')
  await expiry.fill('soon')
  await page.getByText('not understood').waitFor()
  await console.audit()
  await expiry.fill('+2h')
  await page.getByText('in 1 h').or(page.getByText('in 2 h')).first().waitFor()
  // Somebody else is faster.
  await api.ask('PUT', 'clips/goal', { body: { cut: 'FRAME' } })
  await page.getByRole('dialog').getByRole('button', { name: 'Change' }).click()
  await page.getByText('Somebody else has changed this clip').waitFor()
  await page.getByRole('button', { name: 'Leave it' }).click()
  await page.getByText('FRAME', { exact: true }).first().waitFor()
  await page.getByRole('button', { name: 'Change' }).click()
  await page.getByLabel('It lasts until it is deleted').uncheck()
  await expiry.fill('+2h')
  await page.getByRole('dialog').getByRole('button', { name: 'Change' }).click()
  await eventually('the expiry of the clip', async () => {
    const { expiresAt, cut } = (await api.ask('GET', 'clips/goal')) as { expiresAt?: string; cut: string }
    return (expiresAt !== undefined && cut === 'FRAME') || undefined
  })
  log('a clip was changed, and nobody’s change was lost')

  await page.getByRole('button', { name: 'Materialise' }).click()
  await page.getByLabel('Bucket').fill('clips')
  await page.getByLabel('Manifest key').fill('no-ending')
  await page.getByRole('dialog').getByRole('button', { name: 'Materialise' }).click()
  await page
    .getByText(/must be .*, got "no-ending"/)
    .first()
    .waitFor()
  await page.getByLabel('Manifest key').fill('materialised/index.m3u8')
  await page.getByRole('dialog').getByRole('button', { name: 'Materialise' }).click()
  await page.getByRole('heading', { name: /^Harvest job / }).waitFor()
  await page.getByText('Succeeded', { exact: true }).first().waitFor()
  await console.goto('/clips/goal')
  await page.getByRole('button', { name: 'Delete the clip goal' }).click()
  await console.audit()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('There is no clip yet.').waitFor()
}

async function makesSchedules({ console, api, log, picture }: Steps): Promise<void> {
  const { page } = console
  await console.goto('/schedules')
  await page.getByRole('link', { name: 'Create schedule' }).click()
  await page.getByLabel('ID', { exact: true }).fill('hourly')
  await page.getByLabel('Hours').fill('1')
  await page.getByLabel('Bucket').fill('clips')
  await page.getByLabel('Manifest key').fill('hourly/index.m3u8')
  await console.audit()
  await page.getByRole('button', { name: 'Create schedule' }).click()
  await page
    .getByText(/must name each window differently/)
    .first()
    .waitFor()
  await page.getByLabel('Manifest key').fill('hourly/{id}/index.m3u8')
  await page.getByLabel('From', { exact: true }).fill('-2h')
  await page.screenshot({ path: picture('schedule-form'), fullPage: true })
  await page.getByRole('button', { name: 'Create schedule' }).click()
  await page.getByRole('heading', { name: 'Schedule hourly' }).waitFor()
  await page.getByText('Every hour').waitFor()
  await console.audit()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText('Stopped', { exact: true }).first().waitFor()
  await page.getByRole('button', { name: 'Start' }).click()
  await page.getByText('Active', { exact: true }).first().waitFor()

  await page.getByRole('link', { name: 'Edit' }).click()
  await page.getByRole('heading', { name: 'Edit the schedule hourly' }).waitFor()
  await page.getByLabel('Hours').fill('2')
  const schedule = (await api.ask('GET', 'harvest_schedules/hourly')) as object
  await api.ask('PUT', 'harvest_schedules/hourly', { body: { ...pick(schedule), report: true } })
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('Another has saved changes meanwhile').waitFor()
  await console.audit()
  await page.getByRole('button', { name: 'Take these values' }).click()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('Every 2 hours').waitFor()
  const saved = (await api.ask('GET', 'harvest_schedules/hourly')) as { every: object; report: boolean }
  assert.deepEqual([saved.every, saved.report], [{ hours: 2 }, true], 'both changes are there')
  log('a schedule was made, stopped, started, and changed by two at once')
  await page.getByRole('button', { name: 'Delete the schedule hourly' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('There is no schedule yet.').waitFor()
  await console.audit()
}

/** What a request may have of what is described. */
function pick(schedule: object): object {
  const members = ['originEndpointId', 'every', 'startTime', 's3Destination', 'gapPolicy', 'earlyEndPolicy', 'report']
  return Object.fromEntries(Object.entries(schedule).filter(([name]) => members.includes(name)))
}

async function makesRules({ console, log, picture }: Steps): Promise<void> {
  const { page } = console
  await console.goto('/create-rule')
  await page.getByLabel('ID', { exact: true }).fill('breaks')
  await page.getByLabel('Makes', { exact: true }).click()
  await page.getByRole('option', { name: /A clip/ }).click()
  await page.getByRole('button', { name: 'Create rule' }).click()
  await page.getByText(/must name an event/).waitFor()
  await page.getByLabel('Events', { exact: true }).click()
  await page.getByRole('option', { name: 'Breaks' }).click()
  await page.keyboard.press('Escape')
  await page.getByLabel('Lasts').fill('3600')
  assert.equal(await page.getByLabel('Bucket').count(), 0, 'clips have no bucket')
  await console.audit()
  await page.getByRole('button', { name: 'Create rule' }).click()
  await page.getByRole('heading', { name: 'Rule breaks' }).waitFor()
  await page.getByText('BREAK', { exact: true }).first().waitFor()
  await console.audit()
  await page.screenshot({ path: picture('rule'), fullPage: true })
  await console.goto('/rules')
  await page.getByRole('row', { name: /breaks/ }).waitFor()
  await console.audit()
  log('a rule was made')
}

async function readsEvents({ console, log, picture }: Steps): Promise<void> {
  const { page } = console
  await console.goto('/events?event=FAILED')
  const row = page.getByRole('row', { name: /Harvest job early/ })
  await row.getByRole('button', { name: /^Details of HarvestJob/ }).click()
  await row.getByText('origin_endpoint_id').waitFor()
  await console.audit()
  await page.screenshot({ path: picture('events'), fullPage: true })
  await row.getByRole('link', { name: 'Harvest job early' }).first().click()
  await page.getByRole('heading', { name: 'Harvest job early' }).waitFor()
  log('events lead to what they tell of')
}

async function showsHealth({ console, log, picture }: Steps): Promise<void> {
  const { page } = console
  await console.goto('/usage')
  await page.getByRole('meter', { name: 'Harvest jobs in progress' }).waitFor()
  await console.audit()
  await page.screenshot({ path: picture('usage'), fullPage: true })
  await console.goto('/health')
  await page.getByText('The server is ready.').waitFor()
  await page.getByRole('heading', { name: 'Ingest', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Memory as a table' }).click()
  await page.getByRole('columnheader', { name: 'Heap' }).waitFor()
  await page
    .getByRole('row', { name: /access-key-id/ })
    .first()
    .waitFor()
  await console.audit()
  await page.screenshot({ path: picture('health'), fullPage: true })
  const text = (await page.evaluate('document.body.innerText')) as string
  assert.ok(!text.includes('a-secret-that-only-the-judges-know'), 'no secret is shown')
  log('quotas, charts and settings are shown')
}

/** The first stop of the keyboard leads behind the navigation; times are switched to UTC for all pages. */
async function isUsedByKeyboard({ console, log }: Steps): Promise<void> {
  const { page } = console
  await console.goto('/events')
  await page.getByRole('heading', { name: 'Events' }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate('document.activeElement.id'), 'content')
  await page
    .getByText(/\+0[12]:00/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: /times are shown in Europe\/Berlin/ }).click()
  await page.getByRole('menuitem', { name: 'UTC', exact: true }).click()
  await page.getByText(/ UTC$/).first().waitFor()
  await page.reload()
  await page.getByText(/ UTC$/).first().waitFor()
  log('it is used by keyboard, in UTC')
}

/** Gives the seconds from when the server is ready again until the page shows what is new. */
async function outlivesTheServer({ console, windrow, api, log, picture }: Steps): Promise<number> {
  const { page } = console
  console.allow(SERVER_AWAY)
  await console.goto('/harvest-jobs?text=after')
  await page.getByText('Nothing matches.').waitFor()
  await windrow.kill()
  await page.getByText('The server does not answer').first().waitFor()
  await console.audit()
  await page.screenshot({ path: picture('server-away') })
  await windrow.start()
  const began = performance.now()
  await api.ask('POST', 'harvest_jobs', { body: jobOf('after', ago(8), ago(7.9)) })
  await page.getByRole('row', { name: /after/ }).getByText('Succeeded').waitFor()
  await page.getByText('The server does not answer').first().waitFor({ state: 'hidden' })
  const seconds = Number(((performance.now() - began) / 1000).toFixed(1))
  log(`the server was killed and is back: the page shows what is new after ${seconds} s`)
  return seconds
}
