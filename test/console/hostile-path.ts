import assert from 'node:assert/strict'
import type { Route } from 'playwright-core'
import { ApiRefused } from '../../src/cli/api-client.ts'
import {
  apiOf,
  createHarvestJob,
  createHlsEndpoint,
  createRedundantChannel,
  harvestOutcome,
  mediaPackage,
} from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { allPages, type Shown } from './all-pages.ts'
import { makeAutomations } from './automations.ts'
import type { ConsolePage } from './console-page.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'
import { FOUND, HOSTILE_TEXTS, LISTENING } from './hostile-texts.ts'

/** A hostile text in every field, at every page: it stays text. */
export const HOSTILE_PATH: ConsolePath = { name: 'hostile', run }

const SHOWN: Shown = { channel: 'tv', endpoint: 'tv-hls', job: 'job', clip: 'clip', schedule: 'hourly', rule: 'breaks' }
const SEGMENTS = 12

async function run({ browser, log, picture }: ConsolePathContext): Promise<Record<string, string | number>> {
  const windrow = await Windrow.start({
    environment: {
      WINDROW_MAX_CHANNELS: '1000',
      WINDROW_MAX_ORIGIN_ENDPOINTS: '1000',
      WINDROW_MAX_HARVEST_JOBS: '100',
    },
  })
  const console = await browser.open({ access: windrow })
  try {
    const { taken, refused } = await pour(windrow)
    log(`${taken.length} texts were taken by the API, and ${refused} refused`)
    const { page } = console
    await page.addInitScript(LISTENING)
    await console.signIn()
    // Channels that nobody sends to have no picture.
    console.allow(/status of 404 .*\/key_frame\b/)
    const seen = new Set<string>()
    for (const path of allPages(SHOWN)) {
      for (const text of await shownAt(console, path)) seen.add(text)
    }
    await page.screenshot({ path: picture('hostile') })
    // What is taken as it is, and shown somewhere, is shown as it is.
    assert.ok(seen.has(HOSTILE_TEXTS['image']!), `of ${taken.length} texts the pages show ${[...seen].join('\n')}`)
    await page.route(isOfApi(windrow), (route) => answerWith(route, Object.values(HOSTILE_TEXTS).join(' ')))
    console.allow(/status of [45]\d\d|exception: |error: /)
    for (const path of allPages(SHOWN)) await shownAt(console, path)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await console.close()
    return { 'texts taken': taken.length, 'texts refused': refused, 'texts shown': seen.size }
  } finally {
    await windrow.stop()
  }
}

/** Goes to a page, and throws when a text became more than that; gives the hostile texts that it shows. */
async function shownAt(console: ConsolePage, path: string): Promise<string[]> {
  const { page } = console
  await console.goto(path)
  await console.settled()
  assert.deepEqual(await page.evaluate(FOUND), [], path)
  const text = (await page.evaluate('document.body.innerText')) as string
  return Object.values(HOSTILE_TEXTS).filter((each) => text.includes(each))
}

/** Puts each text into each field that takes it. */
async function pour(windrow: Windrow): Promise<{ readonly taken: readonly string[]; readonly refused: number }> {
  const client = mediaPackage(windrow)
  const api = apiOf(windrow)
  const [ingest, other] = await createRedundantChannel(client, SHOWN.channel)
  await createHlsEndpoint(client, SHOWN.channel, SHOWN.endpoint, { SegmentDurationSeconds: 1 })
  const loop = await encodeLoop()
  const from = Date.now() - SEGMENTS * 1000
  const pusher = new Pusher(ingest, loop, from)
  // Names of renditions and of files, as the encoder says them.
  const names = [HOSTILE_TEXTS['image']!, HOSTILE_TEXTS['svg']!]
  const hostile = new Pusher(
    other,
    loop.map((each, n) => ({ ...each, name: names[n]!.replaceAll('/', '') })),
    from,
  )
  for (const each of [pusher, hostile]) {
    await each.pushParent()
    while (each.published < SEGMENTS) await each.pushNext()
  }
  for (const text of Object.values(HOSTILE_TEXTS)) {
    const name = encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, ''))
    await hostile.put(`${name}.ts`, Buffer.from(text)).catch(() => {})
    await hostile.put(`${name}.m3u8`, Buffer.from(text)).catch(() => {})
  }
  const window = { startTime: new Date(from).toISOString(), endTime: new Date(from + 5000).toISOString() }
  await createHarvestJob(client, SHOWN.job, SHOWN.endpoint, window, 'clips', 'job/index.m3u8')
  assert.equal(await harvestOutcome(client, SHOWN.job), 'SUCCEEDED')
  await api.ask('POST', 'clips', { body: { id: SHOWN.clip, originEndpointId: SHOWN.endpoint, ...window } })

  await makeAutomations(api, SHOWN)

  const taken: string[] = []
  let refused = 0
  const give = async (method: string, path: string, body: object) => {
    try {
      await api.ask(method, path, { body })
      taken.push(path)
    } catch (error) {
      if (!(error instanceof ApiRefused) || error.status >= 500) throw error
      refused++
    }
  }
  const hlsPackage = { segmentDurationSeconds: 1, programDateTimeIntervalSeconds: 1 }
  const startoverWindowSeconds = 86_400
  const s3Destination = {
    bucketName: 'clips',
    manifestKey: 'a/index.m3u8',
    roleArn: 'arn:aws:iam::000000000000:role/r',
  }
  const job = { originEndpointId: SHOWN.endpoint, ...window }
  for (const [n, text] of Object.values(HOSTILE_TEXTS).entries()) {
    const tags = JSON.parse(`{${JSON.stringify(text.slice(0, 128))}:${JSON.stringify(text.slice(0, 256))}}`) as object
    await give('POST', '/channels', { id: `hostile-${n}`, description: text })
    await give('POST', '/channels', { id: `tagged-${n}`, tags })
    await give('POST', '/channels', { id: text })
    const endpoint = { channelId: SHOWN.channel, startoverWindowSeconds }
    await give('PUT', `/origin_endpoints/${SHOWN.endpoint}`, { description: text, startoverWindowSeconds, hlsPackage })
    await give('POST', '/origin_endpoints', { ...endpoint, id: `named-${n}`, manifestName: text, hlsPackage })
    await give('POST', '/origin_endpoints', { ...endpoint, id: `tagged-${n}`, tags, hlsPackage })
    await give('POST', '/origin_endpoints', { ...endpoint, id: text, hlsPackage })
    await give('POST', '/origin_endpoints', { ...endpoint, id: `listed-${n}`, whitelist: [text], hlsPackage })
    await give('POST', 'clips', { ...job, id: text })
    for (const member of ['bucketName', 'manifestKey', 'roleArn']) {
      await give('POST', 'harvest_jobs', {
        ...job,
        id: `to-${member}-${n}`,
        s3Destination: { ...s3Destination, [member]: text },
      })
    }
    await give('POST', 'harvest_jobs', { ...job, id: text, s3Destination })
    const chapters = [{ title: text, startTime: window.startTime }]
    await give('POST', 'harvest_jobs', {
      ...job,
      id: `chapters-${n}`,
      s3Destination,
      deliverables: [{ kind: 'MP4' }],
      chapters,
    })
    await give('POST', 'harvest_rules', {
      id: `rule-${n}`,
      originEndpointId: SHOWN.endpoint,
      segmentationTypeIds: [16],
      upid: text,
      action: 'CLIP',
    })
    await give('POST', 'harvest_schedules', {
      id: text,
      originEndpointId: SHOWN.endpoint,
      every: { hours: 1 },
      s3Destination,
    })
  }
  await give('PUT', `/origin_endpoints/${SHOWN.endpoint}`, {
    description: HOSTILE_TEXTS['image'],
    startoverWindowSeconds,
    hlsPackage,
  })
  await give('PUT', `/channels/${SHOWN.channel}`, { description: HOSTILE_TEXTS['image'] })
  pusher.close()
  hostile.close()
  return { taken, refused }
}

const isOfApi =
  ({ url }: Windrow) =>
  (asked: URL) =>
    asked.origin === new URL(url).origin && !asked.pathname.startsWith('/console/')

/** The answer of the server, with the text in place of every text in it that is no time: whatever it checks itself. */
async function answerWith(route: Route, text: string): Promise<void> {
  if ((route.request().headers()['accept'] ?? '').includes('text/event-stream')) return route.abort()
  const response = await route.fetch()
  if (!(response.headers()['content-type'] ?? '').includes('json')) return route.fulfill({ response })
  const value: unknown = await response.json()
  await route.fulfill({ response, json: withText(value, text) })
}

function withText(value: unknown, text: string): unknown {
  if (typeof value === 'string') return Number.isNaN(Date.parse(value)) ? text : value
  if (Array.isArray(value)) return value.map((each) => withText(each, text))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withText(each, text)]))
}
