import { setTimeout as sleep } from 'node:timers/promises'
import { startNginx } from '../judges/nginx.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { Pusher, segmentName } from '../judges/pusher.ts'
import { cpuSeconds, interleaved, type Measure, quantile, SERVED_ON } from './measure.ts'
import { BITS_PER_SECOND, DAY_MS, openChannel, SEGMENT_SECONDS, startProgramme } from './programme.ts'

/** Encoders that put their next segment as soon as the last one is taken. */
const CLOSED_LOOP = 16
const SECONDS = 1.5
/** Encoders that keep the pace of the clock. */
const PACED = 150
const PACED_SEGMENTS = 2
const PACED_ROUNDS = 2

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
  const ours: Pusher[] = []
  const theirs: Pusher[] = []
  try {
    for (let index = 0; index < PACED; index++) {
      ours.push(await openChannel(programme, `tv-${index}`))
      const ingest = { url: `${nginx.url}/${index}/channel`, username: '', password: '' }
      theirs.push(new Pusher(ingest, loop, Date.now() - DAY_MS))
    }
    // Until the code is compiled.
    await closedLoop(ours.slice(0, CLOSED_LOOP), SECONDS)
    const perCpuSecond = (pid: number, pushers: readonly Pusher[]) => async () => {
      const before = cpuSeconds(pid)
      const bytes = await closedLoop(pushers.slice(0, CLOSED_LOOP), SECONDS)
      return (bytes * 8) / BITS_PER_SECOND / (cpuSeconds(pid) - before)
    }
    const [value, peerValue] = await interleaved(perCpuSecond(windrow.pid, ours), perCpuSecond(nginx.workerPid, theirs))
    const paced = { ours: [] as number[], theirs: [] as number[] }
    for (let round = 0; round < PACED_ROUNDS; round++) {
      paced.ours.push(...(await pace(ours)))
      paced.theirs.push(...(await pace(theirs)))
    }
    const [late, peerLate] = [quantile(paced.ours, 0.99), quantile(paced.theirs, 0.99)]
    const peer = 'nginx dav, which syncs nothing'
    return [
      {
        name: 'durable ingest',
        unit: 'channels of 6.5 Mb/s per core',
        peer,
        value: value!,
        peerValue: peerValue!,
        ratio: value! / peerValue!,
      },
      {
        name: `durable ingest of ${PACED} channels, p99`,
        unit: 'ms',
        peer,
        value: late,
        peerValue: peerLate,
        ratio: peerLate / late,
      },
    ]
  } finally {
    for (const pusher of [...ours, ...theirs]) pusher.close()
    await nginx.stop()
    await windrow.kill()
  }
}

/** Gives the bytes of segments taken. */
export async function closedLoop(pushers: readonly Pusher[], seconds: number): Promise<number> {
  const deadline = performance.now() + seconds * 1000
  const taken = pushers.map(async (pusher) => {
    const before = pusher.bytesTaken
    while (performance.now() < deadline) await pusher.pushNext()
    return pusher.bytesTaken - before
  })
  return (await Promise.all(taken)).reduce((sum, bytes) => sum + bytes, 0)
}

/** Milliseconds of each segment's PUT, from its first byte to its answer; the encoders are spread over a segment. */
export async function pace(pushers: readonly Pusher[], segments = PACED_SEGMENTS): Promise<number[]> {
  const latencies: number[] = []
  const began = performance.now()
  await Promise.all(
    pushers.map(async (pusher, index) => {
      const rendition = pusher.renditions[0]!
      for (let turn = 0; turn < segments; turn++) {
        const due = (index / pushers.length + turn) * SEGMENT_SECONDS * 1000
        await sleep(Math.max(0, due - (performance.now() - began)))
        const number = pusher.published++
        const segment = rendition.segment(number)
        const sent = performance.now()
        const { status, body } = await pusher.put(segmentName(rendition.name, number), segment)
        if (status < 200 || status >= 300) throw new Error(`a segment was answered ${status}: ${body}`)
        latencies.push(performance.now() - sent)
        await pusher.pushPlaylist(rendition.name, number)
      }
    }),
  )
  return latencies
}
