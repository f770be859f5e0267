import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startNginx } from '../judges/nginx.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { type BareKind, startBareProgram } from './bare-program.ts'
import { type GetFigures, load } from './get-load.ts'
import { cpuSeconds, interleaved, type Measure, SERVED_ON } from './measure.ts'
import { serveChannel, startProgramme } from './programme.ts'

const SECONDS = 0.8
const PEERS: Readonly<Record<BareKind, string>> = {
  http: 'bare node:http',
  net: 'bare node:net',
  files: 'bare node:http that reads files',
}

type Asked = { readonly paths: readonly string[]; readonly connections: number; readonly kinds: readonly BareKind[] }

/**
 * Live playlist and segments, from memory and from the page cache, beside nginx that serves the same bytes as files,
 * and beside what Node allows.
 */
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
  const bare = {
    http: await startBareProgram('http', root),
    net: await startBareProgram('net', root),
    files: await startBareProgram('files', root),
  }
  const peersOf = (...kinds: readonly BareKind[]) => [
    { name: 'nginx static', pid: nginx.workerPid, url: nginx.url },
    ...kinds.map((kind) => ({ name: PEERS[kind], ...bare[kind] })),
  ]
  /** The median of a figure per CPU second, ours beside those of all peers in the same rounds. */
  const beside = async (
    name: string,
    unit: string,
    { paths, connections, figure, kinds }: Asked & { readonly figure: (figures: GetFigures) => number },
  ): Promise<Measure[]> => {
    const peers = peersOf(...kinds)
    const contenders = [{ pid: windrow.pid, url: windrow.url }, ...peers].map(({ pid, url }) => async () => {
      const { cpu, ...figures } = await measure(pid, url, paths, connections)
      return figure(figures) / cpu
    })
    const [value = 0, ...theirs] = await interleaved(...contenders)
    return peers.map((peer, n) => ({
      name: n === 0 ? name : `${name}, beside ${peer.name}`,
      value,
      unit,
      peer: peer.name,
      peerValue: theirs[n]!,
      ratio: value / theirs[n]!,
    }))
  }
  const gigabytes = ({ bytes }: GetFigures) => bytes / 1e9
  const answers = ({ answers }: GetFigures) => answers

  try {
    // Warm on all sides: code compiled, segments in memory.
    for (const paths of [playlistPaths, segmentPaths]) {
      for (const { url } of [windrow, ...peersOf('http', 'net', 'files')])
        await load({ origin: url, paths, connections: 8, seconds: url === nginx.url ? 0.2 : 1 })
    }
    const playlistAsked = { paths: playlistPaths, connections: 32, figure: answers, kinds: ['http', 'net'] } as const
    const segmentAsked = { paths: segmentPaths, connections: 8, figure: gigabytes } as const
    const playlists = await beside('live playlist', 'requests per CPU second', playlistAsked)
    const hot = await beside('segment from memory', 'GB per CPU second', { ...segmentAsked, kinds: ['http'] })
    await windrow.stop()
    await windrow.start({ WINDROW_MEMORY_CACHE: '1B' })
    await load({ origin: windrow.url, paths: segmentPaths, connections: 8, seconds: 1.5 })
    const cold = await beside('segment from page cache', 'GB per CPU second', { ...segmentAsked, kinds: ['files'] })
    return [...playlists, ...hot, ...cold]
  } finally {
    for (const each of Object.values(bare)) await each.stop()
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
