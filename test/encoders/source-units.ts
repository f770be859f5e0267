/** Real pictures and frames of sound, a few of each kind: stamps tell the access units made of them apart. */
import { encodedBytes } from '../fixtures/encoded.ts'
import { isParameterSet, isSlice, nalUnits } from '../fixtures/nal-units.ts'
import { words } from '../judges/processes.ts'

export const SIZES = ['64x48', '96x64'] as const
export const FRAME_RATES = ['25', '30000/1001'] as const
export const SAMPLE_RATES = [48_000, 44_100] as const
export type FrameRate = (typeof FRAME_RATES)[number]
export type SampleRate = (typeof SAMPLE_RATES)[number]

/** H.264 pictures that need no others. */
export type SourcePictures = { readonly sets: readonly Buffer[]; readonly pictures: readonly (readonly Buffer[])[] }
/** AAC: the ADTS header of each frame, and what is behind it. */
export type SourceSound = { readonly frames: readonly { readonly head: Buffer; readonly block: Buffer }[] }

export type SourceUnits = {
  pictures(size: string, rate: FrameRate): SourcePictures
  sound(rate: SampleRate): SourceSound
}

const PICTURES = 8
const SOUND_FRAMES = 16
const ADTS_HEAD = 7

export async function sourceUnits(): Promise<SourceUnits> {
  const pictures = new Map<string, SourcePictures>()
  for (const size of SIZES) for (const rate of FRAME_RATES) pictures.set(`${size} ${rate}`, await encode(size, rate))
  const sound = new Map<SampleRate, SourceSound>()
  for (const rate of SAMPLE_RATES) sound.set(rate, await encodeSound(rate))
  return { pictures: (size, rate) => pictures.get(`${size} ${rate}`)!, sound: (rate) => sound.get(rate)! }
}

async function encode(size: string, rate: FrameRate): Promise<SourcePictures> {
  const input = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`]
  const codec = '-c:v libx264 -preset ultrafast -qp 44 -g 1 -threads 1 -pix_fmt yuv420p -f h264 -'
  const stream = await encodedBytes('ffmpeg', [
    ...words('-v error'),
    ...input,
    ...words(`-frames:v ${PICTURES} ${codec}`),
  ])
  const units = nalUnits(stream)
  const sets = units.filter((unit) => isParameterSet('h264', unit)).slice(0, 2)
  // Each picture is one slice.
  const pictures = units.filter((unit) => isSlice('h264', unit)).map((slice) => [slice])
  if (sets.length !== 2 || pictures.length !== PICTURES) throw new Error(`${pictures.length} pictures of one slice`)
  return { sets, pictures }
}

async function encodeSound(rate: SampleRate): Promise<SourceSound> {
  const input = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=${rate}`]
  const codec = `-frames:a ${SOUND_FRAMES} -c:a aac -ac 2 -b:a 32k -f adts -`
  const stream = await encodedBytes('ffmpeg', [...words('-v error'), ...input, ...words(codec)])
  return { frames: adtsFrames(stream) }
}

/** The frames of an ADTS stream without CRC, 13818-7 6.2. */
export function adtsFrames(stream: Buffer): { readonly head: Buffer; readonly block: Buffer }[] {
  const frames: { head: Buffer; block: Buffer }[] = []
  for (let at = 0; at < stream.length; ) {
    if (stream.readUInt16BE(at) !== 0xfff1) throw new Error(`no ADTS header at ${at}`)
    const length = ((stream[at + 3]! & 3) << 11) | (stream[at + 4]! << 3) | (stream[at + 5]! >> 5)
    frames.push({ head: stream.subarray(at, at + ADTS_HEAD), block: stream.subarray(at + ADTS_HEAD, at + length) })
    at += length
  }
  return frames
}

/** An ADTS frame of another block. */
export function adtsFrame(head: Buffer, block: Buffer): Buffer {
  const changed = Buffer.from(head)
  const length = ADTS_HEAD + block.length
  changed[3] = (changed[3]! & 0xfc) | (length >> 11)
  changed[4] = (length >> 3) & 0xff
  changed[5] = (changed[5]! & 0x1f) | ((length & 7) << 5)
  return Buffer.concat([changed, block])
}
