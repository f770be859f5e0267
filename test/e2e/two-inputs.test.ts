import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { createHlsEndpoint, createRedundantChannel, type Ingest, mediaPackage } from '../judges/aws.ts'
import { eventually, type Running, temporaryFolder } from '../judges/belongings.ts'
import { encodeLadder, startPush } from '../judges/encoder.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { Player } from '../judges/player.ts'
import { fetchMediaPlaylist, renditionsOf, watchLive } from '../judges/playlists.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'

/** Segments of a second: due for a second, and missing for two. What a busy machine takes is on top. */
const STATED_MS = 3000
const SLACK_MS = 1000

describe('a channel with two inputs', () => {
  let windrow: Windrow
  let client: MediaPackageClient
  before(async () => {
    windrow = await Windrow.start()
    client = mediaPackage(windrow)
  })
  after(() => windrow?.kill())

  it('goes on from the second within the stated time when the first is killed, without a seam', async () => {
    const loop = await encodeLoop()
    const inputs = await createRedundantChannel(client, 'seamless')
    const url = await createHlsEndpoint(client, 'seamless', 'seamless', { SegmentDurationSeconds: 1 })
    const [first, second] = await pushers(inputs, loop)
    let killedAt = 0
    let isEnough = false
    const pushingFirst = pace(first, () => isEnough)
    const pushingSecond = pace(second, () => killedAt > 0 && performance.now() - killedAt > 8000)
    const stop = new AbortController()
    const watched = watchLive(url, stop.signal)
    const newest = async () => (await rendition(url)).at(-1)?.programDateTime?.getTime() ?? 0
    await eventually('six segments', 20, async () => (await rendition(url)).length >= 6 || undefined)
    isEnough = true
    killedAt = await pushingFirst
    const last = first.dateOf(first.published - 1)
    await eventually('what only the second input has', 10, async () => (await newest()) > last || undefined)
    const took = performance.now() - killedAt
    assert.ok(took > STATED_MS - 100 && took < STATED_MS + SLACK_MS, `${took} ms`)
    await sleep(2000)
    stop.abort()
    await pushingSecond
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

  it('plays on in hls.js while its encoders are killed and restarted in turn', async () => {
    const inputs = await createRedundantChannel(client, 'in-turn')
    const url = await createHlsEndpoint(client, 'in-turn', 'in-turn', { SegmentDurationSeconds: 2 })
    const encoded = join(temporaryFolder('ladder'), 'ladder.ts')
    await encodeLadder(encoded, 45, 1)
    const running: Running[] = []
    const encode = (ingest: Ingest) => {
      const copy = temporaryFolder('copy')
      const encoder = startPush({ ingest, copy, seconds: 45, encoded, segmentSeconds: 1 })
      running.push(encoder)
      return encoder
    }
    const player = await Player.start()
    try {
      const [first, second] = inputs.map(encode) as [Running, Running]
      await eventually(`four segments at ${url}`, 30, async () => (await rendition(url)).length >= 4 || undefined)
      const playing = player.playLive('hls.js', url, 26)
      await sleep(6000)
      first.child.kill('SIGKILL')
      await sleep(3000)
      encode(inputs[0])
      await sleep(6000)
      second.child.kill('SIGKILL')
      await sleep(4000)
      encode(inputs[1])
      const { frames } = await playing
      assert.ok(frames > 300, `${frames} frames`)
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

/** Pushes a segment a second; resolves to when the last was pushed, by the performance clock. */
async function pace(pusher: Pusher, isOver: () => boolean): Promise<number> {
  const began = performance.now()
  let pushedAt = began
  while (!isOver()) {
    await pusher.pushNext()
    pushedAt = performance.now()
    await sleep(Math.max(began + 1000 * pusher.published - performance.now(), 0))
  }
  pusher.close()
  return pushedAt
}

/** The segments of the first rendition; none before there are any. */
async function rendition(url: string) {
  const response = await fetch(url)
  const parent = await response.text()
  return response.ok ? (await fetchMediaPlaylist(renditionsOf(parent, url)[0]!.url)).segments : []
}
