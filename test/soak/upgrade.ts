/**
 * Nodes of the release before are replaced by nodes of this one, one by one, while an encoder pushes to all of them in
 * turn: `npm run soak -- --only upgrade`. The build before is WINDROW_BEFORE=<built checkout>, or is made of the newest
 * tag, or of the commit below as long as there is no release.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateOriginEndpointCommand,
  DescribeChannelCommand,
  UpdateOriginEndpointCommand,
} from '@aws-sdk/client-mediapackage'
import { announcingBreaks, breakBegins } from '../fixtures/announced-breaks.ts'
import {
  createChannel,
  createHarvestJob,
  createHlsEndpoint,
  harvestOutcome,
  type Ingest,
  mediaPackage,
} from '../judges/aws.ts'
import { type Answer, DigestClient } from '../judges/digest-client.ts'
import { encodeLoop, type LoopRendition, TINY } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { openS3, type S3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { buildBefore } from '../packages/build-before.ts'
import { startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'upgrade'
export const onlyByName = true

const NODES = 3
const SEGMENT_SECONDS = 6
const HLS = {
  SegmentDurationSeconds: SEGMENT_SECONDS,
  PlaylistWindowSeconds: 300,
  ProgramDateTimeIntervalSeconds: 1,
  AdMarkers: 'SCTE35_ENHANCED',
} as const
/** Segments that are pushed before the first node is replaced, and after each step. */
const SEGMENTS = 6

/** Sends each request of an encoder to the next of the nodes that there are. */
class SpreadingPusher extends Pusher {
  nodes: readonly Windrow[] = []
  requests = 0
  private readonly to: Ingest
  private readonly clients = new Map<Windrow, DigestClient>()

  constructor(ingest: Ingest, renditions: readonly LoopRendition[], firstDate: number) {
    super(ingest, renditions, firstDate)
    this.to = ingest
  }

  override put(name: string, body: Uint8Array): Promise<Answer> {
    const node = this.nodes[this.requests++ % this.nodes.length]!
    let client = this.clients.get(node)
    if (!client) {
      client = new DigestClient(this.to.username, this.to.password)
      this.clients.set(node, client)
    }
    return client.send('PUT', `${new URL(new URL(this.urlOf(name)).pathname, node.url)}`, { body })
  }

  override close(): void {
    super.close()
    for (const client of this.clients.values()) client.close()
  }
}

/** Throws unless old and new nodes show the same, and all that was pushed. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const before = buildBefore(log)
  const program = join(before, 'bin/windrow')
  const canGoBack = readFileSync(join(before, 'src/stores/postgres/schema.ts'), 'utf8').includes('USABLE_FROM')
  const [database, swift] = await Promise.all([startPostgres(), startSwift()])
  const s3 = openS3(swift)
  await Promise.all([s3.makeBucket('archive'), s3.makeBucket('clips')])
  const environment = {
    ...harvestsTo(swift),
    WINDROW_DATABASE_URL: await database.createDatabase(),
    WINDROW_ARCHIVE_BUCKET: 'archive/live',
  }
  const startOld = () => Windrow.start({ environment, program })
  const startNew = () => Windrow.start({ environment })
  const all: Windrow[] = []
  const started = async (starting: Promise<Windrow>) => {
    const node = await starting
    all.push(node)
    return node
  }
  let pusher: SpreadingPusher | undefined
  try {
    let nodes = await Promise.all(Array.from({ length: NODES }, () => started(startOld())))
    const client = mediaPackage(nodes[0]!)
    const ingest = await createChannel(client, 'tv')
    const paths = [await createHlsEndpoint(client, 'tv', 'hls', HLS), await createCmafEndpoint(nodes[1]!)].map(
      (url) => new URL(url).pathname,
    )
    const began = Date.now() - 3600_000
    const loop = await encodeLoop({ ...TINY, segmentSeconds: SEGMENT_SECONDS })
    pusher = new SpreadingPusher(ingest, loop.map(announcingBreaks), began)
    const push = async (count: number) => {
      for (const end = pusher!.published + count; pusher!.published < end; ) await pusher!.pushNext()
    }
    const compare = async (what: string) => {
      const digests = await compared(nodes, paths, pusher!)
      log(`${what}: ${pusher!.published} segments, ${digests} digests alike at ${nodes.length} nodes`)
    }

    pusher.nodes = nodes
    await pusher.pushParent()
    await push(SEGMENTS)
    await compare('all of the build before')
    let harvests = 0
    for (let replaced = 0; replaced < NODES; replaced++) {
      const [leaving, ...others] = nodes as [Windrow, ...Windrow[]]
      // The new one joins first. Requests go on meanwhile, also to the one that leaves.
      const joining = started(startNew())
      await push(2)
      const joined = await joining
      nodes = [...nodes, joined]
      pusher.nodes = nodes
      await push(SEGMENTS)
      await compare(`${replaced + 1} new beside ${NODES - replaced} old`)
      const oldest = mediaPackage(leaving)
      assert.equal((await mediaPackage(joined).send(new DescribeChannelCommand({ Id: 'tv' }))).Id, 'tv')
      for (const [asked, at] of [
        [oldest, mediaPackage(joined)],
        [mediaPackage(joined), oldest],
      ] as const) {
        const id = `clip-${++harvests}`
        const window = {
          startTime: new Date(pusher.dateOf(1)).toISOString(),
          endTime: new Date(pusher.dateOf(5)).toISOString(),
        }
        await createHarvestJob(asked, id, 'hls', window, 'clips', `${id}/index.m3u8`)
        assert.equal(await harvestOutcome(at, id), 'SUCCEEDED')
      }
      if (canGoBack && replaced === 0) {
        // One of the build before can still join, as when an upgrade is taken back.
        const returned = await started(startOld())
        pusher.nodes = nodes = [...nodes, returned]
        await push(SEGMENTS)
        await compare('and an old one that has joined since')
        pusher.nodes = nodes = nodes.filter((node) => node !== returned)
        assert.equal(await returned.stop(), 0)
      }
      nodes = [...others, joined]
      pusher.nodes = nodes
      const stopped = leaving.stop()
      await push(2)
      assert.equal(await stopped, 0)
      await push(SEGMENTS)
      await compare(`${leaving.url} is gone`)
    }
    // What the nodes before know nothing of is there once nobody of them is left: breaks of which messages tell.
    await mediaPackage(nodes[0]!).send(
      new UpdateOriginEndpointCommand({ Id: 'hls', StartoverWindowSeconds: 86_400, HlsPackage: HLS }),
    )
    const first = pusher.published
    await push(3 * SEGMENTS)
    await compare('cut at ad boundaries')
    const breaks = await breaksShown(nodes, paths[0]!, pusher, first)
    log(`${breaks} breaks alike at ${nodes.length} nodes`)
    const clips = await Promise.all(Array.from({ length: harvests }, (_, n) => digestsOf(s3, `clip-${n + 1}/`)))
    for (const clip of clips) assert.deepEqual(clip, clips[0])
    assert.ok(!all.some((node) => node.log.includes('unexpected-error')))
    return {
      'build before': before,
      segments: pusher.published,
      requests: pusher.requests,
      harvests,
      breaks,
      'going back': canGoBack ? 'shown' : 'not shown: the build before refuses every newer schema',
    }
  } finally {
    pusher?.close()
    await Promise.all(all.map((node) => node.stop()))
    await Promise.all([database.stop(), swift.stop()])
  }
}

/** Throws unless all nodes show the breaks of segments from one on, with the same tags; gives how many there are. */
async function breaksShown(nodes: readonly Windrow[], path: string, pusher: Pusher, first: number): Promise<number> {
  const texts = await Promise.all(
    nodes.map(async ({ url }) => {
      const target = `${new URL(path, url)}`
      const [rendition] = renditionsOf((await fetchBytes(target)).toString(), target)
      return (await fetchBytes(rendition!.url)).toString()
    }),
  )
  const [text = '', ...others] = texts
  for (const other of others) assert.equal(other, text)
  const shown = new Map(
    text
      .split('#EXT-X-PROGRAM-DATE-TIME:')
      .map((part) => [part.slice(0, part.indexOf('\n')), /#EXT-X-CUE-(OUT-CONT|OUT|IN)/.exec(part)?.[1]] as const),
  )
  const dates = Array.from({ length: pusher.published - first - 1 }, (_, i) => first + i)
  const begun = dates.filter((number) => number > first && breakBegins(number))
  const at = (number: number) => shown.get(new Date(pusher.dateOf(number)).toISOString())
  assert.ok(begun.length > 1)
  for (const number of begun) assert.deepEqual([at(number), at(number - 1)], ['OUT', undefined], `${number}:\n${text}`)
  return begun.length
}

async function createCmafEndpoint(node: Windrow): Promise<string> {
  const { CmafPackage } = await mediaPackage(node).send(
    new CreateOriginEndpointCommand({
      ChannelId: 'tv',
      Id: 'cmaf',
      StartoverWindowSeconds: 86_400,
      CmafPackage: { SegmentDurationSeconds: SEGMENT_SECONDS, HlsManifests: [{ Id: 'viewer' }] },
    }),
  )
  return CmafPackage!.HlsManifests![0]!.Url!
}

/** Compares what all nodes show: live, and of all that was pushed. Gives how many playlists and segments were read. */
async function compared(nodes: readonly Windrow[], paths: readonly string[], pusher: Pusher): Promise<number> {
  const [start, end] = [pusher.dateOf(0), pusher.dateOf(pusher.published)].map((date) => new Date(date).toISOString())
  let digests = 0
  for (const path of paths) {
    for (const query of ['', `?start=${start}&end=${end}`]) {
      const target = `${path}${query}`
      const newest = await eventually(`the newest segment of ${target} everywhere`, async () => {
        const counts = await Promise.all(nodes.map((node) => sequenceAt(new URL(target, node.url))))
        return counts.every((count) => count !== undefined && count === counts[0]) ? counts[0] : undefined
      })
      assert.ok(newest !== undefined)
      const [one, ...others] = await Promise.all(nodes.map((node) => shown(new URL(target, node.url))))
      for (const other of others) assert.deepEqual(other, one)
      digests += Object.keys(one!).length
      if (query === '' || path !== paths[0]) continue
      // Every segment, as it was put.
      const given = new Set(Object.values(one!))
      for (const rendition of pusher.renditions) {
        for (let n = 0; n < pusher.published; n++) assert.ok(given.has(sha256(rendition.segment(n))), `segment ${n}`)
      }
    }
  }
  return digests
}

/** The number of the newest segment in the first rendition. */
async function sequenceAt(url: URL): Promise<number | undefined> {
  const response = await fetch(url)
  const parent = await response.text()
  const [rendition] = response.ok ? renditionsOf(parent, `${url}`) : []
  if (!rendition) return undefined
  const { mediaSequenceBase = 0, segments } = await fetchMediaPlaylist(rendition.url)
  return mediaSequenceBase + segments.length
}

/** Each media playlist, and the digest of every segment in it. */
async function shown(url: URL): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {}
  for (const rendition of renditionsOf((await fetchBytes(`${url}`)).toString(), `${url}`)) {
    const { pathname } = new URL(rendition.url)
    // Nodes of the build before may know nothing of ads.
    found[pathname] = (await fetchBytes(rendition.url)).toString().replaceAll(/^#EXT-(OATCLS|X-CUE).*\n/gm, '')
    assert.doesNotMatch(found[pathname], /EXT-X-GAP|EXT-X-DISCONTINUITY$/m)
    for (const { uri } of (await fetchMediaPlaylist(rendition.url)).segments) {
      found[`${pathname} ${uri}`] = sha256(await fetchBytes(`${new URL(uri, rendition.url)}`))
    }
  }
  return found
}

async function digestsOf(s3: S3, prefix: string): Promise<readonly string[]> {
  const keys = (await s3.keys('clips', prefix)).filter((key) => key.endsWith('.ts') || key.endsWith('.m3u8'))
  const digests = keys.map(async (key) => `${key.slice(prefix.length)} ${sha256((await s3.get('clips', key))!)}`)
  return (await Promise.all(digests)).toSorted()
}
