/** A channel of 16 seconds, in output segments of four: pictures with sound in every codec, and packed audio. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PackedAudioProbe } from '../../src/media/packed-audio.ts'
import { ticks } from '../../src/media/time.ts'
import type { MediaProbe } from '../../src/media/track.ts'
import { TsProbe } from '../../src/media/ts/probe.ts'
import type { ArchiveWindow, Era, SlotObject, SourceStream } from '../../src/model/output-segment.ts'
import { encodedFiles } from '../fixtures/encoded.ts'
import { packedAudio } from '../fixtures/packed-audio.ts'
import { words } from '../judges/processes.ts'
import { CLOCK, ORIGIN, outputSegments, variant, windowOf } from './sample-channel.ts'

export const SEGMENTS = 4
const SECONDS = 4
/** The number of the first output segment. */
export const FIRST = 3

/** Ticks by which ffmpeg's first picture is before those of sample channels. */
const EARLIER = 900_000 - 126_000

const SOUND = ['aac', 'ac3', 'eac3'] as const

export type EncryptedChannel = {
  readonly window: ArchiveWindow
  /** The bytes of source objects, by their keys. */
  readonly sources: ReadonlyMap<string, Buffer>
}

/** Stream 1 has pictures and three sounds, 2 pictures and AAC; 3, 4 and 5 are packed audio, one for each codec. */
export async function encryptedChannel(): Promise<EncryptedChannel> {
  const segmented = `-f segment -segment_time ${SECONDS} -segment_format mpegts`
  const encode =
    '-v error -f lavfi -i testsrc2=size=160x90:rate=10 -f lavfi -i sine=frequency=440 ' +
    `-map 0:v -map 1:a -map 1:a -map 1:a -t ${SEGMENTS * SECONDS} ` +
    '-c:v libx264 -preset ultrafast -g 40 -bf 2 -pix_fmt yuv420p -b:a 64k -ac 2 -ar 48000 ' +
    `-c:a:0 aac -c:a:1 ac3 -c:a:2 eac3 ${segmented} all%d.ts`
  const part = (map: string, name: string) => ({
    program: 'ffmpeg',
    args: words(`-v error -f concat -i all.txt ${map} -c copy ${segmented} ${name}%d.ts`),
  })
  const list = [...Array(SEGMENTS).keys()].map((i) => `file all${i}.ts\n`).join('')
  const folder = await encodedFiles(
    { program: 'ffmpeg', args: words(encode) },
    { program: 'sh', args: ['-c', `printf '${list.replaceAll('\n', '\\n')}' > all.txt`] },
    part('-map 0:v -map 0:a:0', 'one'),
    ...SOUND.map((codec, i) => part(`-map 0:a:${i}`, codec)),
  )
  const segmentsOf = (name: string) =>
    Promise.all([...Array(SEGMENTS).keys()].map((i) => readFile(join(folder, `${name}${i}.ts`))))
  const packed = async (codec: string) =>
    packedAudio((await segmentsOf(codec)).map((bytes) => ({ bytes, duration: SECONDS }))).map(({ bytes }) => bytes)
  const streams = [await segmentsOf('all'), await segmentsOf('one'), ...(await Promise.all(SOUND.map(packed)))]
  const probes = streams.map((segments) => segments.map((bytes) => probeOf(bytes)))
  const era: Era = {
    id: 1,
    origin: ORIGIN,
    clock: CLOCK,
    streams: probes.map(([first], i) => sourceStream(i + 1, first!)),
  }
  const sources = new Map<string, Buffer>()
  const segments = outputSegments(FIRST, Array(SEGMENTS).fill({ era, seconds: SECONDS })).map((segment, at) => ({
    ...segment,
    start: ticks(segment.start - EARLIER),
    slots: segment.slots.map((slot) => ({
      ...slot,
      start: ticks(slot.start - EARLIER),
      objects: Object.fromEntries(
        Object.entries(slot.objects).map(([index, object]): [string, SlotObject] => {
          const [bytes, probe] = [streams[Number(index) - 1]![at]!, probes[Number(index) - 1]![at]!]
          sources.set(object.key, Buffer.from(bytes))
          const { keyFrames, times } = probe
          return [index, { ...object, size: bytes.length, keyFrames, times }]
        }),
      ),
    })),
  }))
  return { window: windowOf(segments, { eras: [era], ended: true }), sources }
}

function probeOf(bytes: Uint8Array): MediaProbe {
  const probe = bytes[0] === 0x47 ? new TsProbe() : new PackedAudioProbe()
  probe.push(bytes)
  return probe.end()
}

function sourceStream(index: number, { tracks, container }: MediaProbe): SourceStream {
  if (container !== 'packed-audio') return variant(index, 500_000, tracks)
  const names = { groupId: `packed${index}`, name: `packed${index}` }
  const role = { kind: 'audio', ...names, isDefault: true, autoselect: true } as const
  return { ...variant(index, 0, tracks), playlist: `a${index}.m3u8`, role, container }
}
