import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { createChannel, createHlsEndpoint, type Ingest, mediaPackage } from '../judges/aws.ts'
import { DigestClient } from '../judges/digest-client.ts'
import { encodeLadder, readCopy, startPush } from '../judges/encoder.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { assertCarries } from '../judges/packet-comparison.ts'
import { watchLive } from '../judges/playlists.ts'
import { eventually, temporaryFolder } from '../judges/processes.ts'
import { Pusher, segmentName } from '../judges/pusher.ts'
import { run, SegmentLineup } from '../judges/segment-lineup.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg')

const SECONDS = 12
const HOUR_MS = 3_600_000
/** A restarted encoder's content: another part of the loop under the names of the first. */
const RESTARTED = 1000

describe('an encoder', () => {
  let windrow: Windrow
  let client: MediaPackageClient
  let loop: LoopRendition[]
  let lineup: SegmentLineup
  before(async () => {
    // Shorter than a segment: every later request of an encoder comes with a nonce that has run out.
    windrow = await Windrow.start({ environment: { WINDROW_NONCE_LIFETIME: '1s' } })
    client = mediaPackage(windrow)
    loop = await encodeLoop()
    lineup = new SegmentLineup(loop)
  })
  after(() => windrow?.kill())

  type Studio = { readonly ingest: Ingest; readonly url: string; readonly pusher: Pusher }

  async function studio(name: string, good = 3): Promise<Studio> {
    const ingest = await createChannel(client, name)
    const url = await createHlsEndpoint(client, name, name, { SegmentDurationSeconds: 1 })
    const pusher = new Pusher(ingest, loop, Date.now() - HOUR_MS)
    await pusher.pushParent()
    for (let count = 0; count < good; count++) await pusher.pushNext()
    return { ingest, url, pusher }
  }

  /** Segments and playlists as given, without asking whether that is how it is done. */
  async function put(pusher: Pusher, number: number): Promise<void> {
    for (const { name, segment } of loop.map((each) => ({ name: each.name, segment: each.segment(number) }))) {
      assert.equal((await pusher.put(segmentName(name, number), segment)).status, 201)
    }
  }
  async function list(pusher: Pusher, last: number): Promise<void> {
    for (const { name } of loop) await pusher.pushPlaylist(name, last)
  }

  describe('like ffmpeg, whose nonces run out and which deletes behind itself', { concurrency: true }, () => {
    for (const persistent of [true, false]) {
      it(`loses nothing with -http_persistent ${persistent ? 1 : 0}`, async () => {
        const name = persistent ? 'one-connection' : 'many-connections'
        const folder = temporaryFolder('habits')
        const encoded = await encodeLadder(SECONDS)
        const ingest = await createChannel(client, name)
        const url = await createHlsEndpoint(client, name, name)
        const push = { ingest, copy: folder, seconds: SECONDS, encoded, persistent, listed: 2, deletes: true }
        const encoder = startPush(push)
        const seen = await watchLive(url)
        assert.equal(await encoder.ended, 0, encoder.said())
        await assertCarries(seen, readCopy(folder), name)
        assert.equal(seen[0]!.segments.length, SECONDS / 2)
      })
    }
  })

  it('may close its side of a connection as soon as it has sent a segment, as ffmpeg does', async () => {
    const { ingest, pusher, url } = await studio('hangs-up', 1)
    const ffmpeg = new DigestClient(ingest.username, ingest.password, { algorithm: 'MD5', hangsUp: true })
    for (let number = 1; number <= 10; number++) {
      for (const { name, ...rendition } of loop) {
        const body = rendition.segment(number)
        const { status } = await ffmpeg.send('PUT', pusher.urlOf(segmentName(name, number)), { body })
        assert.equal(status, 201)
        await pusher.pushPlaylist(name, number)
      }
    }
    await lineup.becomes(url, run(0, 10))
  })

  it('may list its segments later than it puts them', async () => {
    const { pusher, url } = await studio('late-playlist', 2)
    for (let number = 2; number <= 5; number++) await put(pusher, number)
    await lineup.becomes(url, '0 1')
    await list(pusher, 5)
    await lineup.becomes(url, run(0, 5))
  })

  it('may list a segment before it puts it', async () => {
    const { pusher, url } = await studio('early-playlist')
    await list(pusher, 3)
    await lineup.becomes(url, run(0, 2))
    await put(pusher, 3)
    await lineup.becomes(url, run(0, 3))
  })

  it('may never put what it lists: a discontinuity, and the late segment is not inserted', async () => {
    const { pusher, url } = await studio('never-put')
    await list(pusher, 3)
    await put(pusher, 4)
    await list(pusher, 4)
    await put(pusher, 5)
    await list(pusher, 5)
    await lineup.becomes(url, '0 1 2 | 4 5')
    await put(pusher, 3)
    await put(pusher, 6)
    await list(pusher, 6)
    await lineup.becomes(url, '0 1 2 | 4 5 6')
  })

  it('may put a segment and a playlist twice', async () => {
    const { pusher, url } = await studio('twice')
    await put(pusher, 2)
    await put(pusher, 3)
    await put(pusher, 3)
    await list(pusher, 3)
    await list(pusher, 3)
    await put(pusher, 4)
    await list(pusher, 4)
    await lineup.becomes(url, run(0, 4))
  })

  it('may put other bytes under a published name, which alters nothing', async () => {
    const { pusher, url } = await studio('other-bytes')
    await lineup.becomes(url, run(0, 2))
    for (const { name, ...rendition } of loop) {
      assert.equal((await pusher.put(segmentName(name, 1), rendition.segment(RESTARTED))).status, 201)
      await pusher.pushPlaylist(name, 2)
    }
    pusher.published = 3
    await pusher.pushNext()
    // A fresh pair of eyes: nothing remembered from the first look.
    await new SegmentLineup(loop).becomes(url, run(0, 3))
  })

  it('may fall silent and go on', async () => {
    const { pusher, url } = await studio('silent')
    await sleep(2500)
    await lineup.becomes(url, run(0, 2))
    await pusher.pushNext()
    await lineup.becomes(url, run(0, 3))
  })

  it('may begin again at 0 with the names it had: a discontinuity, and the old segments stay what they were', async () => {
    const { ingest, url, pusher } = await studio('restart')
    const later = loop.map((each) => ({ ...each, segment: (number: number) => each.segment(number + RESTARTED) }))
    const restarted = new Pusher(ingest, later, pusher.dateOf(60))
    await restarted.pushParent()
    for (let count = 0; count < 4; count++) await restarted.pushNext()
    await new SegmentLineup(loop, [0, 1, 2, 1000, 1001, 1002, 1003]).becomes(url, '0 1 2 | 1000 1001 1002 1003')
  })

  it('may delete what it has put, which shortens nothing', async () => {
    const { pusher, url } = await studio('deletes', 5)
    for (const { name } of loop) {
      for (let number = 0; number < 5; number++) {
        const { status } = await pusher.client.send('DELETE', pusher.urlOf(segmentName(name, number)))
        assert.ok(status >= 200 && status < 300, `${status}`)
      }
    }
    await pusher.pushNext()
    await new SegmentLineup(loop).becomes(url, run(0, 5))
  })

  it('finishes an upload that SIGTERM finds half done, and Windrow ends with 0', async () => {
    const { ingest, pusher, url } = await studio('stopped')
    const [big, small] = loop as [LoopRendition, LoopRendition]
    assert.equal((await pusher.put(segmentName(small.name, 3), small.segment(3))).status, 201)
    const segment = big.segment(3)
    const halves = [segment.subarray(0, 1000), segment.subarray(1000)] as const
    let stopped: Promise<number | string> | undefined
    async function* upload() {
      yield halves[0]
      stopped = windrow.stop()
      await eventually('Windrow to be told to stop', () => /"stopping: /.test(windrow.log) || undefined)
      yield halves[1]
    }
    // It has the request when the first half is sent.
    const sending = { body: upload(), waitsToBeAsked: true }
    const { status } = await pusher.client.send('PUT', pusher.urlOf(segmentName(big.name, 3)), sending)
    assert.equal(status, 201)
    assert.equal(await stopped, 0, windrow.log)

    await windrow.start()
    const afterwards = new DigestClient(ingest.username, ingest.password)
    for (const { name } of loop) {
      const body = pusher.playlist(name, 3)
      assert.equal((await afterwards.send('PUT', pusher.urlOf(`channel-${name}.m3u8`), { body })).status, 201)
    }
    afterwards.close()
    await lineup.becomes(url, run(0, 3))
  })
})
