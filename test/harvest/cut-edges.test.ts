/** Ranges that are cut beside the edges of segments and gaps, to the frame or exactly, as ffmpeg shows them. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixture } from '../fixtures/catalogue.ts'
import { apiOf, createChannel, createHlsEndpoint, harvested, mediaPackage } from '../judges/aws.ts'
import { run } from '../judges/processes.ts'
import { type Shown, shownBy, soundOffset } from '../judges/shown.ts'
import { Windrow } from '../judges/windrow.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'
import { someOf } from '../whole.ts'

const { after, before, describe, it } = needing('ffmpeg')

const HOUR_MS = 3_600_000
/** From the beginning of the fixture to where the encoder begins with it again. */
const AGAIN_SECONDS = 30
const EXACT_KINDS = ['CMAF', 'DASH', 'MP4', 'METADATA']
const KINDS = ['HLS', 'MSS', ...EXACT_KINDS]
const deliverablesOf = (kinds: readonly string[]) => kinds.map((kind) => ({ kind }))

describe('a range that is cut to the frame', () => {
  let windrow: Windrow
  let begin: number
  let source: Shown
  before(async () => {
    windrow = await Windrow.start()
    begin = Date.now() - HOUR_MS
    const made = await fixture('id3-in-ts')
    source = await shownBy(Buffer.concat(made.streams[0]!.segments.map(({ bytes }) => bytes)), '-copyts')
    const channel = await createChannel(mediaPackage(windrow), 'cut')
    await pushFixture(channel, made, begin)
    await pushFixture(channel, made, begin + AGAIN_SECONDS * 1000)
    await createHlsEndpoint(mediaPackage(windrow), 'cut', 'cut', { SegmentDurationSeconds: 2 })
  })
  after(() => windrow?.stop())

  /** Seconds of the fixture; the pictures that are shown, and how many segments have them. */
  const cases: Readonly<Record<string, { window: readonly [number, number]; shows: readonly [number, number] }>> = {
    'begins with the next segment, of which its first picture is': { window: [3.99, 4.8], shows: [100, 120] },
    'shows the last picture where the next segment is not in the window': { window: [3.985, 3.99], shows: [99, 100] },
    'shows the first picture of the next segment alone': { window: [3.985, 4.01], shows: [100, 101] },
    'shows one picture where it is shorter': { window: [4.503, 4.51], shows: [113, 114] },
    'shows the first picture behind a gap': { window: [AGAIN_SECONDS - 1, AGAIN_SECONDS + 0.015], shows: [0, 1] },
  }
  const all = [...Object.entries(cases).entries()]
  for (const [i, [what, { window, shows }]] of someOf(all, 2)) {
    it(what, async () => {
      const [start, end] = window.map((seconds) => begin + Math.round(seconds * 1000)) as [number, number]
      const id = `edge-${i}`
      const asked = { id, originEndpointId: 'cut', file: 'clip.m3u8', start, end, report: true }
      const folder = await harvested(windrow, { ...asked, deliverables: deliverablesOf(KINDS), cut: 'FRAME' })
      const read = (name: string) => readFileSync(join(folder, name), 'utf8')
      const wanted = source.pictures.slice(...shows).map(({ hash }) => hash)
      const movie = await shownBy(join(folder, 'clip.mp4'))
      assert.deepEqual(
        movie.pictures.map(({ hash }) => hash),
        wanted,
      )
      // Of less, nothing can be told of where it lies.
      const sound = wanted.length > 10 && soundOffset(movie, source, source.pictures[shows[0]]!.time)
      assert.ok(sound === false || (sound && Math.abs(sound.late) <= 2), 'its sound lies as in the source')
      const segments = readdirSync(folder).filter((name) => /_1_\d+\.ts$/.test(name))
      assert.equal(segments.length, 1)
      const inTs = (await shownBy(join(folder, segments[0]!))).pictures.map(({ hash }) => hash)
      assert.ok(inTs.includes(wanted[0]!), 'HLS shows the first picture')
      const listed = (name: RegExp, entry: RegExp) =>
        [
          ...read(readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((file) => name.test(file))!).matchAll(
            entry,
          ),
        ].map(String)
      const inDash = listed(/\.mpd$/, /<S (?!.* r=)[^>]*>/g)
      assert.equal(inDash.length, listed(/\.mpd$/, /<SegmentTimeline/g).length, 'DASH lists one segment')
      const inMss = listed(/Manifest$/, /<c (?!.* r=)[^>]*>/g)
      assert.equal(inMss.length, listed(/Manifest$/, /<StreamIndex/g).length, 'MSS lists one fragment')
      assertReported(folder, wanted.length)
    })
  }

  for (const [i, [what, { window, shows }]] of someOf(all, 4)) {
    it(`${what}, cut exactly`, async () => {
      const [start, end] = window.map((seconds) => begin + Math.round(seconds * 1000)) as [number, number]
      const asked = { id: `exact-${i}`, originEndpointId: 'cut', file: 'clip.m3u8', start, end, report: true }
      const deliverables = deliverablesOf(EXACT_KINDS)
      const folder = await harvested(windrow, { ...asked, deliverables, cut: 'FRAME_EXACT' })
      const length = shows[1] - shows[0]
      assert.equal((await shownBy(join(folder, 'clip.mp4'))).pictures.length, length)
      assert.equal(readdirSync(folder).filter((name) => /video_.*\.mp4$/.test(name) && !/init/.test(name)).length, 1)
      assertReported(folder, length)
    })
  }

  /** The report, and the metadata, are of so many pictures. */
  function assertReported(folder: string, pictures: number): void {
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    const { firstFrame, lastFrame } = JSON.parse(read('harvest.json')).shown
    const length = Date.parse(lastFrame) - Date.parse(firstFrame)
    assert.ok(Math.abs(length - (pictures - 1) * 40) <= 1, `${length} ms from the first frame to the last`)
    const { events } = JSON.parse(read('clip.json')) as { events: readonly { time: number }[] }
    for (const { time } of events) assert.ok(time >= 0 && time < pictures * 0.04, `a tag at ${time} s`)
  }

  it('plays as a clip where it ends within the first picture behind a gap', async () => {
    const [startTime, endTime] = [AGAIN_SECONDS - 1, AGAIN_SECONDS + 0.015].map((seconds) =>
      new Date(begin + Math.round(seconds * 1000)).toISOString(),
    )
    const body = { id: 'gap', originEndpointId: 'cut', startTime, endTime, cut: 'FRAME' }
    const { urls } = (await apiOf(windrow).ask('POST', 'clips', { body })) as { urls: Readonly<Record<string, string>> }
    let segments = 0
    const follow = async (url: string): Promise<void> => {
      const response = await fetch(url)
      assert.equal(response.status, 200, `${url}: ${response.headers.get('x-windrow-error')}`)
      const text = await response.text()
      if (!url.endsWith('.m3u8')) segments++
      else for (const line of text.split('\n')) if (/^[^#]/.test(line)) await follow(`${new URL(line, url)}`)
    }
    for (const [kind, url] of Object.entries(urls)) if (kind !== 'MP4') await follow(url)
    assert.ok(segments > 3)
  })

  it('has nothing of the segment before in MP4, whose parameter sets are others', async () => {
    const made = await fixture('parameter-sets-change')
    await pushFixture(await createChannel(mediaPackage(windrow), 'sets'), made, begin)
    await createHlsEndpoint(mediaPackage(windrow), 'sets', 'sets', { SegmentDurationSeconds: 2 })
    const window = { start: begin + 3990, end: begin + 4800 }
    const deliverables = [{ kind: 'MP4' }]
    const asked = {
      id: 'sets',
      originEndpointId: 'sets',
      file: 'clip.mp4',
      deliverables,
      cut: 'FRAME',
      ...window,
    } as const
    const file = join(await harvested(windrow, asked), 'clip.mp4')
    await run('ffmpeg', ['-v', 'error', '-xerror', '-err_detect', 'explode', '-i', file, '-f', 'null', '-'], [])
    assert.equal((await shownBy(file)).pictures.length, 20)
  })
})
