import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { encodedBytes } from '../fixtures/encoded.ts'

/** Runs a foreign tool with `input` on its standard input; answers its standard output. Rejects when it fails. */
export async function run(command: string, args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  // A tool may stop reading once it has seen enough.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}\n${Buffer.concat(errors)}`)
  return Buffer.concat(output)
}

const answers = new Map<string, Promise<Buffer>>()

/** What a tool answers of the same bytes is always the same: it is asked once. */
function runOnce(command: string, args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const key = JSON.stringify([command, args, createHash('sha256').update(input).digest('hex')])
  const known = answers.get(key)
  if (known) return known
  const answer = run(command, args, input)
  answers.set(key, answer)
  return answer
}

const VIDEO = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25']
const AUDIO = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']
const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-threads', '1', '-g', '25', '-bf', '2', '-pix_fmt', 'yuv420p']
const AAC = ['-c:a', 'aac', '-b:a', '96k']

/** Encodes two seconds (or `-t`) to a transport stream; `args` come last and win. */
export function encodeTs(kind: 'video' | 'audio' | 'both', args: readonly string[] = []): Promise<Buffer> {
  const inputs = [...(kind === 'audio' ? [] : VIDEO), ...(kind === 'video' ? [] : AUDIO)]
  const codecs = [...(kind === 'audio' ? [] : X264), ...(kind === 'video' ? [] : AAC)]
  const all = ['-v', 'error', ...inputs, '-t', '2', ...codecs, ...args, '-f', 'mpegts', 'pipe:1']
  return encodedBytes('ffmpeg', all)
}

/** The hashes of a framemd5 listing: stream, dts, pts, duration, size, hash, then side data. */
function hashColumn(listing: Buffer): string[] {
  const lines = String(listing).split('\n')
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(',')[5]!.trim())
}

export type ProbedPacket = {
  readonly stream_index: number
  readonly pts: number
  readonly dts: number
  readonly duration?: number
  readonly size: number
  readonly flags: string
  readonly data_hash: string
  /** Byte offset in the file of what holds the packet. */
  readonly pos: number
}

/** ffprobe's table of packets, in the order of the file. */
export async function ffprobePackets(media: Uint8Array, select: string): Promise<ProbedPacket[]> {
  const fields = 'packet=stream_index,pts,dts,duration,size,flags,data_hash,pos'
  const args = ['-v', 'error', '-select_streams', select, '-show_entries', fields, '-show_data_hash', 'md5']
  const json = JSON.parse(String(await runOnce('ffprobe', [...args, '-of', 'json', 'pipe:0'], media)))
  return json.packets.map(({ pts, dts, ...rest }: ProbedPacket) => ({
    ...rest,
    pts: Number(pts),
    dts: Number(dts),
    size: Number(rest.size),
    pos: Number(rest.pos),
  }))
}

/** MD5 of every decoded frame of `stream`, one per line, in output order; rejects on any decoding error. */
export async function decodedFrames(media: Uint8Array, stream: 'v:0' | 'a:0'): Promise<string[]> {
  const args = ['-v', 'error', '-xerror', '-i', 'pipe:0', '-map', `0:${stream}`, '-f', 'framemd5', 'pipe:1']
  return hashColumn(await runOnce('ffmpeg', args, media))
}

/** What containers do differently, taken off: start codes, parameter sets and delimiters; ADTS headers. */
const BARE = {
  video: 'h264_mp4toannexb,filter_units=remove_types=7|8|9|12',
  hevc: 'hevc_mp4toannexb,filter_units=remove_types=32-35|38',
  audio: 'aac_adtstoasc',
}

/** MD5 of every packet of the stream that `map` names, of H.264, HEVC or AAC, whatever container it was in. */
export async function packetHashes(media: Uint8Array, kind: keyof typeof BARE, map: string): Promise<string[]> {
  const copy = ['-map', map, '-c', 'copy', '-copyinkf', '-bsf', BARE[kind]]
  return hashColumn(
    await runOnce('ffmpeg', ['-v', 'error', '-i', 'pipe:0', ...copy, '-f', 'framemd5', 'pipe:1'], media),
  )
}

/** The decoder configuration record that ffmpeg writes for the video, in hexadecimal. */
export async function extradata(ts: Uint8Array, box: 'avcC' | 'hvcC'): Promise<string> {
  const mux = ['-map', '0:v', '-c', 'copy', '-tag:v', box === 'avcC' ? 'avc1' : 'hvc1', '-movflags', 'empty_moov']
  const mp4 = await runOnce('ffmpeg', ['-v', 'error', '-i', 'pipe:0', ...mux, '-f', 'mp4', 'pipe:1'], ts)
  const at = mp4.indexOf(box)
  return mp4.toString('hex', at + 4, at - 4 + mp4.readUInt32BE(at - 4))
}
