/** Everything an encoder may push, in every way it is served. */

import { fileURLToPath } from 'node:url'
import { FIXTURE_NAMES, type FixtureName, fixture } from '../fixtures/catalogue.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { eventually } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { IS_WHOLE } from '../whole.ts'
import type { GivenTrack } from './compare.ts'
import { type Expected, expectedOf } from './expected.ts'
import { harvestFiles, judgeFiles } from './files.ts'
import { readTracks } from './given.ts'
import { isPlayed, judge, readsSamples } from './judgement.ts'
import { picturesOfEach } from './judges.ts'
import { OUTPUTS, type Output } from './outputs.ts'
import { pushFixture } from './push-fixture.ts'
import type { Viewed } from './viewed.ts'

const { after, before, describe, it } = needing('ffmpeg')

const HOUR_MS = 3_600_000

/** Files are made of the same samples for all: every sixth is judged here, each in `npm run soak -- --only files`. */
const IN_FILES = new Set(FIXTURE_NAMES.filter((_, at) => at % 6 === 0))

/** Half of the inputs, each at every third output in turn; all of all in `npm run soak -- --only whole-cases`. */
const outputsOf = (at: number) => OUTPUTS.filter((_, index) => IS_WHOLE || (at % 6 < 3 && (at + index) % 3 === 0))

const WITHOUT_WEBASSEMBLY = fileURLToPath(new URL('../judges/without-webassembly.ts', import.meta.url))
/** Of the media kernel: with WINDROW_TEST_KERNEL=typescript the one that machines without WebAssembly have. */
const KERNEL_FORM: Readonly<Record<string, string>> =
  process.env['WINDROW_TEST_KERNEL'] === 'typescript' ? { NODE_OPTIONS: `--import ${WITHOUT_WEBASSEMBLY}` } : {}

const windowOf = (begin: number) => ({ start: begin, end: begin + HOUR_MS / 2 })

describe('what goes in comes out', { concurrency: 2 }, () => {
  let windrow: Windrow
  before(async () => {
    const environment = { WINDROW_MAX_CHANNELS: `${FIXTURE_NAMES.length}`, ...KERNEL_FORM }
    windrow = await Windrow.start({ environment })
  })
  after(() => windrow?.stop())

  for (const [at, name] of FIXTURE_NAMES.entries()) {
    const chosen = outputsOf(at)
    if (chosen.length === 0) continue
    describe(name, () => {
      let made: Fixture
      let expected: Expected
      const begin = Date.now() - HOUR_MS
      const urls = new Map<string, string>()
      const views = new Map<string, Promise<Viewed>>()
      // By output; empty if they cannot all be read together, and then each case says what is wrong with its own.
      const tracks = new Map<string, readonly GivenTrack[]>()
      const pictures = new Map<string, number>()
      before(async () => {
        made = await fixture(name)
        await push(name, made)
        expected = await expectedOf(made)
        for (const output of chosen) {
          const viewing = view(output)
          viewing.catch(() => {})
          views.set(output.name, viewing)
        }
        await Promise.all([readTogether(), playTogether()].map((work) => work.catch(() => {})))
      })

      async function push(id: FixtureName, pushed: Fixture): Promise<void> {
        const client = mediaPackage(windrow)
        const ingest = await createChannel(client, id)
        for (const output of chosen) urls.set(output.name, await output.create(client, id))
        await pushFixture(ingest, pushed, begin)
      }

      async function view(output: Output): Promise<Viewed> {
        const url = urls.get(output.name)!
        await eventually(`${url} to be published`, async () => (await fetch(url)).ok || undefined)
        return output.view(url)
      }

      async function readTogether(): Promise<void> {
        const outputs = chosen.filter(readsSamples)
        const given = outputs.map(async ({ name: at, wrapping }) => ({ viewed: await views.get(at)!, wrapping }))
        const read = await readTracks(await Promise.all(given))
        for (const [index, { name: at }] of outputs.entries()) tracks.set(at, read[index]!)
      }

      async function playTogether(): Promise<void> {
        const outputs = chosen.filter((output) => isPlayed(made, output)).map(({ name: at }) => at)
        await Promise.all(outputs.map((at) => views.get(at)!))
        const decoded = await picturesOfEach(outputs.map((at) => urls.get(at)!))
        for (const [index, at] of outputs.entries()) pictures.set(at, decoded[index]!)
      }

      if (IN_FILES.has(name)) {
        it('in files', async () => {
          const folder = await harvestFiles(windrow, name, windowOf(begin), expected, made)
          await judgeFiles(folder, made, expected)
        })
      }

      for (const output of chosen) {
        it(`at ${output.name}`, async () => {
          const { name: at } = output
          const [url, read, decoded] = [urls.get(at)!, tracks.get(at), pictures.get(at)]
          const known = { ...(read && { tracks: read }), ...(decoded !== undefined && { pictures: decoded }) }
          await judge({ fixture: made, output, url, viewed: await views.get(at)!, expected, ...known })
        })
      }
    })
  }
})
