import assert from 'node:assert/strict'
import { platform } from 'node:os'
import { median } from '../bench/measure.ts'
import { mixHostile } from '../hostile/mix.ts'
import { needing } from '../programs.ts'

const { it } = needing('ffmpeg')

/** Only Linux has more addresses of the loopback than one. */
const skip = platform() === 'linux' ? false : 'hostile clients need addresses of their own'

it('serves others beside hostile clients', { skip }, async (test) => {
  const { alone, beside, refused, peakMemory, filesCompared } = await mixHostile({
    channels: 4,
    seconds: 6,
    connections: 150,
    log: (line) => test.diagnostic(line),
  })
  assert.deepEqual(refused, [])
  assert.ok(peakMemory < 1000, `${peakMemory} MiB`)
  assert.ok(filesCompared > 0)
  for (const kind of ['puts', 'playlists'] as const) {
    const [before, after] = [median(alone[kind]), median(beside[kind])]
    assert.ok(after <= 2 * before + 50, `${kind}: median of ${after} ms beside hostile clients, ${before} ms alone`)
  }
})
