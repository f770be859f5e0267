/**
 * Two builds over one archive: `WINDROW_BEFORE=<checkout> npm run soak -- --only builds`. The older build takes in
 * every fixture; then both serve copies of its data folder, and harvest from it. Everything that a viewer fetches and
 * every file of every asset must be the same: bytes, status, ETag, type and caching.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { harvestEnd } from '../e2e/harvest-faults.ts'
import { FIXTURE_NAMES, type FixtureName, fixture } from '../fixtures/catalogue.ts'
import { apiOf, createChannel, createHarvestJob, mediaPackage } from '../judges/aws.ts'
import { eventually, temporaryFolder } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { OUTPUTS, type Output } from '../matrix/outputs.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'builds'
export const onlyByName = true

const HOUR_MS = 3_600_000
const BUCKET = 'clips'
const COMPARED_HEADERS = ['content-type', 'etag', 'cache-control', 'x-mediapackage-manifest-last-sequence']

type Served = { readonly fixture: FixtureName; readonly output: Output; readonly path: string }
type Archive = { readonly dataFolder: string; readonly served: readonly Served[]; readonly begin: number }

/** Throws with the first differences unless both builds give the same. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const before = process.env['WINDROW_BEFORE']
  if (before === undefined) throw new Error('WINDROW_BEFORE must name a built checkout of the version to compare with')
  const program = resolve(before, 'bin/windrow')
  const archive = await takeIn(program)
  log(`${archive.served.length} endpoints of ${FIXTURE_NAMES.length} fixtures taken in by ${before}`)
  const [older, newer] = [await observe(archive, program), await observe(archive)]
  log(`${older.size} answers and files before, ${newer.size} after`)
  const names = new Set([...older.keys(), ...newer.keys()])
  const different = [...names].filter((each) => older.get(each) !== newer.get(each))
  const shown = different
    .slice(0, 20)
    .map((each) => `${each}\n  before ${older.get(each)}\n  after  ${newer.get(each)}`)
  assert.equal(different.length, 0, `${different.length} differ:\n${shown.join('\n')}`)
  return { endpoints: archive.served.length, compared: names.size }
}

/** Pushes every fixture to a channel of its own, with an endpoint for each output. */
async function takeIn(program: string): Promise<Archive> {
  const windrow = await Windrow.start({ program, environment: { WINDROW_MAX_CHANNELS: `${FIXTURE_NAMES.length}` } })
  const served: Served[] = []
  const begin = Date.now() - HOUR_MS
  const client = mediaPackage(windrow)
  for (const each of FIXTURE_NAMES) {
    const ingest = await createChannel(client, each)
    for (const output of OUTPUTS) {
      const url = await output.create(client, each)
      served.push({ fixture: each, output, path: new URL(url).pathname })
    }
    await pushFixture(ingest, await fixture(each), begin)
  }
  for (const { path } of served) {
    await eventually(`${path} to be published`, async () => (await fetch(windrow.url + path)).ok || undefined)
  }
  assert.equal(await windrow.stop(), 0)
  return { dataFolder: windrow.dataFolder, served, begin }
}

/** What a build makes of a copy of the archive: a line for each answer, and for each file of an asset. */
async function observe({ dataFolder, served, begin }: Archive, program?: string): Promise<ReadonlyMap<string, string>> {
  const copy = temporaryFolder('build')
  cpSync(dataFolder, copy, { recursive: true })
  const environment = { WINDROW_MAX_CHANNELS: `${FIXTURE_NAMES.length}`, WINDROW_MAX_HARVEST_JOBS: `${served.length}` }
  const windrow = await Windrow.start({ dataFolder: copy, environment, ...(program !== undefined && { program }) })
  const seen = new Map<string, string>()
  const stopRecording = recordFetches(windrow.url, seen)
  try {
    for (const { path, output } of served) {
      await output.view(windrow.url + path)
      const [start, end] = [begin / 1000 + 2, begin / 1000 + 5].map(Math.floor)
      await (await fetch(`${windrow.url}${path}?start=${start}&end=${end}`)).arrayBuffer()
    }
  } finally {
    stopRecording()
  }
  const window = { startTime: new Date(begin).toISOString(), endTime: new Date(begin + 60_000).toISOString() }
  const jobs = served.map(({ fixture: channel, output }) => `${channel}-${output.name}`)
  for (const { fixture: channel, output, path } of served) {
    const job = `${channel}-${output.name}`
    await createHarvestJob(mediaPackage(windrow), job, job, window, BUCKET, `${job}/${manifestNameOf(path)}`)
  }
  for (const job of jobs) seen.set(`job ${job}`, (await harvestEnd(apiOf(windrow), job)).state)
  const folder = windrow.bucketFolder(BUCKET)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) seen.set(`asset ${relative(folder, path)}`, digestOf(readFileSync(path)))
  }
  assert.equal(await windrow.stop(), 0)
  return seen
}

/** Notes every answer under its path, until the function it gives is called. */
function recordFetches(base: string, seen: Map<string, string>): () => void {
  const real = globalThis.fetch
  globalThis.fetch = async (...args) => {
    const response = await real(...args)
    const body = new Uint8Array(await response.clone().arrayBuffer())
    const headers = COMPARED_HEADERS.map((header) => response.headers.get(header))
    const line = [response.status, ...headers, body.length, digestOf(body)].join(' ')
    if (response.url.startsWith(base)) seen.set(response.url.slice(base.length), line)
    return response
  }
  return () => {
    globalThis.fetch = real
  }
}

/** What the manifest of an asset is called, as the live one is: below a folder of its own in Smooth Streaming. */
function manifestNameOf(path: string): string {
  return path
    .split('/')
    .slice(path.endsWith('/Manifest') ? -2 : -1)
    .join('/')
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
