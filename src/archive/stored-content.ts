import type { InputRef } from '../model/input-ref.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { Input } from './input.ts'
import { type OpenOutputTimeline, openOutputTimeline } from './open-output-timeline.ts'
import { SegmentTail } from './segment-tail.ts'

/** The inputs of a channel the index knows of. */
export async function storedInputs(index: SegmentIndex, guid: string): Promise<readonly InputRef[]> {
  return (await index.inputs()).filter(({ channelGuid }) => channelGuid === guid)
}

/** The output timelines of a channel, with the newest output segments of those that had them. */
export async function storedOutputTimelines(
  index: SegmentIndex,
  guid: string,
  known: (id: number) => OpenOutputTimeline | undefined,
): Promise<readonly OpenOutputTimeline[]> {
  const outputTimelines = (await index.outputTimelinesOf(guid)).map(openOutputTimeline)
  for (const open of outputTimelines) {
    const { id } = open.outputTimeline
    if (known(id)?.tail) open.tail = await SegmentTail.load(index, id)
  }
  return outputTimelines
}

/** Whether the index holds what these are, and nothing else, of a channel. */
export async function isAsStored(
  index: SegmentIndex,
  guid: string,
  inputs: ReadonlyMap<string, Input>,
  outputTimeline: (id: number) => OpenOutputTimeline | undefined,
): Promise<boolean> {
  for (const ref of await storedInputs(index, guid)) {
    const stored = await index.loadTimeline(ref)
    if (inputs.get(ref.ingestEndpointId)?.seen.expectedVersion !== stored?.version) return false
  }
  const stored = await index.outputTimelinesOf(guid)
  return stored.every(({ id, version }) => outputTimeline(id)?.version === version)
}
