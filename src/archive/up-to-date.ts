import type { SegmentIndex } from '../stores/segment-index.ts'
import type { Input } from './input.ts'
import type { OpenNumbering } from './open-numbering.ts'

/** False when another process has written to an input or a numbering of the channel since this one read it. */
export async function isUpToDate(
  channelGuid: string,
  segmentIndex: Pick<SegmentIndex, 'inputs' | 'numberingsOf'>,
  inputs: ReadonlyMap<string, Input>,
  numberings: ReadonlyMap<number, OpenNumbering>,
): Promise<boolean> {
  const stored = await segmentIndex.numberingsOf(channelGuid)
  if (stored.some(({ id, version }) => numberings.get(id)?.version !== version)) return false
  for (const ref of await segmentIndex.inputs()) {
    if (ref.channelGuid !== channelGuid) continue
    if (!(await inputs.get(ref.ingestEndpointId)?.isUpToDate())) return false
  }
  return true
}
