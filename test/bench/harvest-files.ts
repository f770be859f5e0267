import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { apiOf, createHlsEndpoint } from '../judges/aws.ts'
import { LADDER } from './harvest-hour.ts'
import { type Cost, costOf, ended } from './harvesting.ts'
import { cpuSeconds, type Measure, median } from './measure.ts'
import { openChannel, type Programme, startProgramme } from './programme.ts'

const BUCKET = 'clips'
const SEGMENT_SECONDS = 6
const SECONDS = 1800
const ROUNDS = 3
const FIVE = ['HLS', 'CMAF', 'DASH', 'MP4', 'AUDIO'] as const

/**
 * Half an hour as one MP4 file, beside ffmpeg, which makes one of the harvested HLS; and one job with five deliverables
 * beside five jobs.
 */
export async function benchHarvestFiles(): Promise<Measure[]> {
  const programme = await startProgramme({ WINDROW_MAX_HARVEST_JOBS: '1000' }, { television: LADDER })
  const { windrow, client } = programme
  try {
    const pusher = await openChannel(programme, 'tv')
    await createHlsEndpoint(client, 'tv', 'tv-hls', { SegmentDurationSeconds: SEGMENT_SECONDS })
    const segments = SECONDS / SEGMENT_SECONDS
    for (let count = 0; count < segments; count++) await pusher.pushNext()
    await pusher.end()
    const window = { start: pusher.dateOf(0), end: pusher.dateOf(segments) }
    const folder = (id: string) => join(windrow.bucketFolder(BUCKET), id)
    const make = (id: string, kinds: readonly string[], file: string) => harvest(programme, id, kinds, file, window)
    await make('hls', ['HLS'], 'index.m3u8')

    const movies: { ours: Cost; theirs: Cost; bytes: number }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const ours = await make(`mp4-${round}`, ['MP4'], 'movie.mp4')
      const movie = join(folder(`mp4-${round}`), 'movie.mp4')
      const bytes = statSync(movie).size
      const input = `-protocol_whitelist file -i ${folder('hls')}/index.m3u8 -map 0:v:0 -map 0:a:0`
      const output = join(folder('hls'), 'peer.mp4')
      const theirs = await costOf(`ffmpeg -v error -y ${input} -c copy -movflags +faststart ${output}`)
      movies.push({ ours, theirs, bytes })
      rmSync(folder(`mp4-${round}`), { recursive: true })
    }

    const together = await make('five', FIVE, 'index.m3u8')
    const files = { HLS: 'index.m3u8', CMAF: 'index.m3u8', DASH: 'index.mpd', MP4: 'index.mp4', AUDIO: 'index.m4a' }
    const apart: Cost[] = []
    for (const kind of FIVE) apart.push(await make(`one-${kind.toLowerCase()}`, [kind], files[kind]))
    const sum = apart.reduce((total, { cpu }) => total + cpu, 0)

    const rate = (who: 'ours' | 'theirs') => median(movies.map((each) => each.bytes / 1e6 / each[who].cpu))
    const clock = (who: 'ours' | 'theirs') =>
      Math.round(median(movies.map((each) => each.bytes / 1e6 / each[who].wall)))
    return [
      {
        name: 'harvest as MP4',
        value: rate('ours'),
        unit: 'MB per CPU second',
        peer: 'ffmpeg -c copy -movflags +faststart',
        peerValue: rate('theirs'),
        ratio: rate('ours') / rate('theirs'),
        note: `${Math.round(movies[0]!.bytes / 1e6)} MB; by the clock ${clock('ours')} against ${clock('theirs')} MB/s`,
      },
      {
        name: 'harvest of five deliverables',
        value: together.cpu,
        unit: 's of CPU',
        peer: 'five jobs',
        peerValue: sum,
        ratio: sum / together.cpu,
      },
    ]
  } finally {
    await windrow.kill()
  }
}

/** From the request to the job's end. */
async function harvest(
  { client, windrow }: Pick<Programme, 'client' | 'windrow'>,
  id: string,
  kinds: readonly string[],
  file: string,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<Cost> {
  const api = apiOf(windrow)
  const roleArn = 'arn:aws:iam::000000000000:role/harvest'
  const body = {
    id,
    originEndpointId: 'tv-hls',
    startTime: new Date(start).toISOString(),
    endTime: new Date(end).toISOString(),
    s3Destination: { bucketName: BUCKET, manifestKey: `${id}/${file}`, roleArn },
    deliverables: kinds.map((kind) => ({ kind })),
  }
  const [cpu, began] = [cpuSeconds(windrow.pid), performance.now()]
  await api.ask('POST', 'harvest_jobs', { body })
  await ended(client, id, began)
  return { wall: (performance.now() - began) / 1000, cpu: Math.max(0.01, cpuSeconds(windrow.pid) - cpu) }
}
