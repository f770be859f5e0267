/** What encoders send whose segments are not of one length, steady, or in the usual order; pushed as if live. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodedFiles } from '../fixtures/encoded.ts'
import type { Ingest } from '../judges/aws.ts'
import { DigestClient } from '../judges/digest-client.ts'
import { words } from '../judges/processes.ts'

/** Less than a playlist window: all of it is there in the end. */
export type OddSource = {
  readonly seconds: number
  /** In one variant. */
  readonly pictures: number
  /** The parent playlist without its first line. */
  readonly parent: string
  readonly renditions: readonly Rendition[]
  /** What is done to each segment before it is sent. */
  readonly edit?: (segment: Buffer) => Buffer
}

type Rendition = {
  readonly name: string
  readonly segmentSeconds: number
  /** Of ffmpeg, for inputs and codecs. */
  readonly args: readonly string[]
}

const H264 = words('-c:v libx264 -preset ultrafast -pix_fmt yuv420p -sc_threshold 0 -b:v 200k -threads 1')
const AAC = words('-c:a aac -b:a 64k')

function pictures(size: string, rate = 25, select = ''): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}${select}`]
}

function tone(pitch: number): string[] {
  return words(`-f lavfi -i sine=f=${pitch}:r=48000`)
}

/** Its last frame ends beyond the pictures, and is a segment of its own: that of an encoder that stops. */
function sound(name: string, pitch: number, segmentSeconds: number, end: number): Rendition {
  return { name, segmentSeconds, args: [...tone(pitch), ...words(`-af atrim=end=${end}`), ...AAC] }
}

/** Pictures at a steady rate, and sound; so many pictures to a segment. */
function steady(name: string, size: string, group: number): Rendition {
  const codec = [...H264, ...words(`-g ${group} -keyint_min ${group} -bf 2 -flags +cgop`)]
  return { name, segmentSeconds: group / 25, args: [...pictures(size), ...tone(440), ...codec, ...AAC] }
}

/** Only those pictures that the expression of lavfi selects, and a key frame every 2 s. */
function selected(rate: number, select: string): Rendition {
  const codec = [...H264, ...words('-bf 0 -fps_mode vfr -force_key_frames expr:gte(t,n_forced*2)')]
  const video = pictures('160x90', rate, `,select='${select}'`)
  return { name: 'big', segmentSeconds: 2, args: [...video, ...tone(440), ...codec, ...AAC] }
}

/** Everything but sections of tables, and PAT and PMT behind a half of it. */
function tablesInTheMiddle(segment: Buffer): Buffer {
  const [PAT, SDT, PMT] = [0, 17, 0x1000]
  const packets = Array.from({ length: segment.length / 188 }, (_, i) => segment.subarray(i * 188, (i + 1) * 188))
  const pid = (packet: Buffer) => packet.readUInt16BE(1) & 0x1fff
  const media = packets.filter((packet) => ![PAT, SDT, PMT].includes(pid(packet)))
  const tables = [PAT, PMT].map((table) => packets.find((packet) => pid(packet) === table)!)
  const half = media.length >> 1
  return Buffer.concat([...media.slice(0, half), ...tables, ...media.slice(half)])
}

const ONE_VARIANT = '#EXT-X-STREAM-INF:BANDWIDTH=600000\nbig.m3u8\n'

/** The second is half a segment behind the first by the end. */
export const LADDER: OddSource = {
  seconds: 24,
  pictures: 600,
  parent: `${ONE_VARIANT}#EXT-X-STREAM-INF:BANDWIDTH=300000\nsmall.m3u8\n`,
  renditions: [steady('big', '160x90', 50), steady('small', '128x72', 48)],
}

/** English in 4 s, German in 1 s, beside pictures in 2 s. */
export const SOUNDS: OddSource = {
  seconds: 16,
  pictures: 400,
  parent: `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="english.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,URI="german.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=600000,AUDIO="a"
big.m3u8
`,
  renditions: [
    { name: 'big', segmentSeconds: 2, args: [...pictures('160x90'), ...H264, ...words('-g 50 -keyint_min 50')] },
    sound('english', 440, 4, 16),
    sound('german', 880, 1, 16),
  ],
}

export const LATE_TABLES: OddSource = {
  seconds: 10,
  pictures: 250,
  parent: ONE_VARIANT,
  renditions: [steady('big', '160x90', 50)],
  edit: tablesInTheMiddle,
}

/** Three pictures in 0.3 s, the last of which stays for 1.8 s. */
export const SLIDES: OddSource = {
  seconds: 10,
  pictures: 15,
  parent: ONE_VARIANT,
  renditions: [selected(10, 'lt(mod(n,20),3)')],
}

/** A random half of 30 pictures per second. */
export const VARIABLE_RATE: OddSource = {
  seconds: 10,
  pictures: 150,
  parent: ONE_VARIANT,
  renditions: [selected(30, 'not(mod(n,60))+gt(random(7),0.5)')],
}

/** Sends segments in the order of their ends, without waiting for the clock; calls `onListed` after each. */
export async function pushOdd(ingest: Ingest, source: OddSource, onListed: () => Promise<void>): Promise<void> {
  const { seconds, parent, renditions, edit = (segment) => segment } = source
  const commands = renditions.map(({ name, segmentSeconds, args }) => {
    const muxer = `-f hls -hls_time ${segmentSeconds} -hls_list_size 0 -hls_segment_filename ${name}-%d.ts ${name}.m3u8`
    return {
      program: 'ffmpeg',
      args: [...words('-loglevel error -y'), ...args, ...words(`-t ${seconds} -muxdelay 0 ${muxer}`)],
    }
  })
  const folder = await encodedFiles(...commands)
  const client = new DigestClient(ingest.username, ingest.password)
  const put = async (name: string, body: Uint8Array) => {
    const { status } = await client.send('PUT', new URL(name, ingest.url).href, { body })
    assert.equal(status, 201, name)
  }
  await put('channel.m3u8', Buffer.from(`#EXTM3U\n${parent}`))
  const listings = renditions.flatMap(({ name }) =>
    listingsOf(name, readFileSync(join(folder, `${name}.m3u8`), 'utf8')),
  )
  for (const { name, file, playlist } of listings.toSorted((a, b) => a.end - b.end)) {
    await put(file, edit(readFileSync(join(folder, file))))
    await put(name, Buffer.from(playlist))
    await onListed()
  }
  for (const { name } of renditions) await put(`${name}.m3u8`, readFileSync(join(folder, `${name}.m3u8`)))
  client.close()
}

/** Each segment, when it ends, and the playlist as it is then. */
function listingsOf(name: string, text: string) {
  let end = 0
  return Array.from(text.matchAll(/^#EXTINF:([\d.]+),\n(.*)\n/gm), ({ index, 0: lines, 1: duration, 2: file = '' }) => {
    end += Number(duration)
    return { name: `${name}.m3u8`, end, file, playlist: text.slice(0, index + lines.length) }
  })
}
