import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { serveColdSegments } from './cold-segments.ts'

const { it } = needing('ffmpeg')

/** MiB: what garbage collection may be behind by. */
const BOUND = 64

it('memory stays where it was while segments of every format are made that nobody asked for before', async (t) => {
  const { segments, megabytes, before, after } = await serveColdSegments(90)
  t.diagnostic(`${segments} segments, ${megabytes.toFixed(0)} MB: ${before.toFixed(0)} to ${after.toFixed(0)} MiB`)
  assert.ok(after - before < BOUND, `${before.toFixed(0)} MiB before, ${after.toFixed(0)} MiB after`)
})
