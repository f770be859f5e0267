/** What ffmpeg shows of a file from its beginning to its end, and how two of them differ. */
import { run } from './processes.ts'

export type Picture = { readonly time: number; readonly hash: string }
export type Shown = { readonly pictures: readonly Picture[]; readonly sound: Sound | undefined }
type Sound = { readonly rate: number; readonly from: number; readonly samples: Int16Array }

/** What ffmpeg shows of a file, edits applied. */
export async function shownBy(input: string | Buffer, ...options: readonly string[]): Promise<Shown> {
  const [file, bytes] = typeof input === 'string' ? [input, []] : ['pipe:0', [input]]
  const read = ['-v', 'error', '-threads', '1', ...options, '-i', file]
  const listing = await run(
    'ffmpeg',
    [...read, '-map', '0:v:0', '-fps_mode', 'passthrough', '-enc_time_base', '1:90000', '-f', 'framemd5', '-'],
    bytes,
  )
  const text = listing.toString()
  const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)$/m.exec(text)!
  const rows = text.split('\n').filter((line) => /^\d/.test(line))
  const pictures = rows.map((row): Picture => {
    const [, , pts, , , hash] = row.split(/,\s*/)
    return { time: (Number(pts) * Number(numerator)) / Number(denominator), hash: hash! }
  })
  return { pictures, sound: await soundOf(read, bytes) }
}

async function soundOf(read: readonly string[], bytes: readonly Buffer[]): Promise<Sound | undefined> {
  const listing = await run('ffmpeg', [...read, '-map', '0:a:0?', '-f', 'framemd5', '-'], bytes).catch(() => undefined)
  const text = listing?.toString() ?? ''
  // Where nothing is mapped, it takes what there is.
  if (!/^#media_type 0: audio$/m.test(text)) return undefined
  const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)$/m.exec(text) ?? []
  const first = text.split('\n').find((line) => /^\d/.test(line))
  if (denominator === undefined || first === undefined) return undefined
  const from = (Number(first.split(/,\s*/)[2]) * Number(numerator)) / Number(denominator)
  const pcm = await run('ffmpeg', [...read, '-map', '0:a:0', '-ac', '1', '-f', 's16le', '-'], bytes)
  const samples = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + (pcm.length & ~1)))
  return { rate: Number(denominator) / Number(numerator), from, samples }
}

/** Samples: less than half a wave of the tone that is heard. */
const MOST_SHIFT = 40

export type SoundOffset = {
  /** Samples by which the sound of the clip is late. */
  readonly late: number
  readonly rate: number
  /** From the first picture to the end of the sound, in seconds. */
  readonly seconds: number
}

/**
 * How the sound of a clip lies beside that of its source, whose picture at `start` is the clip's first. Decoders add
 * noise of their own, so that it is not the same bit by bit. Undefined without sound.
 */
export function soundOffset(clip: Shown, source: Shown, start: number): SoundOffset | undefined {
  if (!clip.sound || !source.sound) return undefined
  const { rate, samples, from } = clip.sound
  const at = Math.round((start - source.sound.from + from) * rate)
  const compared = Math.min(samples.length, source.sound.samples.length - at)
  let best = { late: Number.NaN, difference: Infinity }
  for (let late = -MOST_SHIFT; late <= MOST_SHIFT; late++) {
    let difference = 0
    for (let i = 2048; i < Math.min(compared, 22_000) - MOST_SHIFT; i++) {
      difference += Math.abs(samples[i]! - source.sound.samples[at + i + late]!)
    }
    if (difference < best.difference) best = { late, difference }
  }
  return { late: best.late, rate, seconds: samples.length / rate + from }
}
