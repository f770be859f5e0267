import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DIFFERENCE } from './api-answers.ts'
import { evidenceFile } from './evidence.ts'
import { residentMemory } from './memory.ts'
import { eventually, freePort, type Running, start, temporaryFolder } from './processes.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/windrow', import.meta.url))

const COMPILED = process.env['NODE_COMPILE_CACHE']

/** In tests, every response of the API is compared with its document. */
const WATCHED =
  process.env['NODE_TEST_CONTEXT'] === undefined
    ? []
    : ['--import', new URL('./watched-answers.ts', import.meta.url).href]

/** Those that nobody has ended. */
const started = new Set<Windrow>()
process.on('exit', () => {
  for (const windrow of started) {
    const found = windrow.differences()
    if (found.length === 0) continue
    console.error(found.join('\n'))
    process.exitCode = 1
  }
})

export type WindrowOptions = {
  /** Settings by their environment names. */
  readonly environment?: Readonly<Record<string, string>>
  /** Gives encoders and players the plain URL, also where it listens with TLS. */
  readonly isPublicPlain?: boolean
  /** A command that the program is run under, such as `taskset -c 1`. */
  readonly under?: readonly string[]
  /** Of another Windrow; absent: one of its own. */
  readonly dataFolder?: string
  /** `bin/windrow` of another build; absent: of this one. */
  readonly program?: string
}

/** Windrow as a user has it: a program, a data folder, a port. May be killed, and started again on the same two. */
export class Windrow {
  readonly url: string
  readonly dataFolder: string
  readonly accessKeyId: string = 'JUDGEACCESSKEYID0001'
  readonly secretAccessKey: string = 'a-secret-that-only-the-judges-know'
  private readonly options: WindrowOptions
  /** Where all it logs is kept as it runs. */
  private readonly kept = evidenceFile('windrow', 'log')
  private running: Running | undefined
  private earlierLog = ''

  private constructor(port: number, options: WindrowOptions) {
    this.url = `http://127.0.0.1:${port}`
    this.options = options
    this.dataFolder = options.dataFolder ?? temporaryFolder('data')
  }

  /** Resolves when it is ready. */
  static async start(options: WindrowOptions = {}): Promise<Windrow> {
    const windrow = new Windrow(await freePort(), options)
    await windrow.start()
    return windrow
  }

  /** Starts it again after `stop` or `kill`; `environment` is added to what it was first started with. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const serve = ['serve', '--listen', new URL(this.url).host]
    const [command, ...args] = [
      ...(this.options.under ?? []),
      process.execPath,
      ...(this.options.program === undefined ? [...WATCHED, PROGRAM] : [this.options.program]),
      ...serve,
    ]
    const env = {
      PATH: process.env['PATH'],
      // What Node compiles of it is kept, as it is of the tests.
      ...(COMPILED !== undefined && { NODE_COMPILE_CACHE: COMPILED }),
      WINDROW_DATA: this.dataFolder,
      WINDROW_ACCESS_KEY_ID: this.accessKeyId,
      WINDROW_SECRET_ACCESS_KEY: this.secretAccessKey,
      WINDROW_LOG_FORMAT: 'json',
      // No balancer has to notice that it stops, and what a judge leaves open is not waited for long.
      WINDROW_DRAIN_DELAY: '0s',
      WINDROW_DRAIN_TIMEOUT: '10s',
      // Many run at the same time.
      WINDROW_METRICS_LISTEN: 'none',
      WINDROW_SELF_CHECK_INTERVAL: 'none',
      // Judges push faster than any encoder.
      WINDROW_INGEST_REQUESTS_PER_SECOND: '100000',
      WINDROW_PLAYBACK_MISSES_PER_SECOND: '100000',
      ...(this.options.isPublicPlain && { WINDROW_PUBLIC_URL: this.url }),
      ...this.options.environment,
      ...environment,
    }
    const running = start(command!, args, { env })
    const keep = (chunk: Buffer) => appendFileSync(this.kept, chunk)
    running.child.stdout!.on('data', keep)
    running.child.stderr!.on('data', keep)
    this.running = running
    started.add(this)
    let ended: number | string | undefined
    running.ended.then(
      (reason) => {
        ended = reason
      },
      () => {},
    )
    await eventually('GET /readyz', async () => {
      if (ended !== undefined) throw new Error(`Windrow ended with ${ended} at start:\n${running.said()}`)
      const response = await fetch(`${this.url}/readyz`).catch(() => undefined)
      await response?.arrayBuffer()
      return response?.ok ? true : undefined
    })
  }

  /** SIGTERM; gives the exit code, or the name of the signal that ended it. */
  async stop(): Promise<number | string> {
    return this.end('SIGTERM')
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
    const answered = await fetch(`${this.url}/healthz`).then(
      () => true,
      () => false,
    )
    if (answered) throw new Error('Windrow was killed, and answers all the same: another process is the server')
  }

  private async end(signal: NodeJS.Signals): Promise<number | string> {
    const running = this.running
    if (!running) return 'not running'
    running.child.kill(signal)
    const reason = await running.ended
    this.earlierLog += running.said()
    this.running = undefined
    started.delete(this)
    const found = this.differences()
    if (found.length > 0) throw new Error(found.join('\n'))
    return reason
  }

  get pid(): number {
    const pid = this.running?.child.pid
    if (pid === undefined) throw new Error('Windrow is not running')
    return pid
  }

  /** False once it has ended, whoever ended it. */
  get alive(): boolean {
    const child = this.running?.child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** Everything it has logged, over all its lives. */
  get log(): string {
    return this.earlierLog + (this.running?.said() ?? '')
  }

  /** How responses of its API differed from what it says of them. */
  differences(): readonly string[] {
    return this.log.split('\n').filter((line) => line.startsWith(DIFFERENCE))
  }

  /** Folder of a bucket, where buckets are folders. */
  bucketFolder(bucket: string): string {
    return join(this.dataFolder, 'buckets', bucket)
  }

  /** The most memory this life has held, in MiB. */
  get peakMemory(): number {
    return residentMemory(this.pid).peak
  }
}
