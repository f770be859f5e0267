import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startNginx } from '../judges/nginx.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { type GetFigures, load } from './get-load.ts'
import { cpuSeconds, interleaved, type Measure, SERVED_ON } from './measure.ts'
import { serveChannel, startProgramme } from './programme.ts'

const SECONDS = 1.2

/** Live playlist and segments, from memory and from the page cache, against nginx serving the same bytes as files. */
export async function benchServing(): Promise<Measure[]> {
  const programme = await startProgramme()
  const { windrow } = programme
  const { playlist, segments } = await serveChannel(programme)
  const root = await staticCopy(windrow.url, [playlist, ...segments])
  const nginx = await startNginx(`root ${root};`, SERVED_ON)
  const [playlistPaths, segmentPaths] = [[playlist], segments]
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

/** A folder with what a server answers at these paths, as files. */
export async function staticCopy(origin: string, paths: readonly string[]): Promise<string> {
  const root = temporaryFolder('static')
  for (const path of paths) {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, await fetchBytes(origin + path))
  }
  return root
}

function compare(name: string, unit: string, [value, peerValue]: readonly number[]): Measure {
  return { name, value: value!, unit, peer: 'nginx static', peerValue: peerValue!, ratio: value! / peerValue! }
}
