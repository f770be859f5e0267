import { temporaryFolder } from '../judges/belongings.ts'
import { startNginx } from '../judges/nginx.ts'
import { Pusher, segmentName } from '../judges/pusher.ts'
import { cpuSeconds, interleaved, type Measure, quantile, SERVED_ON } from './measure.ts'
import { BITS_PER_SECOND, DAY_MS, openChannel, SEGMENT_SECONDS, startProgramme } from './programme.ts'

/** Encoders that put their next segment as soon as the last one is taken. */
const CLOSED_LOOP = 16
const SECONDS = 1.5
/** Encoders that keep the pace of the clock. */
const PACED = 150
const PACED_SECONDS = 8

/**
 * Segments and the playlists that publish them, durable before each answer. CPU is judged in a closed loop, against
 * nginx's WebDAV module, which syncs nothing; latency at a paced load of many channels.
 */
export async function benchIngesting(): Promise<Measure[]> {
  const programme = await startProgramme({ WINDROW_MAX_CHANNELS: '1000' })
  const { windrow, loop } = programme
  const root = temporaryFolder('dav')
  const dav = `root ${root}; dav_methods PUT; create_full_put_path on; client_max_body_size 0; open_file_cache off;`
  const nginx = await startNginx(`${dav} client_body_buffer_size 1m; client_body_temp_path ${root}/temp;`, SERVED_ON)
  const paced: Pusher[] = []
  const looping: Pusher[] = []
  const theirs: Pusher[] = []
  try {
    for (let index = 0; index < PACED; index++) paced.push(await openChannel(programme, `paced-${index}`))
    for (let index = 0; index < CLOSED_LOOP; index++) {
      looping.push(await openChannel(programme, `looping-${index}`))
      const ingest = { url: `${nginx.url}/${index}/channel`, username: '', password: '' }
      theirs.push(new Pusher(ingest, loop, Date.now() - DAY_MS))
    }
    // Until the code is compiled.
    await closedLoop(looping, SECONDS)
    const perCpuSecond = (pid: number, pushers: readonly Pusher[]) => async () => {
      const before = cpuSeconds(pid)
      const bytes = await closedLoop(pushers, SECONDS)
      return bytes / (cpuSeconds(pid) - before)
    }
    const [ours, peer] = await interleaved(perCpuSecond(windrow.pid, looping), perCpuSecond(nginx.workerPid, theirs))
    const channels = (bytes: number) => (bytes * 8) / BITS_PER_SECOND
    const latencies = await pace(paced)
    return [
      {
        name: 'durable ingest',
        value: channels(ours!),
        unit: 'channels of 6.5 Mb/s per core',
        peer: 'nginx dav, not durable',
        peerValue: channels(peer!),
        ratio: ours! / peer!,
      },
      {
        name: `durable ingest of ${PACED} channels, p99`,
        value: quantile(latencies, 0.99),
        unit: 'ms',
        peer: 'the segment itself',
        peerValue: SEGMENT_SECONDS * 1000,
        ratio: (SEGMENT_SECONDS * 1000) / quantile(latencies, 0.99),
      },
    ]
  } finally {
    for (const pusher of [...paced, ...looping, ...theirs]) pusher.client.close()
    await nginx.stop()
    await windrow.kill()
  }
}

/** Gives the bytes of segments taken. */
async function closedLoop(pushers: readonly Pusher[], seconds: number): Promise<number> {
  const deadline = performance.now() + seconds * 1000
  const taken = pushers.map(async (pusher) => {
    let bytes = 0
    while (performance.now() < deadline) {
      bytes += pusher.renditions[0]!.segment(pusher.published).length
      await pusher.pushNext()
    }
    return bytes
  })
  return (await Promise.all(taken)).reduce((sum, bytes) => sum + bytes, 0)
}

/** Milliseconds of each segment's PUT, from its first byte to its answer. */
async function pace(pushers: readonly Pusher[]): Promise<number[]> {
  const latencies: number[] = []
  const began = performance.now()
  const at = async (second: number) => {
    const wait = second * 1000 - (performance.now() - began)
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  }
  await Promise.all(
    pushers.map(async (pusher, index) => {
      const { name, segment } = { ...pusher.renditions[0]! }
      const offset = (index / pushers.length) * SEGMENT_SECONDS
      for (let number = 0; number < PACED_SECONDS / SEGMENT_SECONDS; number++) {
        await at(offset + number * SEGMENT_SECONDS)
        const sent = performance.now()
        const { status } = await pusher.put(segmentName(name, number), segment(number))
        if (status !== 201) throw new Error(`a segment was answered ${status}`)
        latencies.push(performance.now() - sent)
        await pusher.pushPlaylist(name, number)
      }
    }),
  )
  return latencies
}
