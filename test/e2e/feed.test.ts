import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { feedCommand } from '../../src/cli/feed-command.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { apiOf, createChannel, createHarvestJob, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { run, start } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg')

const PROGRAM = fileURLToPath(new URL('../../bin/windrow', import.meta.url))
const MINUTE_MS = 60_000

type Told = {
  readonly state: string
  readonly from: string
  readonly until: string
  readonly segments: number
  readonly endpoints: readonly { readonly id: string; readonly url: string }[]
}

describe('windrow feed', () => {
  let windrow: Windrow
  let client: MediaPackageClient
  before(async () => {
    windrow = await Windrow.start()
    client = mediaPackage(windrow)
  })
  after(() => windrow?.kill())

  const keys = () => ({ AWS_ACCESS_KEY_ID: windrow.accessKeyId, AWS_SECRET_ACCESS_KEY: windrow.secretAccessKey })

  /** Runs the program to its end. */
  async function program(...flags: readonly string[]): Promise<Told> {
    const env = { PATH: process.env['PATH'], ...keys() }
    const { ended, said } = start(process.execPath, [PROGRAM, 'feed', '--url', windrow.url, ...flags], { env })
    assert.equal(await ended, 0, said())
    return JSON.parse(said()) as Told
  }

  /** The same in this process. */
  async function fed(...flags: readonly string[]): Promise<Told> {
    const lines: string[] = []
    const terminal: Terminal = {
      isTerminal: false,
      columns: 120,
      write: (text) => void lines.push(text),
      now: Date.now,
      sleep: (ms) => setTimeout(ms),
    }
    const pace = { now: Date.now, sleep: (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, { signal }) }
    const stop = new AbortController().signal
    await feedCommand(['--url', windrow.url, ...flags], { env: keys(), terminal, pace, stop })
    return JSON.parse(lines.at(-1)!) as Told
  }

  /** Harvests from one time to another, and gives where the parent manifest is. */
  async function harvested(endpoint: string, from: number, to: number): Promise<string> {
    const window = { startTime: new Date(from).toISOString(), endTime: new Date(to).toISOString() }
    const id = `${endpoint}-${from}`
    await createHarvestJob(client, id, endpoint, window, 'clips', `${id}/index.m3u8`)
    assert.equal(await harvestOutcome(client, id), 'SUCCEEDED')
    return join(windrow.bucketFolder('clips'), id, 'index.m3u8')
  }

  async function habitsOf(channel: string): Promise<unknown[]> {
    const answer = (await apiOf(windrow).ask('GET', `channels/${channel}/inputs`)) as {
      readonly inputs: readonly { readonly habits: readonly unknown[] }[]
    }
    return answer.inputs.flatMap(({ habits }) => habits)
  }

  it('fills a new channel with three minutes up to now, which are harvested at once', async () => {
    const began = Date.now()
    const { state, from, until, segments, endpoints } = await program('--channel', 'news', '--create', '--past', '3m')
    const ended = Date.now()
    assert.equal(state, 'ENDED')
    const [start, end] = [Date.parse(from), Date.parse(until)]
    // It begins with the segment that was shown three minutes before the program looked at its clock.
    assert.ok(start > began - 3 * MINUTE_MS - 2000 && start <= ended - 3 * MINUTE_MS, from)
    assert.ok(end <= ended && end >= began - 2000, until)
    assert.equal(segments, (end - start) / 2000)
    assert.deepEqual(
      endpoints.map(({ id }) => id),
      ['news-hls'],
    )
    assert.deepEqual(await habitsOf('news'), [])
    const manifest = await harvested('news-hls', start + MINUTE_MS, start + MINUTE_MS + 20_000)
    assert.deepEqual(await probed(manifest), { duration: 20, streams: ['aac', 'h264'], pictures: 500 })
  })

  it('goes on where the channel has it already', async () => {
    const { from, segments } = await fed('--channel', 'news', '--past', '3m', '--seconds', '4', '--speed', '100')
    assert.ok(segments >= 2 && segments < 30, `${segments} segments`)
    const start = Date.parse(from)
    const manifest = await harvested('news-hls', start - 20_000, start + 4000)
    assert.deepEqual(await probed(manifest), { duration: 24, streams: ['aac', 'h264'], pictures: 600 })
    assert.deepEqual(await habitsOf('news'), [])
  })

  it('feeds both inputs everything that the stream may have', async () => {
    await createChannel(client, 'rich')
    const everything = ['--renditions', '2', '--language', 'fr', '--subtitles', '--ads', '10s', '--id3']
    const wanted = ['--channel', 'rich', '--create', '--past', '28s', '--input', 'both', ...everything]
    const { from, endpoints } = await fed(...wanted)
    assert.deepEqual(await habitsOf('rich'), [])
    const start = Date.parse(from)
    const [url] = endpoints.map((endpoint) => endpoint.url)
    const query = `?start=${start / 1000}&end=${start / 1000 + 28}`
    const parent = await (await fetch(url + query)).text()
    assert.match(parent, /TYPE=AUDIO.*LANGUAGE="fr"/)
    assert.match(parent, /TYPE=SUBTITLES/)
    assert.equal([...parent.matchAll(/^#EXT-X-STREAM-INF:/gm)].length, 2)
    const [child] = /^[^#\n]+$/m.exec(parent) ?? []
    const media = await (await fetch(new URL(child!, url))).text()
    assert.match(media, /#EXT-X-CUE-OUT:10/)
    const { streams } = await probed(await harvested('rich-hls', start, start + 4000))
    assert.deepEqual(streams, ['aac', 'h264', 'scte_35', 'timed_id3'])
  })

  it('says what is wrong, and how it is made right', async () => {
    const failed = { name: 'CommandFailed' }
    await assert.rejects(fed('--channel', 'sports'), {
      ...failed,
      message: 'there is no channel "sports"; there are: news, rich; with --create it is made',
    })
    await assert.rejects(fed('--channel', 'news', '--past', '2d'), { name: 'CommandMisused' })
    await assert.rejects(fed('--channel', 'news', '--url', 'http://127.0.0.1:1'), {
      ...failed,
      message: /^http:\/\/127\.0\.0\.1:1 does not answer \(.*\)$/,
    })
  })
})

/** What ffprobe finds in the first programme of a manifest. */
async function probed(manifest: string) {
  const entries = 'format=duration:stream=codec_name,codec_type,nb_read_packets'
  const args = ['-v', 'error', '-count_packets', '-of', 'json', '-show_entries', entries, manifest]
  const { format, streams } = JSON.parse((await run('ffprobe', args)).toString()) as {
    readonly format: { readonly duration: string }
    readonly streams: readonly { readonly codec_name: string; readonly nb_read_packets?: string }[]
  }
  const pictures = streams.find(({ codec_name }) => codec_name === 'h264')?.nb_read_packets
  return {
    duration: Math.round(Number(format.duration)),
    streams: [...new Set(streams.map(({ codec_name }) => codec_name))].sort(),
    pictures: Number(pictures),
  }
}
