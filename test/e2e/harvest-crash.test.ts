import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { IS_WHOLE } from '../whole.ts'
import { runHarvestCrashes } from './harvest-crashes.ts'

const inFolders = needing('ffmpeg')
const onServers = needing('ffmpeg', 'postgres', 'swift')

for (const { blocks, ...plan } of [
  { blocks: inFolders, form: 'folder', kills: IS_WHOLE ? 3 : 2, segments: 20, of: 'every kind' },
  { blocks: onServers, form: 'node', kills: 2, segments: 16, of: 'ranges' },
] as const) {
  blocks.it(
    `makes the same asset when it is killed on the way, and writes nothing twice: ${plan.form}`,
    async (test) => {
      const log = (line: string) => test.diagnostic(line)
      const figures = await runHarvestCrashes({ seed: 20261125, log, ...plan })
      test.diagnostic(JSON.stringify(figures))
      assert.ok(figures.killsInside >= plan.kills / 2, 'the kills fell into the harvest')
      if (plan.kills > 2) assert.ok(figures.objectsKept > 0)
    },
  )
}
