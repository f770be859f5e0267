import { BEHIND_ACCEL, startAccelNginx } from '../judges/accel-nginx.ts'
import { startNginx } from '../judges/nginx.ts'
import { load } from './get-load.ts'
import { cpuSeconds, type Measure, paired, SERVED_ON } from './measure.ts'
import { serveChannel, startProgramme } from './programme.ts'
import { staticCopy } from './serving.ts'

const SECONDS = 0.8
const CONNECTIONS = 8
const ROUNDS = 9

/** Segments that nginx sends from the data folder when Windrow says so, beside the same files of nginx alone. */
export async function benchAccel(): Promise<Measure[]> {
  const programme = await startProgramme(BEHIND_ACCEL)
  const { windrow } = programme
  const { segments: paths } = await serveChannel(programme)
  const alone = await startNginx(`root ${await staticCopy(windrow.url, paths)};`, SERVED_ON)
  const inFront = await startAccelNginx(windrow, { under: SERVED_ON })
  /** Gigabytes for each CPU second of all that serve them. */
  const perCpuSecond = (origin: string, pids: readonly number[]) => async () => {
    const cpu = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
    const before = cpu()
    const { bytes } = await load({ origin, paths, connections: CONNECTIONS, seconds: SECONDS })
    return bytes / 1e9 / (cpu() - before)
  }
  try {
    // Code is compiled, and each object is proven.
    await load({ origin: inFront.url, paths, connections: CONNECTIONS, seconds: 1.5 })
    const figures = await paired(
      perCpuSecond(inFront.url, [inFront.workerPid, windrow.pid]),
      perCpuSecond(alone.url, [alone.workerPid]),
      ROUNDS,
    )
    return [{ name: 'segment by way of nginx', unit: 'GB per CPU second', peer: 'nginx static', ...figures }]
  } finally {
    await inFront.stop()
    await alone.stop()
    await windrow.kill()
  }
}
