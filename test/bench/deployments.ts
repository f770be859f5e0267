/** Channels of five renditions, each on a deployment of its own: the embedded form, and one, two and three nodes. */
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, type LoopRendition, type Television } from '../judges/loop.ts'
import { fetchMediaPlaylist } from '../judges/playlists.ts'
import { RotatingPusher } from '../judges/rotating-pusher.ts'
import { openS3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { type S3Server, startSwift } from '../servers/swift.ts'
import { cpuSeconds, cpuSecondsOfAll, SERVED_ON } from './measure.ts'
import { DAY_MS, SEGMENT_SECONDS } from './programme.ts'

/** 11.3 Mb/s in all. The bits of its segments are real entropy, and as many as were asked for. */
const TELEVISION: Television = {
  segmentSeconds: SEGMENT_SECONDS,
  frameRate: 25,
  picture: ',noise=alls=60:allf=t',
  renditions: [
    { name: '1080', size: '640x360', bandwidth: 5_000_000 },
    { name: '720', size: '640x360', bandwidth: 3_000_000 },
    { name: '540', size: '480x270', bandwidth: 1_800_000 },
    { name: '360', size: '320x180', bandwidth: 1_000_000 },
    { name: '240', size: '256x144', bandwidth: 500_000 },
  ],
}
export const RENDITIONS = TELEVISION.renditions.length
const BUCKET = 'archive'

export type Channel = {
  readonly pusher: RotatingPusher
  /** Paths of the media playlists, by rendition. */
  readonly playlists: readonly string[]
}

export type Deployment = {
  readonly form: Form
  readonly nodes: readonly Windrow[]
  readonly channels: readonly Channel[]
  /** Absent in the embedded form. */
  readonly databaseUrl?: string
}

export type Stores = { readonly database: PostgresServer; readonly swift: S3Server; stop(): Promise<void> }

export async function startStores(): Promise<Stores> {
  const [database, swift] = await Promise.all([startPostgres({ isDurable: true }), startSwift()])
  await openS3(swift).makeBucket(BUCKET)
  const stop = async () => void (await Promise.all([database.stop(), swift.stop()]))
  return { database, swift, stop }
}

export const programmeLoop = (): Promise<LoopRendition[]> => encodeLoop(TELEVISION)

export type Form = 'embedded' | 'one node' | 'two nodes' | 'three nodes'
const NODES: Readonly<Record<Form, number>> = { embedded: 0, 'one node': 1, 'two nodes': 2, 'three nodes': 3 }

/** Processes of a deployment. */
export const countOf = (form: Form): number => Math.max(NODES[form], 1)

/** `s3Url` is where the nodes find S3. */
export async function deploy(
  { database, swift }: Stores,
  loop: readonly LoopRendition[],
  form: Form,
  { channels, s3Url = swift.endpoint }: { channels: number; s3Url?: string },
): Promise<Deployment> {
  const nodes = NODES[form]
  const databaseUrl = nodes === 0 ? undefined : await database.createDatabase()
  const environment = {
    WINDROW_LOG_LEVEL: 'warn',
    ...(databaseUrl !== undefined && {
      ...harvestsTo(swift, s3Url),
      WINDROW_DATABASE_URL: databaseUrl,
      WINDROW_ARCHIVE_BUCKET: `${BUCKET}/${new URL(databaseUrl).pathname.replace(/\W+/g, '-')}`,
    }),
  }
  const started: Windrow[] = []
  for (let node = 0; node < countOf(form); node++) {
    started.push(await Windrow.start({ under: SERVED_ON, environment }))
  }
  const opened = await Promise.all(Array.from({ length: channels }, (_, n) => openChannel(started, loop, `tv-${n}`)))
  return { form, nodes: started, channels: opened, ...(databaseUrl !== undefined && { databaseUrl }) }
}

/** The requests of its encoder are spread over `nodes`. */
export async function openChannel(
  nodes: readonly Windrow[],
  loop: readonly LoopRendition[],
  id: string,
): Promise<Channel> {
  const client = mediaPackage(nodes[0]!)
  const pusher = new RotatingPusher(await createChannel(client, id), loop, Date.now() - DAY_MS / 8, nodes)
  await pusher.pushParent()
  const parent = await createHlsEndpoint(client, id, id, { SegmentDurationSeconds: 2, PlaylistWindowSeconds: 60 })
  const { pathname } = new URL(parent)
  const playlists = loop.map((_, n) => pathname.replace('index.m3u8', `index_${n + 1}.m3u8`))
  return { pusher, playlists }
}

/** Paths of the segments that all nodes list of a channel. */
export async function segmentPaths({ nodes }: Deployment, { playlists }: Channel): Promise<readonly string[]> {
  const listed = await Promise.all(
    nodes.flatMap(({ url }) =>
      playlists.map(async (path) => {
        const { segments } = await fetchMediaPlaylist(`${url}${path}`)
        return segments.flatMap(({ uri, gap }) => (gap ? [] : [new URL(uri, `${url}${path}`).pathname]))
      }),
    ),
  )
  const times = new Map<string, number>()
  for (const path of listed.flat()) times.set(path, (times.get(path) ?? 0) + 1)
  return [...times].flatMap(([path, count]) => (count === nodes.length ? [path] : []))
}

export const cpuOfNodes = ({ nodes }: Deployment): number => nodes.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)

export const cpuOfStores = ({ database, swift }: Stores) => ({
  database: cpuSecondsOfAll(database.pids()),
  s3: cpuSecondsOfAll(swift.pids),
})

export async function restart(
  { nodes }: Deployment,
  environment: (node: Windrow) => Readonly<Record<string, string>>,
): Promise<void> {
  for (const node of nodes) {
    await node.stop()
    await node.start(environment(node))
  }
}

export async function remove({ nodes, channels }: Deployment): Promise<void> {
  for (const { pusher } of channels) pusher.close()
  await Promise.all(nodes.map((node) => node.kill()))
}
