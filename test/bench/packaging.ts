import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Nginx, startNginx } from '../judges/nginx.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { load } from './get-load.ts'
import { cpuSeconds, interleaved, type Measure, median, quantile, ROUNDS, SERVED_ON } from './measure.ts'
import { type Programme, startProgramme } from './programme.ts'
import { childSeconds, FORMATS, publish, push, type Served } from './served-formats.ts'

const SECONDS = 1.2
const CONNECTIONS = 8

/**
 * Packaging when it is asked for: a segment of each format from memory and from the page cache, beside nginx serving
 * the same bytes as files, and beside ffmpeg and shaka-packager making the same of the same sources.
 */
export async function benchPackaging(): Promise<Measure[]> {
  const programme = await startProgramme({ WINDROW_MEMORY_CACHE: '1GiB' })
  const root = temporaryFolder('static')
  const { windrow } = programme
  try {
    const source = await push(programme)
    const served: Served[] = []
    for (const format of FORMATS) served.push(await publish(programme, format, root))
    const nginx = await startNginx(`root ${root};`, SERVED_ON)
    try {
      const warm = await beside(programme, nginx, served, 'warm')
      await windrow.stop()
      await windrow.start({ WINDROW_MEMORY_CACHE: '1B' })
      const cold = await beside(programme, nginx, served, 'cold')
      const ours = cold.find(({ name }) => name === 'CMAF segment, cold')!.value
      return [...warm, ...cold, ...(await besidePackagers(ours, source))]
    } finally {
      await nginx.stop()
    }
  } finally {
    await windrow.kill()
  }
}

async function beside(
  { windrow }: Programme,
  nginx: Nginx,
  served: readonly Served[],
  kind: 'warm' | 'cold',
): Promise<Measure[]> {
  const measures: Measure[] = []
  for (const { name, paths } of served) {
    const waits: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
    const contender = (pid: number, origin: string, kept: number[]) => async () => {
      const before = cpuSeconds(pid)
      const figures = await load({ origin, paths, connections: CONNECTIONS, seconds: SECONDS })
      kept.push(...figures.waits)
      return figures.bytes / 1e9 / (cpuSeconds(pid) - before)
    }
    // Code compiled, and, where that is meant, segments in memory.
    await load({ origin: windrow.url, paths, connections: CONNECTIONS, seconds: 1.5 })
    await load({ origin: nginx.url, paths, connections: CONNECTIONS, seconds: 0.2 })
    const [value, peerValue] = await interleaved(
      contender(windrow.pid, windrow.url, waits.ours),
      contender(nginx.workerPid, nginx.url, waits.theirs),
    )
    const latency = (part: number) => {
      return `p${part * 100} ${quantile(waits.ours, part).toFixed(1)} against ${quantile(waits.theirs, part).toFixed(1)} ms`
    }
    measures.push({
      name: `${name} segment, ${kind}`,
      value: value!,
      unit: 'GB per CPU second',
      peer: 'nginx static',
      peerValue: peerValue!,
      ratio: value! / peerValue!,
      note: `${(1 / value!).toFixed(2)} CPU s/GB, ${latency(0.5)}, ${latency(0.99)}`,
    })
  }
  return measures
}

/** The whole programme made into fragmented MP4 by programs that begin once and write to nowhere. */
async function besidePackagers(ours: number, source: string): Promise<Measure[]> {
  const packager = createRequire(import.meta.url).resolve('shaka-packager/bin/packager-linux-x64')
  const made = join(temporaryFolder('made'), 'video.mp4')
  const flags = '-movflags frag_keyframe+empty_moov+default_base_moof -bsf:a aac_adtstoasc -y /dev/null'
  const peers = {
    'ffmpeg -c copy': `ffmpeg -v error -i ${source} -c copy -f mp4 ${flags}`,
    'shaka-packager': `${packager} in=${source},stream=video,output=${made} --fragment_duration 6 --quiet`,
  }
  const gigabytes = statSync(source).size / 1e9
  const measures: Measure[] = []
  for (const [peer, command] of Object.entries(peers)) {
    const seconds: number[] = []
    for (let round = 0; round < ROUNDS; round++) seconds.push(await childSeconds(command))
    const peerValue = gigabytes / median(seconds)
    measures.push({
      name: `CMAF segment, cold, beside ${peer}`,
      value: ours,
      unit: 'GB per CPU second',
      peer,
      peerValue,
      ratio: ours / peerValue,
      note: 'ours over HTTP, theirs to a file',
    })
  }
  return measures
}
