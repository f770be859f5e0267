import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MediaPackageClient, UpdateChannelCommand } from '@aws-sdk/client-mediapackage'
import { feedCommand } from '../../src/cli/feed-command.ts'
import { createChannel, createHarvestJob, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { ChangeStream, presignedStream, requested } from '../judges/change-stream.ts'
import { eventually, start } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'

/** A client of the standard: it connects again by itself, and says what it has dispatched. */
const EVENT_SOURCE = `
  // Its pause before it connects again does not keep a process.
  setInterval(() => {}, 1e6)
  const source = new EventSource(process.argv[1])
  for (const type of ['change', 'reset', 'error']) {
    source.addEventListener(type, ({ data, lastEventId }) => console.log(JSON.stringify({ type, data, lastEventId })))
  }
  source.addEventListener('open', () => console.log('{"type":"open"}'))`

describe('the stream of changes', () => {
  let windrow: Windrow
  let client: MediaPackageClient
  before(async () => {
    windrow = await Windrow.start()
    client = mediaPackage(windrow)
  })
  after(() => windrow?.kill())

  const describeChannel = (text: string) => client.send(new UpdateChannelCommand({ Id: 'news', Description: text }))

  /** Sends the last seconds of the test stream to the channel. */
  async function feed(seconds: number): Promise<void> {
    const env = { AWS_ACCESS_KEY_ID: windrow.accessKeyId, AWS_SECRET_ACCESS_KEY: windrow.secretAccessKey }
    const terminal = { isTerminal: false, columns: 120, write() {}, now: Date.now, sleep: async () => {} }
    const pace = { now: Date.now, sleep: async () => {} }
    const flags = ['--url', windrow.url, '--channel', 'news', '--past', `${seconds}s`]
    await feedCommand(flags, { env, terminal, pace, stop: new AbortController().signal })
  }

  it('tells what the API, an encoder and a harvest change, and goes on where it was', async () => {
    const stream = await ChangeStream.open(windrow)
    await createChannel(client, 'news')
    await stream.change('channel', 'news')
    await createHlsEndpoint(client, 'news', 'news-hls')
    await stream.change('originEndpoint', 'news-hls')
    const from = Date.now() - 20_000
    await feed(20)
    await stream.change('content', 'news')
    const window = { startTime: new Date(from).toISOString(), endTime: new Date(from + 10_000).toISOString() }
    await createHarvestJob(client, 'job', 'news-hls', window, 'clips', 'job/index.m3u8')
    await stream.change('harvestJob', 'job')
    await stream.until('the event of its end', ({ data }) => data?.includes('"kind":"event"') === true)
    stream.leave()
    await eventually('the stream to end', () => stream.end)

    await describeChannel('told later')
    for (const resumed of [{ headers: { 'Last-Event-ID': stream.lastId } }, { query: { after: stream.lastId } }]) {
      const again = await ChangeStream.open(windrow, resumed)
      const { id } = await again.change('channel', 'news')
      assert.notEqual(id, stream.lastId)
      again.leave()
    }
  })

  it('is read by EventSource, which goes on when the server was away and is back', async () => {
    const args = ['--no-warnings', '--experimental-eventsource', '-e', EVENT_SOURCE, await presignedStream(windrow)]
    const source = start(process.execPath, args)
    let taken = 0
    // What came before may still be told of: content of the feed, the end of the harvest.
    const next = (type: string, data?: string) =>
      eventually(`EventSource to say ${type} ${data ?? ''}`, () => {
        const lines = source.said().split('\n').slice(0, -1)
        while (taken < lines.length) {
          const event = JSON.parse(lines[taken++]!) as Readonly<Record<string, string>>
          if (event['type'] === type && (data === undefined || event['data'] === data)) return event
        }
        return undefined
      })
    const ofChannel = '{"kind":"channel","id":"news"}'
    await next('open')
    await describeChannel('before')
    const { data, lastEventId } = await next('change', ofChannel)
    assert.equal(data, ofChannel)
    await windrow.stop()
    await next('error')
    await windrow.start()
    const reset = await next('reset')
    assert.equal(reset['data'], '{"reason":"OTHER_PROCESS"}')
    assert.notEqual(reset['lastEventId'], lastEventId)
    await describeChannel('after')
    assert.equal((await next('change', ofChannel))['data'], data)
    source.child.kill()
  })

  it('says that it cannot go on when the server was killed, and tells what changes from then on', async () => {
    const stream = await ChangeStream.open(windrow)
    await windrow.kill()
    await eventually('the stream to be cut off', () => stream.end)
    await windrow.start()
    const again = await ChangeStream.open(windrow, { headers: { 'Last-Event-ID': stream.lastId } })
    const { data } = await again.until('a reset', ({ event }) => event === 'reset')
    assert.equal(data, '{"reason":"OTHER_PROCESS"}')
    await describeChannel('after the kill')
    await again.change('channel', 'news')
    again.leave()
  })

  it('is for those who sign', async () => {
    const { url, accessKeyId } = windrow
    const stranger = { url, accessKeyId, secretAccessKey: 'guessed' }
    const { status } = await requested(stranger, {}, {}, new AbortController().signal)
    assert.equal(status, 403)
    assert.equal((await fetch(`${windrow.url}/windrow/v1/changes`)).status, 403)
  })

  it('ends, with a pause before the next one, when the server stops, which does not wait for it', async () => {
    const stream = await ChangeStream.open(windrow)
    assert.equal(await windrow.stop(), 0)
    await eventually('the stream to end', () => stream.end)
    assert.equal(stream.end, 'ended')
    assert.ok(stream.retry >= 2000, `${stream.retry} ms`)
  })
})
