import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { run, temporaryFolder, words } from './belongings.ts'
import { type Nginx, startNginx } from './nginx.ts'
import { Player } from './player.ts'

describe('hls.js in Chromium', () => {
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
    nginx = await startNginx(`root ${root}; add_header Access-Control-Allow-Origin *; open_file_cache off;`)
    player = await Player.start()
  })
  after(async () => {
    await player?.stop()
    await nginx?.stop()
  })

  /** A copy of the good presentation, changed. */
  function variant(name: string, change: (folder: string) => void): string {
    const folder = join(root, name)
    cpSync(join(root, 'good'), folder, { recursive: true })
    change(folder)
    return `${nginx.url}/${name}/index.m3u8`
  }

  it('plays a good presentation to its end', async () => {
    const { duration, frames } = await player.playToEnd(`${nginx.url}/good/index.m3u8`, 4)
    assert.ok(Math.abs(duration - 8) < 0.1, `${duration} s`)
    assert.ok(frames > 0)
  })
  it('says so when a segment is missing', async () => {
    const url = variant('missing', (folder) => rmSync(join(folder, 'v1.ts')))
    await assert.rejects(player.playToEnd(url, 4), /fragLoadError/)
  })
  it('says so when a segment is no media', async () => {
    const url = variant('noise', (folder) => writeFileSync(join(folder, 'v1.ts'), Buffer.alloc(5000, 1)))
    await assert.rejects(player.playToEnd(url, 4), /fragParsingError/)
  })
  it('says so when a live presentation stands still', async () => {
    const url = variant('still', (folder) => {
      const playlist = join(folder, 'v.m3u8')
      writeFileSync(playlist, readFileSync(playlist, 'utf8').replace(/(?<=v4\.ts\n).*/s, ''))
    })
    await assert.rejects(player.playLive(url, 3), /does not keep pace|bufferStalled|playlist/i)
  })
})
