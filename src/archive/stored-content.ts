import type { IngestRef, SegmentIndex } from '../stores/segment-index.ts'
import type { Input } from './input.ts'
import { type OpenNumbering, openNumbering } from './open-numbering.ts'
import { SegmentTail } from './segment-tail.ts'

/** The inputs of a channel the index knows of. */
export async function storedInputs(index: SegmentIndex, guid: string): Promise<readonly IngestRef[]> {
  return (await index.inputs()).filter(({ channelGuid }) => channelGuid === guid)
}

/** The numberings of a channel, with the newest output segments of those that had them. */
export async function storedNumberings(
  index: SegmentIndex,
  guid: string,
  known: ReadonlyMap<number, OpenNumbering>,
): Promise<readonly OpenNumbering[]> {
  const numberings = (await index.numberingsOf(guid)).map(openNumbering)
  for (const open of numberings) {
    const { id } = open.numbering
    if (known.get(id)?.tail) open.tail = await SegmentTail.load(index, id)
  }
  return numberings
}

/** Whether the index holds what these are, and nothing else, of a channel. */
export async function isAsStored(
  index: SegmentIndex,
  guid: string,
  inputs: ReadonlyMap<string, Input>,
  numberings: ReadonlyMap<number, OpenNumbering>,
): Promise<boolean> {
  for (const ref of await storedInputs(index, guid)) {
    const stored = await index.loadTimeline(ref)
    if (inputs.get(ref.ingestEndpointId)?.seen.expectedVersion !== stored?.version) return false
  }
  const stored = await index.numberingsOf(guid)
  return stored.every(({ id, version }) => numberings.get(id)?.version === version)
}
