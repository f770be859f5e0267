import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodedFiles } from '../fixtures/encoded.ts'
import { createChannel, type Ingest, mediaPackage } from '../judges/aws.ts'
import { DigestClient } from '../judges/digest-client.ts'
import type { Playback } from '../judges/playback.ts'
import { Player } from '../judges/player.ts'
import { eventually, words } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { OUTPUTS } from '../matrix/outputs.ts'
import { needing } from '../programs.ts'
import { someOf } from '../whole.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

/** A segment lasts 48 pictures, or 90 frames of sound. */
const SECONDS = 57.6
/** English is in the variant, German beside it. */
const PARENT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,URI="german.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=600000,AUDIO="a"
english.m3u8
`

/** A picture with sound, and other sound alone. */
function encode(): Promise<string> {
  const files = (name: string) =>
    words(`-f hls -hls_time 1.92 -hls_list_size 0 -hls_segment_filename ${name}-%d.ts ${name}.m3u8`)
  return encodedFiles({
    program: 'ffmpeg',
    args: [
      ...words(`-loglevel error -f lavfi -i testsrc2=size=160x90:rate=25 -f lavfi -i sine=f=440:r=48000`),
      ...words(`-f lavfi -i sine=f=880:r=48000 -t ${SECONDS} -map 0:v -map 1:a -c:v libx264 -preset ultrafast`),
      ...words('-pix_fmt yuv420p -g 48 -keyint_min 48 -sc_threshold 0 -b:v 200k -c:a aac -b:a 64k -threads 1'),
      ...files('english'),
      ...words(`-t ${SECONDS} -map 2:a -c:a aac -b:a 64k`),
      ...files('german'),
    ],
  })
}

async function push(ingest: Ingest): Promise<void> {
  const folder = await encode()
  const client = new DigestClient(ingest.username, ingest.password)
  const put = async (name: string, body: Uint8Array) => {
    const { status } = await client.send('PUT', new URL(name, ingest.url).href, { body })
    assert.equal(status, 201, name)
  }
  await put('channel.m3u8', Buffer.from(PARENT))
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
    await put(name, readFileSync(join(folder, name)))
  }
  for (const name of ['english.m3u8', 'german.m3u8']) await put(name, readFileSync(join(folder, name)))
  client.close()
}

describe('main sound in the variants, and another language beside it', { concurrency: 2 }, () => {
  let windrow: Windrow
  let player: Player
  const urls = new Map<string, string>()
  before(async () => {
    windrow = await Windrow.start()
    player = await Player.start()
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'muxed')
    for (const output of OUTPUTS) urls.set(output.name, await output.create(client, 'muxed'))
    await push(ingest)
    await eventually('every manifest', async () => {
      const answers = await Promise.all([...urls.values()].map((url) => fetch(url)))
      await Promise.all(answers.map((answer) => answer.arrayBuffer()))
      return answers.every(({ ok }) => ok) || undefined
    })
  })
  after(async () => {
    await player?.stop()
    await windrow?.stop()
  })

  const viewings = [
    ['hls.js', 'hls'],
    ['hls.js', 'hls-groups'],
    ['hls.js', 'cmaf'],
    ['shaka', 'hls-groups'],
    ['shaka', 'cmaf'],
    ['shaka', 'dash-number'],
    ['dash.js', 'dash-number'],
  ] as const
  for (const [engine, output] of someOf(viewings, 3)) {
    it(`is played by ${engine} as ${output}, English first and German when asked for`, async () => {
      const url = urls.get(output)!
      let first = ''
      const onBegin = ({ language }: Playback) => {
        first = language
      }
      const switched = await player.playLive(engine, url, 1, { switches: true, onBegin })
      assert.match(first, /^en/)
      assert.match(switched.language, /^(de|ger)/)
    })
  }

  it('is played by dash.js as mss, English listed first and each when asked for', async () => {
    const url = urls.get('mss')!
    const text = await (await fetch(url)).text()
    assert.deepEqual(text.match(/(?<=Type="audio".*Language=")\w+/g), ['en', 'de'])
    // No default can be told in this format: dash.js begins with the higher bit rate.
    const { language } = await player.playLive('dash.js', url, 1, { switches: true })
    assert.equal(language, 'de', 'the last it was asked for')
  })
})
