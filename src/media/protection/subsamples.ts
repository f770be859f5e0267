import { ByteReader, MalformedMedia } from '../bytes.ts'
import { BLOCK_SIZE } from '../cbc.ts'
import type { SliceHeaders } from '../codecs/slice-headers.ts'
import { MOST_SUBSAMPLES, type Subsample } from '../mp4/sample-encryption.ts'
import type { ProtectionScheme } from '../mp4/track-encryption.ts'
import { StepMeter, type Steps } from '../steps.ts'

/** Bytes in front of each NAL unit of a sample. */
const LENGTH_SIZE = 4
/** BytesOfClearData has 16 bits. */
const MOST_CLEAR = 0xffff

/**
 * The subsamples of the access unit between `from` and `to`, ISO/IEC 23001-7 §9.5 and §10: protected is what follows
 * each slice header, in cbcs all of it, in cenc as many whole blocks as end with the NAL unit. All other bytes are
 * clear. Throws MalformedMedia when NAL units do not fill the sample, a slice header is broken, or there are more
 * subsamples than can be stated.
 */
export function* videoSubsamples(
  media: Uint8Array,
  from: number,
  to: number,
  scheme: ProtectionScheme,
  headers: SliceHeaders,
  meter: StepMeter = new StepMeter(),
): Steps<readonly Subsample[]> {
  const subsamples: Subsample[] = []
  let clear = 0
  const end = (bytes: number) => {
    for (; clear > MOST_CLEAR; clear -= MOST_CLEAR) subsamples.push({ clear: MOST_CLEAR, protected: 0 })
    subsamples.push({ clear, protected: bytes })
    clear = 0
  }
  const reader = new ByteReader(media, from, to)
  while (reader.remaining > 0) {
    const size = reader.u32()
    const at = reader.position
    if (size > reader.remaining) throw new MalformedMedia(`NAL unit of ${size} bytes`, at)
    reader.skip(size)
    const header = headers.next(media, at, at + size)
    const left = header === undefined ? 0 : size - header.bytes
    const bytes = scheme === 'cenc' ? left - (left % BLOCK_SIZE) : left
    clear += LENGTH_SIZE + size - bytes
    if (bytes > 0) end(bytes)
    if (subsamples.length > MOST_SUBSAMPLES) throw new MalformedMedia('more subsamples than fit a sample', from)
    if (meter.ends(size)) yield
  }
  if (clear > 0) end(0)
  return subsamples
}
