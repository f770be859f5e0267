/**
 * `npm run profile -- [--program FILE] [PART OF A NAME]`: where the CPU of the busiest paths goes, by parts and by
 * functions; with system calls, page faults and changes of thread for each unit of work. `--program` is `bin/windrow`
 * of another build. Needs Linux, with `perf` and `strace`.
 */
import { execFile, execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs, promisify } from 'node:util'
import { createHlsEndpoint } from '../judges/aws.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { byPart, readReport, type Sample } from './cpu-parts.ts'
import { load } from './get-load.ts'
import { harvest } from './harvesting.ts'
import { closedLoop } from './ingesting.ts'
import { cpuSeconds, DRIVEN_ON, SERVED_ON } from './measure.ts'
import {
  BITS_PER_SECOND,
  openChannel,
  type Programme,
  SEGMENT_SECONDS,
  serveChannel,
  startProgramme,
} from './programme.ts'
import { FORMATS, publish, push } from './served-formats.ts'

const run = promisify(execFile)

const WARM_SECONDS = 3
const SAMPLED_SECONDS = 8
const TRACED_SECONDS = 2
const SAMPLES_PER_SECOND = 997
/** Less is noise. */
const LEAST_PERCENT = 1
const FUNCTIONS = 12

const SEGMENT_BYTES = (BITS_PER_SECOND * SEGMENT_SECONDS) / 8
const HARVESTED_SEGMENTS = 150

/** Does work for so many seconds, and gives how many units were done. */
type Work = (seconds: number) => Promise<number>

type Path = {
  readonly name: string
  readonly unit: string
  readonly environment?: Readonly<Record<string, string>>
  readonly prepare: (programme: Programme) => Promise<Work>
}

const NO_MEMORY = { WINDROW_MEMORY_CACHE: '1B' }

const PATHS: readonly Path[] = [
  {
    name: 'live playlist',
    unit: 'request',
    async prepare(programme) {
      const { playlist } = await serveChannel(programme)
      return answers(programme, [playlist], 32)
    },
  },
  {
    name: 'segment from the page cache',
    unit: 'segment of 1.7 MB',
    environment: NO_MEMORY,
    async prepare(programme) {
      const { segments } = await serveChannel(programme)
      return answers(programme, segments, 8)
    },
  },
  {
    name: 'cold CMAF segment',
    unit: 'segment of 5 MB',
    environment: NO_MEMORY,
    async prepare(programme) {
      await push(programme)
      const cmaf = FORMATS.find(({ name }) => name === 'CMAF')!
      const { paths } = await publish(programme, cmaf, temporaryFolder('static'))
      return answers(programme, paths, 8)
    },
  },
  {
    name: 'PUT of a segment and of its playlist',
    unit: 'segment of 1.7 MB',
    async prepare(programme) {
      const pushers = await Promise.all(Array.from({ length: 16 }, (_, n) => openChannel(programme, `tv-${n}`)))
      return async (seconds) => (await closedLoop(pushers, seconds)) / SEGMENT_BYTES
    },
  },
  {
    name: 'harvest of joined segments',
    unit: 'segment of 5 MB',
    environment: { WINDROW_MAX_HARVEST_JOBS: '1000' },
    async prepare(programme) {
      const pusher = await openChannel(programme, 'tv')
      await createHlsEndpoint(programme.client, 'tv', 'joined', { SegmentDurationSeconds: 3 * SEGMENT_SECONDS })
      for (let count = 0; count < HARVESTED_SEGMENTS; count++) await pusher.pushNext()
      await pusher.end()
      const window = { start: pusher.dateOf(0), end: pusher.dateOf(HARVESTED_SEGMENTS) }
      let jobs = 0
      return async (seconds) => {
        const deadline = performance.now() + seconds * 1000
        let done = 0
        for (; performance.now() < deadline; done += HARVESTED_SEGMENTS / 3)
          await harvest(programme, `job-${jobs++}`, 'joined', window)
        return done
      }
    },
  },
]

function answers({ windrow }: Programme, paths: readonly string[], connections: number): Work {
  return async (seconds) => (await load({ origin: windrow.url, paths, connections, seconds })).answers
}

type Counts = { readonly faults: number; readonly switches: number; readonly cpu: number }

/** Of all threads of a process so far. */
function countsOf(pid: number): Counts {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const faults = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[7])
  const switches = readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
    return sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  }, 0)
  return { faults, switches, cpu: cpuSeconds(pid) }
}

async function sampled(pid: number, seconds: number): Promise<readonly Sample[]> {
  const file = join(temporaryFolder('perf'), 'samples')
  const where = ['-p', `${pid}`, '-o', file]
  await run('perf', ['record', '-q', '-F', `${SAMPLES_PER_SECOND}`, ...where, '--', 'sleep', `${seconds}`])
  const report = ['report', '-q', '-i', file, '--stdio', '--sort', 'dso,symbol', '-t', '\t']
  return readReport((await run('perf', report, { maxBuffer: 64 << 20 })).stdout)
}

/** Calls of each kind. */
async function systemCalls(pid: number, seconds: number): Promise<readonly (readonly [name: string, count: number])[]> {
  const traced = run('strace', ['-f', '-c', '-q', '-S', 'calls', '-p', `${pid}`])
  await sleep(seconds * 1000)
  execFileSync('pkill', ['-INT', '-P', `${process.pid}`, 'strace'])
  const { stderr } = await traced.catch((error: { stderr: string }) => error)
  return [...stderr.matchAll(/^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?([a-z]\w+)$/gm)]
    .filter(([, , name]) => name !== 'total')
    .map(([, count, name]) => [name!, Number(count)] as const)
}

async function profile({ name, unit, environment = {}, prepare }: Path, program?: string): Promise<string> {
  // V8 writes logs of its own into the folder that it is started in.
  const under = [...SERVED_ON, 'env', '--chdir', temporaryFolder('profiled')]
  const options = { under, ...(program !== undefined && { program: resolve(program) }) }
  const programme = await startProgramme({ ...environment, NODE_OPTIONS: '--perf-basic-prof' }, options)
  const { pid } = programme.windrow
  try {
    const work = await prepare(programme)
    await work(WARM_SECONDS)
    const before = countsOf(pid)
    const sampling = sampled(pid, SAMPLED_SECONDS)
    const units = await work(SAMPLED_SECONDS)
    const after = countsOf(pid)
    const samples = await sampling
    const tracing = systemCalls(pid, TRACED_SECONDS)
    const tracedUnits = await work(TRACED_SECONDS)
    const calls = await tracing
    const each = (count: number) => (count / units).toPrecision(3)
    const lines = [
      `${name}: ${(((after.cpu - before.cpu) / units) * 1e6).toFixed(0)} µs of CPU for each ${unit}`,
      `  for each: page faults ${each(after.faults - before.faults)}, threads that waited ${each(after.switches - before.switches)}, system calls ${calls
        .map(([call, count]) => [call, count / tracedUnits] as const)
        .filter(([, count]) => count >= 0.1)
        .map(([call, count]) => `${call} ${count.toPrecision(2)}`)
        .join(', ')}`,
      ...byPart(samples)
        .filter(([, percent]) => percent >= LEAST_PERCENT)
        .map(([part, percent]) => `  ${percent.toFixed(1).padStart(5)} %  ${part}`),
      '  of these, functions:',
      ...samples
        .filter(({ symbol }) => symbol !== '')
        .slice(0, FUNCTIONS)
        .map(({ percent, symbol }) => `  ${percent.toFixed(1).padStart(5)} %  ${withoutFolders(symbol)}`),
    ]
    return lines.join('\n')
  } finally {
    await programme.windrow.kill()
  }
}

function withoutFolders(symbol: string): string {
  return symbol.replace(/file:\/\/\S*?\/(dist|node_modules)\//, '$1/').slice(0, 100)
}

const { values: given, positionals } = parseArgs({
  options: { program: { type: 'string' } },
  allowPositionals: true,
})
const [only = ''] = positionals
execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', DRIVEN_ON, `${process.pid}`], { stdio: 'ignore' })
console.log(`served on one core (${SERVED_ON.join(' ')}), ${SAMPLES_PER_SECOND} samples a second\n`)
for (const path of PATHS) if (path.name.includes(only)) console.log(`${await profile(path, given.program)}\n`)
process.exit(0)
