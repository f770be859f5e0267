import type { Resources } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { ChannelContent } from './channel-content.ts'
import { areAlike, lengthsOf } from './open-output-timeline.ts'

/**
 * Stops the steps of those output timelines of a channel that none of their endpoints uses any more, because their
 * segments have other lengths now. A request for one fills it and starts it again.
 */
export async function restUnused(
  content: ChannelContent,
  deps: {
    readonly segmentIndex: Pick<SegmentIndex, 'endpointsOf'>
    readonly resources: Pick<Resources, 'originEndpointByGuid'>
  },
): Promise<void> {
  for (const { outputTimeline, state } of content.state.outputs.all()) {
    if (state.isFilling) continue
    const guids = await deps.segmentIndex.endpointsOf(outputTimeline.id)
    const endpoints = await Promise.all(guids.map((guid) => deps.resources.originEndpointByGuid(guid)))
    const isUsed = endpoints.some((endpoint) => endpoint && areAlike(lengthsOf(endpoint), outputTimeline))
    if (!isUsed) await content.rest(outputTimeline.id)
  }
}
