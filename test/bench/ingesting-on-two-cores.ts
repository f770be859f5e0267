import { execFileSync } from 'node:child_process'
import { startNginx } from '../judges/nginx.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { pace } from './ingesting.ts'
import { DRIVEN_ON, type Measure, quantile } from './measure.ts'
import { DAY_MS, openChannel, startProgramme } from './programme.ts'

const TWO_CORES = '0,1'
/** Channels of 6.5 Mb/s, tried one after the other. */
const CHANNELS = [10, 25, 50, 100, 150, 200, 250, 300, 350, 400]
const WANTED_MS = 250

/**
 * How many channels are taken at once while the PUTs of 99 in 100 segments are answered within a quarter of a second.
 * There are two cores: the encoders use them too, which costs both contenders alike.
 */
export async function benchIngestingOnTwoCores(): Promise<Measure[]> {
  runOn(TWO_CORES)
  const under = ['taskset', '--cpu-list', TWO_CORES]
  const programme = await startProgramme({ WINDROW_MAX_CHANNELS: '1000' }, { under })
  const root = temporaryFolder('dav')
  const dav = `root ${root}; dav_methods PUT; create_full_put_path on; client_max_body_size 0; open_file_cache off;`
  const nginx = await startNginx(`${dav} client_body_buffer_size 1m; client_body_temp_path ${root}/temp;`, under)
  const pushers: Pusher[] = []
  const reached = async (open: (index: number) => Promise<Pusher>) => {
    const own: Pusher[] = []
    let most = { channels: 0, late: 0 }
    for (const channels of CHANNELS) {
      while (own.length < channels) {
        const pusher = await open(own.length)
        own.push(pusher)
        pushers.push(pusher)
      }
      // Until the code is compiled.
      if (channels === CHANNELS[0]) await pace(own)
      const late = quantile(await pace(own), 0.99)
      if (late > WANTED_MS) return { ...most, next: late }
      most = { channels, late }
    }
    return { ...most, next: undefined }
  }
  try {
    const ours = await reached((index) => openChannel(programme, `tv-${index}`))
    const theirs = await reached(async (index) => {
      const ingest = { url: `${nginx.url}/${index}/channel`, username: '', password: '' }
      return new Pusher(ingest, programme.loop, Date.now() - DAY_MS)
    })
    const beyond = ours.next === undefined ? 'as many as were tried' : `${ours.next.toFixed(0)} ms at the next step`
    return [
      {
        name: `ingest on two cores shared with the encoders, channels with a p99 of ${WANTED_MS} ms`,
        value: ours.channels,
        unit: 'channels',
        peer: 'nginx dav, which syncs nothing',
        peerValue: theirs.channels,
        ratio: ours.channels / Math.max(theirs.channels, 1),
        note: `p99 ${ours.late.toFixed(0)} ms, ${beyond}`,
      },
    ]
  } finally {
    for (const pusher of pushers) pusher.close()
    await nginx.stop()
    await programme.windrow.kill()
    runOn(DRIVEN_ON)
  }
}

/** This process. */
function runOn(cores: string): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, `${process.pid}`], { stdio: 'ignore' })
}
