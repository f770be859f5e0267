import { join } from 'node:path'
import type { Nginx } from '../judges/nginx.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { PACKAGER } from '../judges/reference-packager.ts'
import { interleaved, type Measure, quantile } from './measure.ts'
import { type Programme, startProgramme } from './programme.ts'
import { FORMATS, publish, push, type Served } from './served-formats.ts'
import { besideProgram, ROOMY, serving, type Temperature, warmAndCold, warmUp } from './warm-and-cold.ts'

/**
 * Packaging when it is asked for: a segment of each format from memory and from the page cache, beside nginx serving
 * the same bytes as files, and beside ffmpeg and shaka-packager making the same of the same sources.
 */
export async function benchPackaging(): Promise<Measure[]> {
  const programme = await startProgramme(ROOMY)
  const root = temporaryFolder('static')
  try {
    const source = await push(programme)
    const served: Served[] = []
    for (const format of FORMATS) served.push(await publish(programme, format, root))
    const { warm, cold } = await warmAndCold(programme, root, (nginx, temperature) =>
      beside(programme, nginx, served, temperature),
    )
    const ours = cold.find(({ name }) => name === 'CMAF segment, cold')!
    return [...warm, ...cold, ...(await besidePackagers(ours, source))]
  } finally {
    await programme.windrow.kill()
  }
}

async function beside(
  { windrow }: Programme,
  nginx: Nginx,
  served: readonly Served[],
  temperature: Temperature,
): Promise<Measure[]> {
  const measures: Measure[] = []
  for (const format of served) {
    const waits: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
    await warmUp(windrow.url, format, 1)
    await warmUp(nginx.url, format, 0.2)
    const [value, peerValue] = await interleaved(
      serving(windrow.pid, windrow.url, format, waits.ours),
      serving(nginx.workerPid, nginx.url, format, waits.theirs),
    )
    const latency = (part: number) => {
      return `p${part * 100} ${quantile(waits.ours, part).toFixed(1)} against ${quantile(waits.theirs, part).toFixed(1)} ms`
    }
    measures.push({
      name: `${format.name} segment, ${temperature}`,
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
async function besidePackagers(ours: Measure, source: string): Promise<Measure[]> {
  const made = join(temporaryFolder('made'), 'video.mp4')
  const flags = '-movflags frag_keyframe+empty_moov+default_base_moof -bsf:a aac_adtstoasc -y /dev/null'
  const peers = {
    'ffmpeg -c copy': `ffmpeg -v error -i ${source} -c copy -f mp4 ${flags}`,
    'shaka-packager': `${PACKAGER} in=${source},stream=video,output=${made} --fragment_duration 6 --quiet`,
  }
  const measures: Measure[] = []
  for (const [peer, command] of Object.entries(peers)) measures.push(await besideProgram(ours, peer, command, source))
  return measures
}
