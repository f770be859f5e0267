/** Clips that begin and end at the picture asked for, as ffmpeg shows them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../../src/cli/api-client.ts'
import { type FixtureName, fixture } from '../fixtures/catalogue.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import type { Cue } from '../fixtures/web-vtt.ts'
import { createChannel, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { run } from '../judges/processes.ts'
import { type Random, seededRandom } from '../judges/random.ts'
import { Windrow } from '../judges/windrow.ts'
import { plain, webVttCues } from '../matrix/cues.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg')

const FIXTURES: readonly FixtureName[] = [
  'h264-aac',
  'b-pyramid-open-gop',
  'hevc-open-gop',
  'ntsc-rate',
  'interlaced-frames',
  'ac3-surround',
  'aac-44100',
]
const CLIPS = 1
const BUCKET = 'clips'
const HOUR_MS = 3_600_000

describe('a clip cut to the frame', () => {
  let windrow: Windrow
  let api: ApiClient
  before(async () => {
    windrow = await Windrow.start()
    const { url, accessKeyId, secretAccessKey } = windrow
    api = apiClient({ url, region: 'us-east-1', keys: { accessKeyId, secretAccessKey } }, Date.now)
  })
  after(() => windrow?.stop())

  for (const name of FIXTURES) {
    it(`shows the pictures and the sound asked for, and no others: ${name}`, async () => {
      const made = await fixture(name)
      const client = mediaPackage(windrow)
      const begin = Date.now() - HOUR_MS
      await pushFixture(await createChannel(client, name), made, begin)
      await createHlsEndpoint(client, name, name, { SegmentDurationSeconds: 2 })
      const source = await shownBy(sourceOf(made), '-copyts')
      const random = seededRandom(7)
      for (let n = 0; n < CLIPS; n++) {
        const clip = randomClip(random, source.pictures)
        const id = `${name}-${n}`
        const iso = (seconds: number) => new Date(begin + Math.round(seconds * 1000)).toISOString()
        const origin = source.pictures[0]!.time
        const body = {
          id,
          originEndpointId: name,
          startTime: iso(source.pictures[clip.first]!.time - origin),
          endTime: iso(source.pictures[clip.end]!.time - origin),
          s3Destination: {
            bucketName: BUCKET,
            manifestKey: `${id}/clip.mp4`,
            roleArn: 'arn:aws:iam::000000000000:role/harvest',
          },
          deliverables: [{ kind: 'MP4' }],
          cut: 'FRAME',
        }
        await api.ask('POST', 'harvest_jobs', { body })
        assert.equal(await harvestOutcome(client, id), 'SUCCEEDED', windrow.log)
        const shown = await shownBy(join(windrow.bucketFolder(BUCKET), id, 'clip.mp4'))
        const wanted = source.pictures.slice(clip.first, clip.end)
        assert.deepEqual(
          shown.pictures.map(({ hash }) => hash),
          wanted.map(({ hash }) => hash),
          `${id}: pictures ${clip.first} to ${clip.end}`,
        )
        const length = source.pictures[clip.end]!.time - wanted[0]!.time
        const last = shown.pictures.at(-1)!.time - shown.pictures[0]!.time
        assert.ok(Math.abs(last - (wanted.at(-1)!.time - wanted[0]!.time)) < 0.001, 'at their times')
        assertSound(id, shown, source, wanted[0]!.time, length)
      }
    })
  }
})

describe('what is made beside a clip', () => {
  let windrow: Windrow
  before(async () => {
    windrow = await Windrow.start()
  })
  after(() => windrow?.stop())

  /** Harvests from a second on; gives the folder. */
  async function harvest(name: FixtureName, from: number, deliverables: readonly object[], file: string) {
    const made = await fixture(name)
    const { url, accessKeyId, secretAccessKey } = windrow
    const api = apiClient({ url, region: 'us-east-1', keys: { accessKeyId, secretAccessKey } }, Date.now)
    const client = mediaPackage(windrow)
    const begin = Date.now() - HOUR_MS
    await pushFixture(await createChannel(client, name), made, begin)
    await createHlsEndpoint(client, name, name, { SegmentDurationSeconds: 2 })
    const iso = (seconds: number) => new Date(begin + Math.round(seconds * 1000)).toISOString()
    const roleArn = 'arn:aws:iam::000000000000:role/harvest'
    const s3Destination = { bucketName: BUCKET, manifestKey: `${name}/${file}`, roleArn }
    const window = { startTime: iso(from), endTime: iso(8) }
    const body = { id: name, originEndpointId: name, ...window, s3Destination, deliverables, cut: 'FRAME' }
    await api.ask('POST', 'harvest_jobs', { body })
    assert.equal(await harvestOutcome(client, name), 'SUCCEEDED', windrow.log)
    return { made, folder: join(windrow.bucketFolder(BUCKET), name) }
  }

  it('counts from its first picture: subtitles', async () => {
    const { made, folder } = await harvest('webvtt-renditions', 1.6, [{ kind: 'SUBTITLES' }], 'clip.vtt')
    for (const { language, cues } of made.cues!) {
      const given = webVttCues(readFileSync(join(folder, `clip_${language}.vtt`), 'utf8'))
      const line = ({ start, end, text }: Cue) => `${start.toFixed(2)} ${end.toFixed(2)} ${text}`
      const wanted = cues
        .filter(({ start, end }) => end > 1.6 && start < 8)
        .map(({ start, end, text }) => ({
          start: Math.max(0, start - 1.6),
          end: Math.min(end, 8) - 1.6,
          text: plain(text),
        }))
      assert.deepEqual(given.map(line).toSorted(), wanted.map(line).toSorted())
    }
  })

  it('has the pictures of its map: a sprite sheet of groups of pictures that are open', async () => {
    const { made, folder } = await harvest('b-pyramid-open-gop', 0, [{ kind: 'STILLS', sprite: true }], 'clip.jpg')
    const map = readFileSync(join(folder, 'clip_sprite.vtt'), 'utf8')
    const tiles = [...map.matchAll(/xywh=(\d+),(\d+),(\d+),(\d+)/g)].map(([, ...numbers]) => numbers.map(Number))
    assert.equal(tiles.length, 4)
    for (const [n, [x, y, w, h]] of tiles.entries()) {
      const picture = `[1:v]select='gte(t-start_t\\,${2 * n - 0.001})',setpts=PTS-STARTPTS,scale=${w}:${h}[b]`
      const filter = `[0:v]crop=${w}:${h}:${x}:${y}[a];${picture};[a][b]psnr=stats_file=-`
      const inputs = ['-i', join(folder, 'clip_sprite.jpg'), '-i', 'pipe:0']
      const args = ['-v', 'error', ...inputs, '-filter_complex', filter, '-frames:v', '1', '-f', 'null', '-']
      const [, value = ''] = /psnr_avg:(\S+)/.exec((await run('ffmpeg', args, [sourceOf(made)])).toString()) ?? []
      assert.ok(value === 'inf' || Number(value) > 25, `tile ${n} beside the picture at ${2 * n} s: ${value} dB`)
    }
  })
})

type Picture = { readonly time: number; readonly hash: string }
type Shown = { readonly pictures: readonly Picture[]; readonly sound: Sound | undefined }
type Sound = { readonly rate: number; readonly from: number; readonly samples: Int16Array }

function randomClip(random: Random, pictures: readonly Picture[]): { readonly first: number; readonly end: number } {
  const first = random.integer(1, pictures.length - 40)
  return { first, end: random.integer(first + 5, pictures.length - 20) }
}

/** The segments of the stream that has pictures. */
function sourceOf({ streams }: Fixture): Buffer {
  return Buffer.concat(streams[0]!.segments.map(({ bytes }) => bytes))
}

/** What ffmpeg shows of a file from its beginning to its end, edits applied. */
async function shownBy(input: string | Buffer, ...options: readonly string[]): Promise<Shown> {
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
/** Of AC-3. */
const MOST_FRAME_SECONDS = 0.033

/**
 * The sound of the clip is that of the source from its first picture on, to the sample, and as long. Decoders add noise
 * of their own, so that it is not the same bit by bit.
 */
function assertSound(id: string, clip: Shown, source: Shown, start: number, length: number): void {
  assert.equal(clip.sound === undefined, source.sound === undefined, id)
  if (!clip.sound || !source.sound) return
  const { rate, samples, from } = clip.sound
  const at = Math.round((start - source.sound.from + from) * rate)
  const wanted = source.sound.samples.subarray(at, at + samples.length)
  const compared = Math.min(samples.length, wanted.length)
  let best = { shift: Number.NaN, difference: Infinity }
  for (let shift = -MOST_SHIFT; shift <= MOST_SHIFT; shift++) {
    let difference = 0
    for (let i = 2048; i < Math.min(compared, 22_000) - MOST_SHIFT; i++) {
      difference += Math.abs(samples[i]! - source.sound.samples[at + i + shift]!)
    }
    if (difference < best.difference) best = { shift, difference }
  }
  assert.ok(Math.abs(best.shift) <= 2, `${id}: sound is ${best.shift} samples late, of ${rate}`)
  const seconds = samples.length / rate + from
  // ffmpeg plays the last frame of sound to its end.
  const late = seconds - length
  assert.ok(late > -0.002 && late < MOST_FRAME_SECONDS, `${id}: ${seconds} s of sound beside ${length} s of pictures`)
}
