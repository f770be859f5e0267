import type { SampleTable } from '../../media/sample.ts'

/** How long before `from` the first sample is decoded, in order of decoding, that is shown from then on. */
export function leadOf(samples: SampleTable, from: number): number | undefined {
  const first = firstShown(samples, from)
  return first === undefined ? undefined : from - samples.dts[first]!
}

/**
 * The samples of the first segment of a later range, with that sample decoded so long before `from`, which hidden ones
 * make room for. Players place the pictures of an edit by when the first of them is decoded, and take the first edit as
 * the measure for all: pictures that are reordered more or less at the next in point would come early or late.
 */
export function withLead(samples: SampleTable, from: number, lead: number): SampleTable {
  const first = firstShown(samples, from)
  const shift = first === undefined ? 0 : from - lead - samples.dts[first]!
  if (first === undefined || shift === 0) return samples
  const dts = samples.dts.slice()
  const compositionOffsets = samples.compositionOffsets.slice()
  for (let i = shift < 0 ? 0 : first; i < samples.count; i++) {
    if (i <= first) dts[i]! += shift
    else if (shift > 0 && dts[i]! <= dts[i - 1]!) dts[i] = dts[i - 1]! + 1
    else break
    const shown = samples.dts[i]! + samples.compositionOffsets[i]!
    // A hidden one stays hidden, and is not to be shown before it is decoded.
    const isHidden = shown < from && dts[i]! < from
    compositionOffsets[i] = (isHidden ? Math.max(shown, dts[i]!) : shown) - dts[i]!
  }
  return { ...samples, dts, compositionOffsets }
}

function firstShown({ count, dts, compositionOffsets }: SampleTable, from: number): number | undefined {
  for (let i = 0; i < count; i++) if (dts[i]! + compositionOffsets[i]! >= from) return i
  return undefined
}
