import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { needing } from '../programs.ts'
import { IS_WHOLE } from '../whole.ts'
import { type Nginx, startNginx } from './nginx.ts'
import { excusedOf, fallsBehind, hasEnded, isLateMachine, isSeen, Player } from './player.ts'
import { run, temporaryFolder, words } from './processes.ts'
import { packageReference, REFERENCE_SECONDS } from './reference-packager.ts'

const { after, before, describe, it } = needing('ffmpeg', 'nginx', 'chromium')

/** A tour lasts as long as the machine takes for it, and what it watches must not end before. */
const TOUR_SECONDS = 240

describe('a player in Chromium', { concurrency: 3 }, () => {
  const root = temporaryFolder('player')
  let nginx: Nginx
  let player: Player
  before(async () => {
    const good = join(root, 'good')
    mkdirSync(good)
    await run('ffmpeg', [
      ...words('-loglevel error -f lavfi -i testsrc2=size=160x90:rate=25 -t 8 -c:v libx264 -b:v 200k'),
      ...words(
        `-preset ultrafast -pix_fmt yuv420p -g 25 -f hls -hls_time 1 -hls_list_size 0 -master_pl_name index.m3u8 ${good}/v.m3u8`,
      ),
    ])
    await Promise.all([packageReference(root), packageReference(join(root, 'long'), TOUR_SECONDS)])
    nginx = await startNginx(`root ${root}; add_header Access-Control-Allow-Origin *; open_file_cache off;`)
    player = await Player.start()
  })
  after(async () => {
    await player?.stop()
    await nginx?.stop()
  })

  /** A copy of a good presentation, changed. */
  function variant(name: string, change: (folder: string) => void, of = 'good/index.m3u8'): string {
    const folder = join(root, name)
    cpSync(join(root, dirname(of)), folder, { recursive: true })
    change(folder)
    return `${nginx.url}/${name}/${basename(of)}`
  }

  it('is behind the clock by more than a moment in a short look, by more than one part in twenty in a long one', () => {
    const looks: readonly (readonly [gained: number, wall: number, excused: number])[] = [
      [1740, 1840, 0],
      [1500, 1840, 0],
      [1500, 1840, 200],
      [9600, 10_000, 0],
      [9400, 10_000, 0],
      [7000, 10_000, 2000],
    ]
    assert.deepEqual(
      looks.map((look) => fallsBehind(...look)),
      [false, true, false, false, true, true],
    )
  })

  it('is excused what stood still by its own account, unless it was kept from running for most of the look', () => {
    const looks: readonly (readonly [wall: number, late: number, stalls: number])[] = [
      [3510, 1700, 430],
      [3510, 2470, 430],
      [1910, 750, 0],
      [1910, 100, 0],
    ]
    assert.deepEqual(
      looks.map((look) => excusedOf(...look)),
      [430, 2470, 250, 100],
    )
  })

  it('looks on while a picture stands, for as long as the next random access point may take', () => {
    const looks: readonly (readonly [wall: number, late: number, pictures: number])[] = [
      [1100, 0, 20],
      [1100, 200, 20],
      [1780, 470, 0],
      [9900, 0, 0],
      [10_100, 0, 0],
      [11_000, 2000, 0],
      [11_000, 10_500, 1],
      [101_000, 95_000, 0],
    ]
    assert.deepEqual(
      looks.map(([wall, late, pictures]) => isSeen({ wall, late, pictures }, 1000)),
      [true, false, false, false, true, false, true, true],
    )
  })

  it('has ended when it says so, and where its picture stands still at the end for longer than a moment', () => {
    const stall = (at: number, stood: number, to = 5000) => [{ at, from: to - stood, to, stood, ahead: 0 }]
    const seen: readonly (readonly [ended: boolean, mediaSeconds: number, stalls: ReturnType<typeof stall>])[] = [
      [true, 9.7, []],
      [false, 9.95, stall(9.95, 300)],
      [false, 9.95, stall(9.95, 200)],
      [false, 9.95, stall(4, 300, 2000)],
      [false, 9.7, stall(9.7, 3000)],
      [false, 9.95, []],
    ]
    assert.deepEqual(
      seen.map(([ended, mediaSeconds, stalls]) => hasEnded({ ended, now: 5000, mediaSeconds, duration: 10, stalls })),
      [true, true, false, false, false, false],
    )
    assert.ok(!hasEnded({ ended: false, now: 5000, mediaSeconds: 0, duration: 0, stalls: stall(0, 3000) }))
  })

  it('plays a good presentation to its end', async () => {
    const { duration, frames } = await player.playToEnd('hls.js', `${nginx.url}/good/index.m3u8`, 4)
    assert.ok(Math.abs(duration - 8) < 0.1, `${duration} s`)
    assert.ok(frames > 0)
  })
  it("takes a stall for the machine's when it was late for as long, and for ours otherwise", () => {
    const text =
      'mediaError bufferStalledError: Error: Playback stalling at @7.131375 due to low buffer ({"len":2.948625'
    const stall = { at: 10_000, text, still: 1300, ahead: 2.9 }
    assert.ok(isLateMachine(stall, 1100))
    assert.ok(!isLateMachine(stall, 1000))
    assert.ok(!isLateMachine({ ...stall, text: 'networkError fragLoadError: Error: HTTP Error 404 Not Found' }, 5000))
  })
  it('says so when a segment is missing', async () => {
    const url = variant('missing', (folder) => rmSync(join(folder, 'v1.ts')))
    await assert.rejects(player.playToEnd('hls.js', url, 4), /fragLoadError/)
  })
  it('says so when a segment is no media', async () => {
    const url = variant('noise', (folder) => writeFileSync(join(folder, 'v1.ts'), Buffer.alloc(5000, 1)))
    await assert.rejects(player.playToEnd('hls.js', url, 4), /fragParsingError/)
  })
  it('says so when a live presentation stands still', async () => {
    const url = variant('still', (folder) => {
      const playlist = join(folder, 'v.m3u8')
      writeFileSync(playlist, readFileSync(playlist, 'utf8').replace(/(?<=v4\.ts\n).*/s, ''))
    })
    // Five seconds are there: however late the machine is, it cannot be to blame for all of the rest.
    await assert.rejects(player.playLive('hls.js', url, 25), /does not keep pace|bufferStalled|playlist/i)
  })

  it('says so when no picture follows the first one while time passes', async () => {
    const folder = join(root, 'one-picture')
    mkdirSync(folder)
    await run('ffmpeg', [
      ...words('-loglevel error -f lavfi -i testsrc2=size=160x90:rate=1/60 -f lavfi -i sine=r=48000 -t 60'),
      ...words('-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -c:a aac -f hls -hls_time 60'),
      ...words('-hls_segment_type fmp4 -hls_list_size 0 -hls_fmp4_init_filename init.mp4 -master_pl_name index.m3u8'),
      join(folder, 'v.m3u8'),
    ])
    const url = `${nginx.url}/one-picture/index.m3u8`
    await assert.rejects(player.playLive('hls.js', url, 1), /does not keep pace: \d+\.\d\d s and 0 pictures/)
  })

  const viewings = [
    { engine: 'hls.js', path: 'hls/index.m3u8', tours: true, inGate: false },
    { engine: 'shaka', path: 'hls/index.m3u8', tours: false, inGate: false },
    { engine: 'shaka', path: 'dash/index.mpd', tours: true, inGate: true },
    { engine: 'dash.js', path: 'dash/index.mpd', tours: false, inGate: false },
    { engine: 'dash.js', path: 'mss/Manifest', tours: IS_WHOLE, inGate: true },
  ] as const
  for (const { engine, path, tours } of viewings.filter(({ inGate }) => IS_WHOLE || inGate)) {
    describe(`${engine} with ${path}`, () => {
      it('plays it to its end', async () => {
        const { duration, frames } = await player.playToEnd(engine, `${nginx.url}/${path}`, 4)
        assert.ok(Math.abs(duration - REFERENCE_SECONDS) < 0.2, `${duration} s`)
        assert.ok(frames > 0)
      })
      // Once for each engine.
      if (tours) {
        it('watches both levels and both languages, and goes back', async () => {
          const tour = { switches: true, seekBack: 2 }
          const { language } = await player.playLive(engine, `${nginx.url}/long/${path}`, 1, tour)
          // ffmpeg's Smooth Streaming names no language.
          assert.match(language, path.startsWith('mss') ? /^und/ : /^fr/)
        })
        it('says so when a segment is missing', async () => {
          const url = variant(`less-${engine}-${dirname(path)}`, removeThirdSegments, path)
          await assert.rejects(player.playToEnd(engine, url, 4), /does not play/)
        })
      }
    })
  }
})

/** Of the pictures, in both sizes. */
function removeThirdSegments(folder: string): void {
  const third = /(big|small)\/3\.mp4$|\/Fragments\(video=4\d{7}\)$/
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => third.test(name))
  assert.equal(names.length, 2)
  for (const name of names) rmSync(join(folder, name))
}
