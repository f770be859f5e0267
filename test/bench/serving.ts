import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createHlsEndpoint } from '../judges/aws.ts'
import { startNginx } from '../judges/nginx.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf } from '../judges/playlists.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { type GetFigures, load } from './get-load.ts'
import { cpuSeconds, interleaved, type Measure, SERVED_ON } from './measure.ts'
import { openChannel, startProgramme } from './programme.ts'

const SEGMENTS = 20
const SECONDS = 1.2

/** Live playlist and segments, from memory and from the page cache, against nginx serving the same bytes as files. */
export async function benchServing(): Promise<Measure[]> {
  const programme = await startProgramme()
  const { windrow, client } = programme
  const pusher = await openChannel(programme, 'tv')
  const parent = await createHlsEndpoint(client, 'tv', 'tv', { SegmentDurationSeconds: 2, PlaylistWindowSeconds: 60 })
  for (let count = 0; count < SEGMENTS; count++) await pusher.pushNext()
  await pusher.end()
  const playlistUrl = renditionsOf((await fetchBytes(parent)).toString(), parent)[0]!.url
  const playlist = await fetchMediaPlaylist(playlistUrl)
  const segmentUrls = playlist.segments.map(({ uri }) => `${new URL(uri, playlistUrl)}`)

  const root = temporaryFolder('static')
  for (const url of [playlistUrl, ...segmentUrls]) {
    const file = join(root, new URL(url).pathname)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, await fetchBytes(url))
  }
  const nginx = await startNginx(`root ${root};`, SERVED_ON)
  const pathOf = (url: string) => new URL(url).pathname
  const playlistPaths = [pathOf(playlistUrl)]
  const segmentPaths = segmentUrls.map(pathOf)
  const measure = async (pid: number, origin: string, paths: readonly string[], connections: number) => {
    const before = cpuSeconds(pid)
    const figures = await load({ origin, paths, connections, seconds: SECONDS })
    return { ...figures, cpu: cpuSeconds(pid) - before }
  }
  /** The median of a figure per CPU second, ours and nginx's. */
  const against = (paths: readonly string[], connections: number, figure: (figures: GetFigures) => number) =>
    interleaved(
      ...[
        () => measure(windrow.pid, windrow.url, paths, connections),
        () => measure(nginx.workerPid, nginx.url, paths, connections),
      ].map((contender) => async () => {
        const { cpu, ...figures } = await contender()
        return figure(figures) / cpu
      }),
    )
  const gigabytes = ({ bytes }: GetFigures) => bytes / 1e9

  try {
    // Warm on both sides: code compiled, segments in memory.
    for (const paths of [playlistPaths, segmentPaths]) {
      await load({ origin: windrow.url, paths, connections: 8, seconds: 1.5 })
      await load({ origin: nginx.url, paths, connections: 8, seconds: 0.2 })
    }
    const playlists = await against(playlistPaths, 32, ({ answers }) => answers)
    const hot = await against(segmentPaths, 8, gigabytes)
    await windrow.stop()
    await windrow.start({ WINDROW_MEMORY_CACHE: '1B' })
    await load({ origin: windrow.url, paths: segmentPaths, connections: 8, seconds: 1.5 })
    const cold = await against(segmentPaths, 8, gigabytes)
    return [
      compare('live playlist', 'requests per CPU second', playlists),
      compare('segment from memory', 'GB per CPU second', hot),
      compare('segment from page cache', 'GB per CPU second', cold),
    ]
  } finally {
    await nginx.stop()
    await windrow.kill()
  }
}

function compare(name: string, unit: string, [value, peerValue]: readonly number[]): Measure {
  return { name, value: value!, unit, peer: 'nginx static', peerValue: peerValue!, ratio: value! / peerValue! }
}
