/** What ffmpeg makes of pictures, sound and subtitles, read as ingest reads it and placed segment by segment. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SegmentInspection } from '../../src/ingest/segment-inspection.ts'
import { readSourcePlaylist } from '../../src/ingest/source-playlist.ts'
import { PTS_MODULUS, utcMs } from '../../src/media/time.ts'
import type { ListedPlaylist } from '../../src/model/listed-playlist.ts'
import { encodedFiles } from '../fixtures/encoded.ts'
import { needing } from '../programs.ts'
import { Rehearsal } from './rehearsal.ts'

const { before, it } = needing('ffmpeg')

const SECONDS = 12
const CUES = '1\n00:00:00,500 --> 00:00:01,500\nOne\n\n2\n00:00:05,000 --> 00:00:07,500\nTwo\n'

let folder: string
before(async () => {
  const pictures = ['-f', 'lavfi', '-i', `testsrc2=size=160x90:rate=25:duration=${SECONDS}`]
  const sound = ['-f', 'lavfi', '-i', `sine=sample_rate=48000:duration=${SECONDS}`]
  const inputs = [...pictures, ...sound, '-f', 'srt', '-i', 'pipe:0']
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50', '-c:a', 'aac']
  const hls = ['-f', 'hls', '-hls_time', '2', '-hls_list_size', '0', '-hls_flags', 'program_date_time']
  const streams = ['-master_pl_name', 'channel.m3u8', '-var_stream_map', 'v:0,a:0,s:0,sgroup:subs,language:en']
  const args = ['-map', '0:v', '-map', '1:a', '-map', '2:s', ...codecs, '-c:s', 'webvtt', ...hls, ...streams]
  const command = ['-v', 'error', ...inputs, ...args, 'out_%v.m3u8']
  folder = await encodedFiles({ program: 'ffmpeg', args: command, input: Buffer.from(CUES) })
})

async function playlistOf(name: string) {
  const text = await readFile(join(folder, name), 'utf8')
  return readSourcePlaylist(text, { name, folder: '/' }, 20)
}

/** Puts segment `i` of a playlist, and the playlist as far as it has come. */
async function write(r: Rehearsal, whole: ListedPlaylist, i: number): Promise<void> {
  const { name } = whole.segments[i]!
  const bytes = await readFile(join(folder, name))
  const inspection = new SegmentInspection({ name, maxTracks: 10 })
  inspection.push(bytes)
  const found = inspection.end(bytes.length)
  r.put(name, 'probe' in found ? found.probe : found.problem)
  r.take({ kind: 'media playlist', playlist: { ...whole, segments: whole.segments.slice(0, i + 1), ended: false } })
}

it('ffmpeg’s subtitles stand beside the pictures they were cut with', async () => {
  const parent = await playlistOf('channel.m3u8')
  assert.ok(parent.kind === 'parent')
  assert.deepEqual(
    parent.streams.map(({ role }) => role.kind),
    ['variant', 'subtitles'],
  )
  const lists = await Promise.all(parent.streams.map(({ playlist }) => playlistOf(playlist)))
  const [video, text] = lists.map((list) => (list.kind === 'media' ? list.playlist : assert.fail()))
  assert.ok(video && text && video.segments.length === SECONDS / 2 && text.segments.length === SECONDS / 2)
  const r = new Rehearsal()
  r.now = utcMs(video.segments[0]!.programDateTime ?? 0)
  r.streams(parent.streams)
  r.open(1, 2)
  for (let i = 0; i < SECONDS / 2; i++) {
    await write(r, video, i)
    await write(r, text, i)
    r.pass(2)
  }
  assert.deepEqual(r.gaps, [])
  assert.equal(r.outputs(1).length, SECONDS / 2)
  r.slots.forEach(({ start, duration, objects }, i) => {
    assert.equal(r.names.get(objects[1]!.key), video.segments[i]?.name)
    assert.equal(r.names.get(objects[2]!.key), text.segments[i]?.name)
    const [picture, sound] = objects[1]!.times!
    assert.equal(picture?.first, start)
    assert.equal(picture?.last, start + duration - 3600, 'the last of 25 pictures a second')
    assert.ok(sound && Math.abs(sound.first - start) < 9000)
    assert.deepEqual(
      objects[1]!.keyFrames?.map(({ pts }) => pts),
      [start],
    )
    assert.ok(start > PTS_MODULUS, 'ffmpeg begins at 1.4 seconds')
  })
  const [first, second] = r.eras.get(1)!.streams
  assert.equal(first?.container, 'mpeg-ts')
  assert.ok(first.bitrates?.every((rate) => rate > 10_000))
  assert.equal(second?.container, 'webvtt')
})
