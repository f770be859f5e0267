import { serveColdSegments } from '../e2e/cold-segments.ts'

export const name = 'cold-segments'

/** MiB: what garbage collection may be behind by. */
const BOUND = 64

/** A thousand segments of each format from an archive that memory holds nothing of: it stays as large as it was. */
export async function run(): Promise<Record<string, string | number>> {
  const { segments, megabytes, before, after } = await serveColdSegments(1000)
  if (after - before >= BOUND) throw new Error(`${before} MiB before, ${after} MiB after`)
  const round = Math.round
  return { segments, megabytes: round(megabytes), 'MiB before': round(before), 'MiB after': round(after) }
}
