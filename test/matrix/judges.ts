/** What is asked of what came out, beyond its samples. Each throws what is wrong. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFile, type ISOFile, MP4BoxBuffer } from 'mp4box'
import { sha256 } from '../judges/playlists.ts'
import { run, temporaryFolder } from '../judges/processes.ts'
import { PACKAGER } from '../judges/reference-packager.ts'
import type { GivenTrack } from './compare.ts'
import { bytesOf, type ViewedStream } from './viewed.ts'

const folder = temporaryFolder('matrix')
let files = 0

/** The streams hold what was pushed, byte for byte. */
export function assertVerbatim(streams: readonly ViewedStream[], pushed: readonly (readonly Buffer[])[]): void {
  const wanted = pushed.map((segments) => Buffer.concat(segments))
  const given = streams.map(({ name, runs }) => ({ name, bytes: Buffer.concat(runs.map(bytesOf)) }))
  for (const { name, bytes } of given) {
    if (!wanted.some((each) => each.equals(bytes))) throw new Error(`${name} holds bytes that nobody pushed`)
  }
  for (const [index, bytes] of wanted.entries()) {
    if (!given.some((each) => each.bytes.equals(bytes)))
      throw new Error(`stream ${index} did not come out as it was pushed`)
  }
}

/** Frames of pushed segments follow one another behind the tag of the first. */
export function assertPacked(stream: ViewedStream, pushed: readonly Buffer[], sources: number): void {
  const given = stream.runs.flatMap(({ segments }) => segments)
  const wanted = Array.from({ length: Math.ceil(pushed.length / sources) }, (_, at) => {
    const [first, ...others] = pushed.slice(at * sources, (at + 1) * sources)
    return Buffer.concat([first!, ...others.map(framesOf)])
  })
  const at = wanted.findIndex((bytes, index) => !given[index]?.equals(bytes))
  if (at >= 0 || given.length !== wanted.length) throw new Error(`${stream.name}: segment ${at} is not what was pushed`)
}

/** What stands behind the ID3 tag. */
function framesOf(segment: Buffer): Buffer {
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + segment[at]!, 0)
  return segment.subarray(10 + size)
}

/** A manifest says that a track lasts as long as it does: its segments join. */
export function assertSeconds({ name, runs }: ViewedStream, tracks: readonly GivenTrack[]): void {
  for (const track of tracks.filter((each) => each.name === name)) {
    for (const [at, { seconds }] of runs.entries()) {
      const { samples, timescale } = track.runs[at]!
      const times = samples.map(({ pts }) => pts)
      const span = Math.max(...times) - Math.min(...times)
      const lasts = (span * samples.length) / (samples.length - 1) / timescale
      if (Math.abs(seconds - lasts) > 0.02) throw new Error(`${name} lasts ${lasts} s, its manifest says ${seconds} s`)
    }
  }
}

/**
 * How many pictures ffmpeg decodes of each presentation: it opens the manifest itself, and follows it to the end. Of
 * pictures alone: where sound ends a moment earlier, its reader of DASH ends there. One ffmpeg reads them all.
 */
export async function picturesOfEach(urls: readonly string[]): Promise<number[]> {
  const opened = urls.flatMap((url) => {
    // It does not know .ec3, which RFC 8216 has for E-AC-3 without a container.
    const anyName = url.endsWith('.m3u8') ? ['-extension_picky', '0'] : []
    return ['-threads', '1', ...anyName, '-i', url]
  })
  const mapped = urls.flatMap((_, at) => ['-map', `${at}:v:0`])
  const written = [...mapped, '-fps_mode', 'passthrough', '-f', 'framecrc', '-']
  const text = (await run('ffmpeg', ['-nostdin', '-v', 'error', '-xerror', ...opened, ...written])).toString()
  const lines = text.split('\n')
  return urls.map((_, at) => lines.filter((line) => line.startsWith(`${at},`)).length)
}

/** shaka-packager reads every sample, and says of the codec what the manifest says. */
export async function assertPackagerReads({ name, kind, runs, codecs }: ViewedStream): Promise<void> {
  for (const each of runs) {
    const codec = await codecRead(bytesOf(each), kind === 'audio' ? 'audio' : 'video').catch((error: Error) => {
      throw new Error(`shaka-packager does not read ${name}: ${error.message.slice(-1000)}`)
    })
    if (codecs !== undefined && !codecs.split(',').includes(codec)) {
      throw new Error(`${name} is announced as ${codecs}, and shaka-packager says it is ${codec}`)
    }
  }
}

/** What shaka-packager calls the codec of media, by digest: it reads what two outputs give alike once. */
const codecsRead = new Map<string, Promise<string>>()

function codecRead(bytes: Buffer, stream: 'audio' | 'video'): Promise<string> {
  const digest = `${stream} ${sha256(bytes)}`
  const known = codecsRead.get(digest)
  if (known) return known
  const file = join(folder, `${files++}.mp4`)
  writeFileSync(file, bytes)
  const reading = run(PACKAGER, [`in=${file},stream=${stream},output=${file}.copy.mp4`, '--dump_stream_info'])
  const codec = reading.then((said) => /^ codec_string: (.*)$/m.exec(said.toString())?.[1] ?? 'none')
  codecsRead.set(digest, codec)
  return codec
}

type EventMessage = {
  readonly type: string
  readonly scheme_id_uri: string
  readonly timescale: number
  readonly presentation_time: number
  readonly message_data: Uint8Array
}

/** mp4box reads as many samples as ffmpeg does, in fragments that join. */
export function assertMp4boxReads(stream: ViewedStream, tracks: readonly GivenTrack[]): void {
  const [track] = tracks.filter(({ name }) => name === stream.name)
  for (const [at, each] of stream.runs.entries()) {
    const file = openMp4(bytesOf(each))
    const [info, ...more] = file.getInfo().tracks
    if (!info || more.length > 0) throw new Error(`${stream.name} has ${more.length + 1} tracks`)
    const samples = file.getTrackSamplesInfo(info.id)
    const expected = track?.runs[at]?.samples.length
    if (samples.length !== expected)
      throw new Error(`${stream.name}: mp4box reads ${samples.length} samples, ffmpeg ${expected}`)
    for (const [index, sample] of samples.entries()) {
      const next = samples[index + 1]
      if (next && sample.dts + sample.duration > next.dts + 1) {
        throw new Error(
          `${stream.name}: sample ${index} ends at ${sample.dts + sample.duration}, the next is at ${next.dts}`,
        )
      }
    }
  }
}

/** Timed ID3 in event messages, as mp4box reads them: PTS in seconds and the tag. */
export function tagsOf({ runs }: ViewedStream): { seconds: number; tag: Buffer }[] {
  return runs.flatMap((each) => {
    const boxes = openMp4(bytesOf(each)).boxes as unknown as EventMessage[]
    return boxes
      .filter(({ type, scheme_id_uri }) => type === 'emsg' && scheme_id_uri === 'https://aomedia.org/emsg/ID3')
      .map(({ presentation_time, timescale, message_data }) => {
        return { seconds: Number(presentation_time) / timescale, tag: Buffer.from(message_data) }
      })
  })
}

function openMp4(bytes: Buffer): ISOFile {
  const file = createFile()
  const buffer = new ArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buffer, 0))
  file.flush()
  return file
}
