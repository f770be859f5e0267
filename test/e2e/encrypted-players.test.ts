import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { cmaf } from '../../src/packaging/cmaf/format.ts'
import { type ContentKeys, withKeys } from '../../src/packaging/content-keys.ts'
import { dash } from '../../src/packaging/dash/format.ts'
import { protecting } from '../../src/packaging/protecting.ts'
import { Player, type PlayerKeys } from '../judges/player.ts'
import { listen } from '../judges/processes.ts'
import { protectedChannel } from '../keys/protected-channel.ts'
import { keyBytes, sampleKeys } from '../keys/sample-keys.ts'
import { hexId, type SystemsSketch, samplePssh, systemsEncryption, WIDEVINE } from '../keys/sample-systems.ts'
import { assetOf } from '../origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint } from '../origin/sample-endpoints.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

/** The system of browsers that are given keys themselves: dash.js shows nothing of systems that a browser lacks. */
const CLEAR_KEY = 'e2719d58-a985-b3c9-781a-b030af78d30e'

/** What a provider says for players that fetch keys: where they are, and nothing of systems that the browser lacks. */
const forPlayers = (at: string): ContentKeys =>
  sampleKeys((kid, systemId) =>
    systemId === WIDEVINE ? { uriExtXKey: `${at}/key/${kid}`, keyFormat: 'identity' } : samplePssh(kid, systemId),
  )

describe('encrypted presentations', { concurrency: 3 }, () => {
  let player: Player
  let server: Server
  let at: string
  let channel: Awaited<ReturnType<typeof protectedChannel>>
  const files = new Map<string, Uint8Array>()
  before(async () => {
    channel = await protectedChannel('h264')
    server = createServer(({ url = '' }, response) => {
      const kid = /^\/key\/(.*)$/.exec(url)?.[1]
      const body = kid === undefined ? files.get(url) : keyBytes(kid)
      response.writeHead(body ? 200 : 404, { 'Access-Control-Allow-Origin': '*' }).end(body)
    })
    at = await listen(server)
    player = await Player.start()
  })
  after(async () => {
    await player?.stop()
    server?.close()
  })

  /** Serves the asset of an endpoint below a folder; answers the keys that it needs. */
  async function serve(folder: string, format: 'cmaf' | 'dash', method: 'CBCS' | 'CENC', sketch: SystemsSketch) {
    const keys = forPlayers(at)
    const encryption = systemsEncryption(method, sketch)
    const endpoint = format === 'cmaf' ? cmafEndpoint({ encryption }) : dashEndpoint({ encryption })
    const window = await withKeys(endpoint, channel.window, keys)
    const asset = assetOf(protecting(format === 'cmaf' ? cmaf : dash), endpoint, window)!
    const media = channel.archive.media()
    for (const file of asset.segments) {
      const body = await file.body(media, keys)
      assert.ok(body?.kind === 'bytes')
      files.set(`/${folder}/${file.name}`, Buffer.concat(body.parts))
    }
    for (const { name, body } of asset.manifests) files.set(`/${folder}/${name}`, Buffer.from(body().text))
    const path = `${folder}/index.${format === 'cmaf' ? 'm3u8' : 'mpd'}`
    files.set(`/${path}`, Buffer.from(asset.parent.text))
    const kids = [...window.keys!.values()].flat().map(({ kid }) => kid)
    const entries = kids.map((kid) => [hexId(kid), keyBytes(kid).toString('hex')] as const)
    return { url: `${at}/${path}`, keys: Object.fromEntries(entries) satisfies PlayerKeys }
  }

  for (const rotates of [false, true]) {
    const how = rotates ? 'keys that rotate' : 'one key'
    for (const engine of ['shaka', 'dash.js'] as const) {
      it(`play as DASH in ${engine}, with ${how}`, async () => {
        const { url, keys } = await serve(`${engine}-${rotates}`, 'dash', 'CENC', { rotates, systemIds: [CLEAR_KEY] })
        const { frames } = await player.playToEnd(engine, url, 4, { keys })
        assert.ok(frames >= 140, `${frames} pictures`)
      })
    }
    it(`play as HLS in shaka-player, which gets each key by its URI, with ${how}`, async () => {
      const { url, keys } = await serve(`hls-${rotates}`, 'cmaf', 'CBCS', { rotates })
      const { frames } = await player.playToEnd('shaka', url, 4)
      assert.ok(frames >= 140, `${frames} pictures`)
      assert.ok(Object.keys(keys).length === (rotates ? 2 : 1))
    })
  }
})
