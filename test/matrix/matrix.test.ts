/** Everything an encoder may push, in every way it is served. */

import { FIXTURE_NAMES, type FixtureName, fixture } from '../fixtures/catalogue.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { eventually } from '../judges/belongings.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { type Expected, expectedOf } from './expected.ts'
import { judge } from './judgement.ts'
import { OUTPUTS } from './outputs.ts'
import { pushFixture } from './push-fixture.ts'

const { after, before, describe, it } = needing('ffmpeg')

const HOUR_MS = 3_600_000

describe('what goes in comes out', { concurrency: 2 }, () => {
  let windrow: Windrow
  before(async () => {
    windrow = await Windrow.start({ environment: { WINDROW_MAX_CHANNELS: `${FIXTURE_NAMES.length}` } })
  })
  after(() => windrow?.stop())

  for (const name of FIXTURE_NAMES) {
    describe(name, () => {
      let made: Fixture
      let expected: Expected
      const urls = new Map<string, string>()
      before(async () => {
        made = await fixture(name)
        await push(name, made)
        expected = await expectedOf(made)
      })

      async function push(id: FixtureName, pushed: Fixture): Promise<void> {
        const client = mediaPackage(windrow)
        const ingest = await createChannel(client, id)
        for (const output of OUTPUTS) urls.set(output.name, await output.create(client, id))
        await pushFixture(ingest, pushed, Date.now() - HOUR_MS)
      }

      for (const output of OUTPUTS) {
        it(`at ${output.name}`, async () => {
          const url = urls.get(output.name)!
          await eventually(`${url} to be published`, async () => (await fetch(url)).ok || undefined)
          await judge({ fixture: made, output, url, viewed: await output.view(url), expected })
        })
      }
    })
  }
})
