import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { createHlsEndpoint, createRedundantChannel, type Ingest, mediaPackage } from '../judges/aws.ts'
import { encodeLadder, startPush } from '../judges/encoder.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { MachineWatch } from '../judges/machine.ts'
import { Player } from '../judges/player.ts'
import { firstRendition, watchLive } from '../judges/playlists.ts'
import { eventually, type Running, temporaryFolder } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { faultsOf, inWords, type Viewing, watchAll } from './encoders-in-turn.ts'

const { after, before, describe, it } = needing('ffmpeg', 'chromium')

/** Segments of a second: due for a second, and missing for two. */
const STATED_MS = 3000
/**
 * From then on: a look of the server at what is due, a push of the second input, and a look of the test at the outcome.
 */
const SLACK_MS = 1000

/** Of the programme: more than the players watch, also on a machine on which they begin late. */
const MOST_SECONDS = 100

const NEAR = { SuggestedPresentationDelaySeconds: 8, MinUpdatePeriodSeconds: 2, MinBufferTimeSeconds: 4 }
const VIEWINGS: readonly Viewing[] = [
  { engine: 'hls.js', output: 'hls', segmentSeconds: 2 },
  { engine: 'shaka', output: 'NUMBER_WITH_TIMELINE', segmentSeconds: 2 },
  { engine: 'dash.js', output: 'TIME_WITH_TIMELINE', segmentSeconds: 2 },
]

describe('a channel with two inputs', { concurrency: true }, () => {
  let windrow: Windrow
  let client: MediaPackageClient
  let machine: MachineWatch
  before(async () => {
    machine = await MachineWatch.start()
    windrow = await Windrow.start()
    client = mediaPackage(windrow)
  })
  after(async () => {
    await windrow?.kill()
    await machine?.stop()
  })

  it('goes on from the second within the stated time when the first is killed, without a seam', async () => {
    const loop = await encodeLoop()
    const inputs = await createRedundantChannel(client, 'seamless')
    const url = await createHlsEndpoint(client, 'seamless', 'seamless', { SegmentDurationSeconds: 1 })
    const [first, second] = await pushers(inputs, loop)
    let isEnough = false
    let isOver = false
    const began = performance.now()
    const pushingFirst = pace(first, began, () => isEnough)
    const stop = new AbortController()
    const watched = watchLive(url, stop.signal)
    watched.catch(() => {})
    // The endpoint follows the input that it heard first.
    await eventually('a segment of the first input', async () => (await firstRendition(url)).length > 0 || undefined)
    const pushingSecond = pace(second, began, () => isOver)
    const newest = async () => (await firstRendition(url)).at(-1)?.programDateTime?.getTime() ?? 0
    let last: number
    try {
      await eventually('six segments', async () => (await firstRendition(url)).length >= 6 || undefined)
      isEnough = true
      const lastPush = await pushingFirst
      last = first.dateOf(first.published - 1)
      await eventually('what only the second input has', async () => (await newest()) > last || undefined)
      const seenAt = performance.now()
      // The server hears of the last segment at some moment of its push, and misses an input that the machine keeps
      // away.
      const [after, all] = [await machine.lateness(lastPush.to, seenAt), await machine.lateness(began, seenAt)]
      const most = seenAt - lastPush.from
      assert.ok(most > STATED_MS - 100 - all, `${most} ms, the machine was late by ${all} ms since the beginning`)
      const took = seenAt - lastPush.to
      assert.ok(took < STATED_MS + SLACK_MS + after, `${took} ms, the machine was late by ${after} ms`)
      await eventually('five seconds of the second input', async () => (await newest()) > last + 4000 || undefined)
    } finally {
      stop.abort()
      isEnough = isOver = true
      await pushingSecond
    }
    for (const { segments, url: name } of await watched) {
      const dates = segments.map(({ date }) => date!.getTime())
      assert.deepEqual(
        dates,
        dates.map((_, i) => dates[0]! + 1000 * i),
        `${name} has every second once`,
      )
      assert.ok(segments.every(({ discontinuitySequence }) => discontinuitySequence === 0))
      assert.ok(dates.at(-1)! > last + 3000)
    }
  })

  it('plays on in every player while its encoders are killed and restarted in turn', async (test) => {
    const inputs = await createRedundantChannel(client, 'in-turn')
    const urls = new Map([
      ['hls', await createHlsEndpoint(client, 'in-turn', 'in-turn', { SegmentDurationSeconds: 2 })],
    ])
    for (const format of ['NUMBER_WITH_TIMELINE', 'TIME_WITH_TIMELINE'] as const) {
      // As near to the live edge as HLS is played.
      const DashPackage = { SegmentDurationSeconds: 2, SegmentTemplateFormat: format, ...NEAR }
      const command = new CreateOriginEndpointCommand({ ChannelId: 'in-turn', Id: format, DashPackage })
      urls.set(format, (await client.send(command)).Url!)
    }
    const url = urls.get('hls')!
    const encoded = await encodeLadder(MOST_SECONDS, 1)
    const running: Running[] = []
    const encode = (ingest: Ingest) => {
      const copy = temporaryFolder('copy')
      const encoder = startPush({ ingest, copy, seconds: MOST_SECONDS, encoded, segmentSeconds: 1 })
      running.push(encoder)
      return encoder
    }
    /** In the middle of a segment: one that has arrived in a part of its streams is another story. */
    const kill = async ({ child }: Running) => {
      const listed = (await firstRendition(url)).at(-1)?.mediaSequenceNumber
      await eventually('a new segment', async () => {
        return (await firstRendition(url)).at(-1)?.mediaSequenceNumber !== listed || undefined
      })
      await sleep(300)
      child.kill('SIGKILL')
    }
    const player = await Player.start()
    try {
      const [first, second] = inputs.map(encode) as [Running, Running]
      await eventually(`five segments at ${url}`, async () => (await firstRendition(url)).length >= 5 || undefined)
      const over = new AbortController()
      const { watching, begun } = watchAll(player, VIEWINGS, urls, once(over.signal, 'abort'))
      await begun
      await sleep(6000)
      await kill(first)
      await sleep(3000)
      encode(inputs[0])
      await sleep(6000)
      await kill(second)
      await sleep(4000)
      encode(inputs[1])
      await sleep(5000)
      over.abort()
      const watched = await watching
      for (const line of inWords(watched)) test.diagnostic(line)
      assert.deepEqual(faultsOf(watched), [])
      assert.match(windrow.log, /switched to the other input/)
    } finally {
      await player.stop()
      for (const { child } of running) child.kill('SIGKILL')
    }
  })
})

/** Two encoders of one programme, on one timeline. */
async function pushers(inputs: readonly Ingest[], loop: readonly LoopRendition[]): Promise<[Pusher, Pusher]> {
  const firstDate = Date.now()
  const both = inputs.map((ingest) => new Pusher(ingest, loop, firstDate)) as [Pusher, Pusher]
  for (const pusher of both) await pusher.pushParent()
  return both
}

/**
 * Pushes a segment a second, the first at `began`; resolves to when the last was pushed. Times are of
 * `performance.now()`.
 */
async function pace(
  pusher: Pusher,
  began: number,
  isOver: () => boolean,
): Promise<{ readonly from: number; readonly to: number }> {
  let last = { from: began, to: began }
  while (!isOver()) {
    const from = performance.now()
    await pusher.pushNext()
    last = { from, to: performance.now() }
    await sleep(Math.max(began + 1000 * pusher.published - performance.now(), 0))
  }
  pusher.close()
  return last
}
