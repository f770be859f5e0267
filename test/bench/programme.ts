/** A channel like television: 6.5 Mb/s in segments of two seconds, pushed as fast as it is taken. */
import type { MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, type LoopRendition, type Television } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf } from '../judges/playlists.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { SERVED_ON } from './measure.ts'

export const BITS_PER_SECOND = 6_500_000
export const SEGMENT_SECONDS = 2

/** Noise: the bits of its segments are real entropy, and as many as were asked for. */
const TELEVISION: Television = {
  segmentSeconds: SEGMENT_SECONDS,
  frameRate: 25,
  picture: ',noise=alls=60:allf=t',
  renditions: [{ name: 'hd', size: '640x360', bandwidth: BITS_PER_SECOND }],
}

/** Segments of a channel that is served. */
const SEGMENTS = 20

export const DAY_MS = 86_400_000

export type Programme = {
  readonly windrow: Windrow
  readonly client: MediaPackageClient
  readonly loop: readonly LoopRendition[]
}

/** Paths below the URL of a server. */
export type ServedChannel = { readonly playlist: string; readonly segments: readonly string[] }

export async function startProgramme(
  environment: Readonly<Record<string, string>> = {},
  {
    television = TELEVISION,
    under = SERVED_ON,
    ...build
  }: { television?: Television; under?: readonly string[]; program?: string } = {},
): Promise<Programme> {
  const [windrow, loop] = await Promise.all([
    Windrow.start({ ...build, under, environment: { WINDROW_LOG_LEVEL: 'warn', ...environment } }),
    encodeLoop(television),
  ])
  return { windrow, client: mediaPackage(windrow), loop }
}

/** A channel with its parent playlist put, and an encoder ready to go on. Its dates begin some hours ago. */
export async function openChannel({ client, loop }: Programme, id: string): Promise<Pusher> {
  const pusher = new Pusher(await createChannel(client, id), loop, Date.now() - DAY_MS / 8)
  await pusher.pushParent()
  return pusher
}

/** A channel with an endpoint and twenty segments; gives the paths of its media playlist and of what that lists. */
export async function serveChannel(programme: Programme): Promise<ServedChannel> {
  const { client } = programme
  const pusher = await openChannel(programme, 'tv')
  const parent = await createHlsEndpoint(client, 'tv', 'tv', { SegmentDurationSeconds: 2, PlaylistWindowSeconds: 60 })
  for (let count = 0; count < SEGMENTS; count++) await pusher.pushNext()
  await pusher.end()
  const { url } = renditionsOf((await fetchBytes(parent)).toString(), parent)[0]!
  const { segments } = await fetchMediaPlaylist(url)
  return { playlist: new URL(url).pathname, segments: segments.map(({ uri }) => new URL(uri, url).pathname) }
}
