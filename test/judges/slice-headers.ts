/** Slice headers as ffmpeg's bitstream filter trace_headers reads them. */
import { encodedBytes } from '../fixtures/encoded.ts'
import type { VideoCodec } from '../fixtures/nal-units.ts'

/** Elements of slice data and of what follows it, which the filter lists behind those of the header. */
const OF_SLICE_DATA = ['cabac_alignment_one_bit']

/** The first bit of each slice's data in its NAL unit without emulation prevention bytes, and the header's elements. */
export async function tracedSliceHeaders(codec: VideoCodec, stream: Uint8Array) {
  const args = [
    '-nostats',
    '-f',
    codec,
    '-i',
    'pipe:0',
    '-c',
    'copy',
    '-copyinkf',
    '-bsf:v',
    'trace_headers',
    '-f',
    'null',
    '-',
  ]
  // The trace is on standard error, and of many megabytes with everything else that is traced.
  const filter = `ffmpeg -hide_banner -loglevel repeat+trace ${args.join(' ')} 2>&1 | grep -a 'trace_headers @'`
  const lines = String(await encodedBytes('sh', ['-c', filter], stream)).split('\n')
  const headers: { bits: number; elements: Set<string> }[] = []
  let open: (typeof headers)[number] | undefined
  for (const line of lines) {
    const text = line.slice(line.indexOf('] ') + 2)
    if (/^[A-Z]/.test(text)) {
      open = /^Slice (Segment )?Header$/.test(text) ? { bits: 0, elements: new Set() } : undefined
      if (open) headers.push(open)
      continue
    }
    const [, at, name, bits] = /^(\d+) +([\w[\]]+) +([01]+) = -?\d+$/.exec(text) ?? []
    if (open === undefined || at === undefined || OF_SLICE_DATA.includes(name!)) continue
    open.bits = Number(at) + bits!.length
    open.elements.add(name!.replace(/\[.*/, ''))
  }
  return headers
}
