import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import hlsParser from 'hls-parser'
import type { Era } from '../../src/model/output-segment.ts'
import { encodedFiles } from '../fixtures/encoded.ts'
import { needing } from '../programs.ts'
import { OriginUnderTest } from './origin-under-test.ts'
import { audio, CLOCK, GUID, ORIGIN, outputSegments, variant, video, windowOf } from './sample-channel.ts'
import { hlsEndpoint } from './sample-endpoints.ts'

const { after, before, describe, it } = needing('ffmpeg')

const run = promisify(execFile)

/** One video and two audio tracks, as ffmpeg numbers them. */
const TRACKS = [video(180), audio(257, 'eng'), audio(258, 'deu')]
const ERA: Era = { id: 1, origin: ORIGIN, clock: CLOCK, streams: [variant(1, 500_000, TRACKS)] }
const SLOTS = ['s1-1-0', 's1-1-1', 's1-2-0', 's1-2-1']

/** Timestamps and payload digests of a stream's packets, as ffmpeg reads them. */
async function packetsOf(input: string, map: string): Promise<readonly string[]> {
  const args = ['-v', 'error', '-copyts', '-i', input, '-map', map, '-c', 'copy', '-f', 'framehash', '-']
  const { stdout } = await run('ffmpeg', args, { maxBuffer: 1 << 24 })
  const fields = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return fields.map((line) => line.split(',').slice(1).join(',').replaceAll(' ', ''))
}

describe('audio split off from muxed segments', () => {
  let folder: string
  let encoded: string
  let base: string
  let origin: OriginUnderTest

  before(async () => {
    origin = new OriginUnderTest()
    folder = await mkdtemp(join(tmpdir(), 'windrow-split-'))
    const encode =
      '-v error -t 4 -f lavfi -i testsrc2=size=320x180:rate=25 -t 4 -f lavfi -i sine=frequency=440 ' +
      '-t 4 -f lavfi -i sine=frequency=880 -map 0:v -map 1:a -map 2:a ' +
      '-metadata:s:a:0 language=eng -metadata:s:a:1 language=deu ' +
      '-c:v libx264 -preset ultrafast -g 25 -bf 2 -pix_fmt yuv420p -c:a aac -b:a 64k -ac 2 -ar 48000 ' +
      '-f segment -segment_time 1 -segment_format mpegts seg%d.ts'
    encoded = await encodedFiles({ program: 'ffmpeg', args: encode.split(' ') })
    const segments = outputSegments(1, [
      { era: ERA, seconds: 2, slots: 2 },
      { era: ERA, seconds: 2, slots: 2 },
    ])
    const endpoint = hlsEndpoint({ durationSeconds: 2, useAudioRenditionGroup: true })
    origin.serve(endpoint, windowOf(segments, { eras: [ERA], ended: true }))
    for (const [i, key] of SLOTS.entries()) {
      origin.archive.overrides.set(key, await readFile(join(encoded, `seg${i}.ts`)))
    }
    await origin.listen()
    base = `${origin.url}/out/v1/${GUID}/`
  })

  after(async () => {
    await origin.close()
    await rm(folder, { recursive: true })
  })

  /** What ffmpeg finds in the source, over all segments. */
  const sourcePackets = (map: string) => {
    return packetsOf(`concat:${SLOTS.map((_, i) => join(encoded, `seg${i}.ts`)).join('|')}`, map)
  }

  /**
   * Every segment a playlist lists, in one file. (ffmpeg's HLS reader gives the second frame of an audio-only segment
   * the time of the first, also in segments ffmpeg wrote; its TS reader does not.)
   */
  async function download(playlist: string): Promise<string> {
    const { segments } = hlsParser.parse(await (await fetch(base + playlist)).text()) as hlsParser.types.MediaPlaylist
    const bodies = await Promise.all(segments.map(async ({ uri }) => (await fetch(base + uri)).arrayBuffer()))
    const file = join(folder, `${playlist}.ts`)
    await writeFile(file, Buffer.concat(bodies.map((body) => Buffer.from(body))))
    return file
  }

  for (const [what, playlist, map] of [
    ['the video', 'index_1.m3u8', '0:v'],
    ['the first audio', 'index_1_0.m3u8', '0:a:0'],
    ['the second audio', 'index_1_1.m3u8', '0:a:1'],
  ] as const) {
    it(`${what} has every packet of the source, unchanged, and is alone`, async () => {
      const source = await sourcePackets(map)
      assert(source.length >= 100, `${source.length} packets`)
      assert.deepEqual(await packetsOf(await download(playlist), '0'), source)
    })
  }

  it('is what ffprobe finds behind the parent playlist', async () => {
    const args = [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_type:stream_tags=language,variant_bitrate',
      '-of',
      'json',
    ]
    const { stdout } = await run('ffprobe', [...args, `${base}index.m3u8`])
    const { streams } = JSON.parse(stdout) as { streams: { codec_type: string; tags?: { language?: string } }[] }
    assert.deepEqual(streams.map(({ codec_type, tags }) => `${codec_type} ${tags?.language ?? ''}`.trim()).toSorted(), [
      'audio deu',
      'audio eng',
      'video',
    ])
  })

  it('is made once, and the same for everyone', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => fetch(`${base}index_1_0_1.ts`).then((answer) => answer.arrayBuffer())),
    )
    const digests = new Set(answers.map((body) => createHash('sha256').update(Buffer.from(body)).digest('hex')))
    assert.equal(digests.size, 1)
  })
})
