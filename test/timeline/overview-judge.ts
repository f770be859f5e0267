import assert from 'node:assert/strict'
import type { Archive } from '../../src/archive/archive.ts'
import { allSteps } from '../../src/media/steps.ts'
import { msFromTicks, type UtcRange, utcMs } from '../../src/media/time.ts'
import type { Channel } from '../../src/model/channel.ts'
import { makesSlots } from '../../src/model/eras/era.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { type ArchiveWindow, hasStream } from '../../src/model/output-segment.ts'
import { reducedContent } from '../../src/model/overview/reduced-content.ts'

/** As fine as can be: nothing is told together with anything else. */
const FINEST_MS = 1

/** The overview of a channel tells of each endpoint's content and gaps what the segments tell that it lists. */
export async function assertOverview(
  archive: Pick<Archive, 'overview'>,
  channel: Channel,
  endpoints: readonly OriginEndpoint[],
  listed: readonly (ArchiveWindow | undefined)[],
): Promise<void> {
  const all = listed.flatMap((each) => each?.segments ?? [])
  if (all.length === 0) return
  const times = all.flatMap(({ startUtc }) => [startUtc - 60_000, startUtc + 60_000])
  const window = { start: utcMs(Math.min(...times)), end: utcMs(Math.max(...times)) }
  const of = { channelGuid: channel.guid, ingestEndpointIds: channel.ingestEndpoints.map(({ id }) => id), endpoints }
  const { outputs } = await archive.overview(of, { window, resolutionMs: FINEST_MS })
  for (const [i, endpoint] of endpoints.entries()) {
    const found = listed[i]
    const output = outputs.find(({ originEndpointIds }) => originEndpointIds.includes(endpoint.id))
    if (!found) continue
    assert.ok(output, `${endpoint.id} is shown`)
    const { content, gaps } = expected(found, window)
    const about = `of ${endpoint.id}`
    assert.deepEqual(output.content, content, `content ${about}`)
    assert.deepEqual(output.gaps, gaps, `gaps ${about}`)
    const breaks = found.segments.filter(({ discontinuity }) => discontinuity).map(({ startUtc }) => startUtc)
    assert.deepEqual(
      output.discontinuities.flatMap(({ time, count }) => Array(count).fill(time)),
      breaks.toSorted((a, b) => a - b),
      `discontinuities ${about}`,
    )
  }
}

/** By the slots of each segment. */
function expected({ segments, eras }: ArchiveWindow, window: UtcRange) {
  const streams = new Map(eras.map((era) => [era.id, era.streams.filter(makesSlots).map(({ index }) => index)]))
  const spans = segments.map(({ startUtc, duration }) => ({
    start: startUtc,
    end: utcMs(startUtc + msFromTicks(duration)),
  }))
  const lacking = segments.flatMap(({ era, slots }, i) =>
    slots.flatMap((slot) => {
      const missing = (streams.get(era) ?? []).filter((index) => !hasStream(slot, index))
      const { start, end } = spans[i]!
      const from = Math.max(slot.startUtc, start)
      const to = Math.min(slot.startUtc + msFromTicks(slot.duration), end)
      return missing.length > 0 && to > from ? [{ start: utcMs(from), end: utcMs(to), streams: missing }] : []
    }),
  )
  const extent = {
    start: utcMs(Math.min(...spans.map((s) => s.start))),
    end: utcMs(Math.max(...spans.map((s) => s.end))),
  }
  return allSteps(reducedContent({ spans, lacking, extent }, { window, resolutionMs: FINEST_MS }))
}
