import { FIXTURE_NAMES, fixture } from '../fixtures/catalogue.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { Windrow } from '../judges/windrow.ts'
import { expectedOf } from '../matrix/expected.ts'
import { harvestFiles, judgeFiles } from '../matrix/files.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'files'

const HOUR_MS = 3_600_000

/** Everything an encoder may push, in the files that harvests make of whole windows. Throws at the first fault. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const windrow = await Windrow.start({ environment: { WINDROW_MAX_CHANNELS: `${FIXTURE_NAMES.length}` } })
  try {
    for (const input of FIXTURE_NAMES) {
      const made = await fixture(input)
      const begin = Date.now() - HOUR_MS
      const client = mediaPackage(windrow)
      await pushFixture(await createChannel(client, input), made, begin)
      await createHlsEndpoint(client, input, `${input}-hls`, { SegmentDurationSeconds: 2 })
      const expected = await expectedOf(made)
      const window = { start: begin, end: begin + HOUR_MS / 2 }
      await judgeFiles(await harvestFiles(windrow, input, window, expected, made), made, expected)
      log(`${input}: as it was sent`)
    }
  } finally {
    await windrow.stop()
  }
  return { inputs: FIXTURE_NAMES.length }
}
